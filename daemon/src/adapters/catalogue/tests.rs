//! The catalogue of the repository is sound, and what is not is refused with its file and its reason.

use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::model::{SignatureForm, Verification};

const BLUEPRINT: &str = r#"
id = "ours"
name = "Ours"
group = "ours"
type = "os"
platform = "LINUX_UNIX"
version = "1"
version_code = "1"
description = "One of ours."
user = "admin"
firmware = "bios"
min_power = 0
active = true
product_url = "https://example.com/"
license_url = "https://example.com/"
ports = []
"#;
const DIRECTORY: &str =
    "source = \"download\"\ndirectory = \"https://example.com/a/\"\nfile = \"disk.img\"\n";
const KEY: &str = "D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81";

fn images() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../images")
}

/// A catalogue with one blueprint, whose table `[image]` is this, with what comes after.
fn catalogue(image: &str) -> TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(dir.path().join("blueprints")).expect("a directory in it");
    std::fs::copy(images().join("bundles.toml"), dir.path().join("bundles.toml")).expect("the plans");
    let text = format!("{BLUEPRINT}\n[image]\n{image}");
    std::fs::write(dir.path().join("blueprints/ours.toml"), text).expect("a file");
    dir
}

fn source(image: &str) -> Result<ImageSource> {
    load(catalogue(image).path()).map(|mut catalogue| catalogue.blueprints.remove(0).source)
}

fn verification(image: &str) -> Verification {
    match source(&format!("{DIRECTORY}{image}")) {
        Ok(ImageSource::Download(download)) => download.verification,
        other => panic!("no download: {other:?}"),
    }
}

fn assert_refused(image: &str, words: &str) {
    let error = source(image).expect_err(words);
    assert!(error.message.contains(words), "{error} lacks {words:?}");
    assert!(error.message.contains("blueprint"), "{error} does not say where");
}

#[test]
fn the_repositorys_own_is_sound_and_has_every_key_that_it_names() {
    let catalogue = load(&images()).expect("a sound catalogue");
    assert!(catalogue.blueprints.iter().map(|blueprint| &blueprint.id).is_sorted());
    for blueprint in catalogue.blueprints {
        if let ImageSource::Download(download) = blueprint.source
            && let Verification::Signed { key, .. } = download.verification
        {
            assert!(key.armored.is_some(), "{}: {} is missing", blueprint.id, key.fingerprint);
        }
    }
}

#[test]
fn every_plan_of_lightsails_has_its_baseline() {
    let catalogue = load(&images()).expect("a sound catalogue");
    let of = |id: &str| catalogue.bundle(id).expect("a plan").cpu_baseline.map(|share| share.to_string());
    let shares = ["nano", "micro", "small", "medium", "large", "xlarge", "2xlarge"]
        .map(|name| of(&format!("{name}_3_0")).expect("it has one"));
    assert_eq!(shares, ["5 %", "10 %", "20 %", "20 %", "30 %", "22.5 %", "17 %"]);
    assert_eq!(of("tiny_1_0"), None);
}

#[test]
fn baselines_that_are_no_shares_are_refused_with_their_place() {
    let dir = catalogue("source = \"recipe\"\nrecipe = \"ours\"");
    let path = dir.path().join("bundles.toml");
    let sound = std::fs::read_to_string(&path).expect("the plans");
    for percent in ["0.0", "0.9", "-5.0", "100.1", "nan", "inf"] {
        let text = sound.replacen("percent = 5.0\n", &format!("percent = {percent}\n"), 1);
        assert_ne!(text, sound);
        std::fs::write(&path, text).expect("written");
        let error = load(dir.path()).expect_err(percent);
        for word in ["bundles.toml", "nano_3_0", "cpu_baseline_percent", "from 1 to 100"] {
            assert!(error.message.contains(word), "{error} lacks {word}");
        }
    }
}

