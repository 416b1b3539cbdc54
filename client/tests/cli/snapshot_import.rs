//! Files that become snapshots.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::fake::{DATA, Daemon, sha256};
use crate::snapshot_export::{export, room};
use crate::{run, sloop};

/// `sloop snapshot import …` against a daemon.
fn import(daemon: &Daemon, file: &Path, args: &[&str]) -> (i32, String, String) {
    run(sloop(&daemon.socket()).args(["snapshot", "import"]).arg(file), args)
}

/// What the daemon was told of the files, after it has found them to be so.
fn ordered(daemon: &Daemon, file: &Path, args: &[&str]) -> Json {
    let (code, out, err) = import(daemon, file, &[args, &["-o", "json"]].concat());
    assert_eq!((code, &*err), (0, ""), "{args:?}");
    let snapshot: Json = serde_json::from_str(&out).unwrap();
    serde_json::from_str(snapshot["snapshotId"].as_str().unwrap()).unwrap()
}

/// The files of a snapshot that was exported.
fn exported(daemon: &Daemon, dir: &Path, args: &[&str]) -> PathBuf {
    let file = dir.join("web.qcow2");
    let (code, _, err) = export(daemon, &[args, &[file.to_str().unwrap(), "--force"]].concat());
    assert_eq!(code, 0, "{err}");
    file
}

fn manifest_of(file: &Path) -> PathBuf {
    file.with_extension("qcow2.json")
}

#[test]
fn what_was_exported_comes_as_it_was() {
    let daemon = Daemon::start();
    let dir = room(&daemon);
    for args in [&["before"][..], &["nightly"], &["after", "--incremental-since", "before"]] {
        let file = exported(&daemon, &dir, args);
        let manifest: Json = serde_json::from_slice(&fs::read(manifest_of(&file)).unwrap()).unwrap();
        assert_eq!(ordered(&daemon, &file, &[]), json!({ "manifest": manifest, "name": "" }), "{args:?}");
    }
}