#[test]
fn there_are_three_ways_to_be_verified() {
    let detached = verification(&format!("checksums = \"S\"\nsignature = \"S.gpg\"\nkey = \"{KEY}\""));
    let Verification::Signed { checksums, signature, key } = detached else { panic!("{detached:?}") };
    assert_eq!((checksums.as_str(), signature), ("S", SignatureForm::Detached("S.gpg".to_owned())));
    // Known by its fingerprint, and not here.
    assert_eq!((key.fingerprint.as_str(), key.armored), (KEY, None));
    let clear = verification(&format!("checksums = \"S\"\nsignature = \"clear\"\nkey = \"{KEY}\""));
    assert!(matches!(clear, Verification::Signed { signature: SignatureForm::Clear, .. }), "{clear:?}");
    let published = verification("checksums = \"S\"");
    assert!(matches!(published, Verification::Published { .. }), "{published:?}");
    let pinned = verification(&format!("digest = \"{}\"", "a".repeat(64)));
    assert!(matches!(pinned, Verification::Pinned { .. }), "{pinned:?}");
}

#[test]
fn there_is_no_way_not_to_be_verified() {
    for image in [
        "",
        "signature = \"S.gpg\"",
        "key = \"D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81\"",
        "checksums = \"S\"\nsignature = \"S.gpg\"",
        "checksums = \"S\"\nkey = \"D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81\"",
        "checksums = \"S\"\ndigest = \"aa\"",
    ] {
        assert_refused(&format!("{DIRECTORY}{image}"), "needs one way to be verified");
    }
}

#[test]
fn downloads_that_lead_astray_are_refused() {
    for (from, to, words) in [
        ("https://", "http://", "must be https"),
        ("https://example.com/a/", "https://example.com/a", "must be https"),
        ("disk.img", "../disk.img", "must be a name"),
        ("disk.img", "*-*.img", "at most one *"),
        ("disk.img", "", "must be a name"),
        ("source", "sauce", "source"),
        ("file =", "files = 1\nfile =", "files"),
    ] {
        assert_refused(&format!("{DIRECTORY}checksums = \"S\"").replacen(from, to, 1), words);
    }
    let signed = |key: &str| format!("{DIRECTORY}checksums = \"S\"\nsignature = \"clear\"\nkey = \"{key}\"");
    // A fingerprint is a file's name too.
    for key in ["", &KEY[1..], &format!("../{}", &KEY[3..]), &format!("g{}", &KEY[1..])] {
        assert_refused(&signed(key), "no fingerprint");
    }
    let any = DIRECTORY.replace("disk.img", "disk-*.img");
    assert_refused(&format!("{any}digest = \"aa\""), "must have no *");
}

#[test]
fn bakes_that_lead_astray_are_refused() {
    let file = |path: &str, mode: &str| {
        let file = format!("[[bake.files]]\npath = {path:?}\nmode = {mode:?}\ntext = \"\"\n");
        format!("source = \"bake\"\nbase = \"ours\"\n[bake]\npackages = []\n{file}")
    };
    assert!(source(&file("/etc/motd", "0644")).is_ok());
    for (path, mode, words) in [
        ("etc/motd", "0644", "absolute path"),
        ("/etc/../../motd", "0644", "absolute path"),
        ("/etc/it's", "0644", "absolute path"),
        ("/etc/two\nlines", "0644", "absolute path"),
        ("/etc/motd", "0689", "octal"),
        ("/etc/motd", "u+s", "octal"),
        ("/etc/motd", "77", "octal"),
    ] {
        assert_refused(&file(path, mode), words);
    }
    for package in ["", "-o", "a b", "a;b", "$(id)"] {
        let image = format!("source = \"bake\"\nbase = \"ours\"\n[bake]\npackages = [{package:?}]\n");
        assert_refused(&image, "no package's name");
    }
    assert_refused("source = \"bake\"\nbase = \"theirs\"\n[bake]\npackages = []", "no operating system");
    assert_refused("source = \"bake\"\nbase = \"ours\"", "no [bake]");
    assert_refused("source = \"recipe\"\nrecipe = \"ours\"\n[bake]\npackages = []", "something else");
}

#[test]
fn a_file_is_named_after_its_blueprint() {
    let dir = catalogue("source = \"recipe\"\nrecipe = \"ours\"");
    let blueprints = dir.path().join("blueprints");
    std::fs::rename(blueprints.join("ours.toml"), blueprints.join("theirs.toml")).expect("another name");
    let error = load(dir.path()).expect_err("another name");
    assert!(error.message.contains("must be named after its id, ours"), "{error}");
}