#[test]
fn who_imported_is_told_how_to_use_it() {
    let daemon = Daemon::start();
    let dir = room(&daemon);
    let file = exported(&daemon, &dir, &["before"]);
    let (code, out, err) = import(&daemon, &file, &[]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(out, "before is here\n  use it: sloop snapshot restore before NEWNAME\n");
    // The first file may have another name by now; the others are beside it.
    let attic = dir.join("attic.qcow2");
    fs::rename(&file, &attic).unwrap();
    fs::rename(manifest_of(&file), manifest_of(&attic)).unwrap();
    let (_, out, err) = import(&daemon, &attic, &["--name", "from-attic"]);
    assert!(out.starts_with("from-attic is here\n"), "{err}");
    // What is beside it does not count where it is said what the file is.
    let (_, out, err) = import(&daemon, &attic, &["--name", "then", "--disk"]);
    assert_eq!(out, "then is here\n  use it: sloop disk create NEWNAME --from then\n", "{err}");
    let (_, out, err) = import(&daemon, &attic, &["--name", "then", "--blueprint", "debian_12"]);
    assert_eq!(out, "then is here\n  use it: sloop snapshot restore then NEWNAME --bundle ID\n", "{err}");
}

#[test]
fn of_a_file_that_comes_alone_it_must_be_said_what_it_is() {
    let daemon = Daemon::start();
    let file = room(&daemon).join("disk.qcow2");
    // Not a multiple of the pieces.
    let content = vec![7; 300_001];
    fs::write(&file, &content).unwrap();
    let cases: [(&[&str], &str); 5] = [
        (&[], "disk.qcow2.json is not there"),
        (&["--name", "old"], "try: --name NAME with --blueprint ID for a system disk, or with --disk"),
        (&["--disk"], "--name <NAME>"),
        (&["--blueprint", "debian_12"], "--name <NAME>"),
        (&["--name", "old", "--disk", "--blueprint", "debian_12"], "cannot be used with"),
    ];
    for (args, told) in cases {
        let (code, out, err) = import(&daemon, &file, args);
        assert_eq!((code, &*out), (2, ""), "{args:?}: {err}");
        assert!(err.contains(told), "{args:?}: {err}");
    }
    let facts = |kind: &str, order: Json| {
        let (manifest, disk) = (&order["manifest"], &order["manifest"]["disks"][0]);
        let said =
            [&order["name"], &manifest["format"], &manifest["kind"], &disk["fileBytes"], &disk["sha256"]];
        assert_eq!(json!(said), json!(["old", "sloop-snapshot/1", kind, content.len(), sha256(&content)]));
        manifest["instance"]["blueprintId"].clone()
    };
    let order = ordered(&daemon, &file, &["--name", "old", "--blueprint", "debian_12"]);
    assert_eq!(facts("InstanceSnapshot", order), "debian_12");
    assert_eq!(facts("DiskSnapshot", ordered(&daemon, &file, &["--name", "old", "--disk"])), Json::Null);
}

#[test]
fn a_manifest_that_cannot_be_believed_is_refused() {
    let daemon = Daemon::start();
    let dir = room(&daemon);
    let file = exported(&daemon, &dir, &["before"]);
    let written = fs::read_to_string(manifest_of(&file)).unwrap();
    // It is there, and would be sent.
    let elsewhere = daemon.dir().join("web.xvdf.qcow2");
    fs::copy(dir.join("web.xvdf.qcow2"), &elsewhere).unwrap();
    let cases = [
        ("web.xvdf.qcow2", "../web.xvdf.qcow2", "what it must say is missing"),
        ("web.xvdf.qcow2", elsewhere.to_str().unwrap(), "what it must say is missing"),
        ("web.qcow2", "..", "what it must say is missing"),
        ("sloop-snapshot/1", "sloop-snapshot/9", "its format is sloop-snapshot/9"),
        ("{", "[", "is no manifest of a snapshot: "),
    ];
    for (old, new, told) in cases {
        fs::write(manifest_of(&file), written.replacen(old, new, 1)).unwrap();
        let (code, out, err) = import(&daemon, &file, &[]);
        assert_eq!((code, &*out), (2, ""), "{new}: {err}");
        assert!(err.contains("is no manifest of a snapshot: ") && err.contains(told), "{new}: {err}");
    }
}

#[test]
fn a_file_that_is_not_as_the_manifest_says_is_refused() {
    let daemon = Daemon::start();
    let dir = room(&daemon);
    let file = exported(&daemon, &dir, &["before"]);
    let data = dir.join("web.xvdf.qcow2");
    fs::write(&data, DATA.to_ascii_uppercase()).unwrap();
    let (code, out, err) = import(&daemon, &file, &[]);
    assert_eq!((code, &*out), (2, ""), "{err}");
    assert!(err.contains("error: the file is another one\n"), "{err}");
    fs::write(&data, "da").unwrap();
    let (code, out, err) = import(&daemon, &file, &[]);
    assert_eq!((code, &*out), (2, ""), "{err}");
    let told = format!("web.xvdf.qcow2 has 2 bytes and should have {}\n  try: copy it again", DATA.len());
    assert!(err.contains(&told), "{err}");
    fs::remove_file(&data).unwrap();
    let (code, out, err) = import(&daemon, &file, &[]);
    assert_eq!((code, &*out), (2, ""), "{err}");
    assert!(err.contains("web.xvdf.qcow2: No such file or directory"), "{err}");
}

#[test]
fn a_refusal_is_told_and_not_that_the_rest_could_not_be_sent() {
    let daemon = Daemon::start();
    let file = room(&daemon).join("disk.qcow2");
    // More than fits into what may be under way.
    fs::write(&file, vec![7; 20 << 20]).unwrap();
    let cases = [
        ("refused", 2, "error: the file is another one\n"),
        ("late", 2, "error: the file is another one\n"),
        ("taken", 4, "error: Some names are already in use: taken"),
        ("vague", 1, "error: sloopd ended the work and named no snapshot"),
    ];
    for (name, exit, told) in cases {
        let (code, out, err) = import(&daemon, &file, &["--name", name, "--disk"]);
        assert_eq!((code, &*out), (exit, ""), "{name}: {err}");
        assert!(err.contains(told), "{name}: {err}");
    }
}
