//! Images: brought, taken in, handed out and removed.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value as Json;

use crate::fake::{Daemon, FILE, SHA256};
use crate::terminal::{at_terminal, expect};
use crate::{run, sloop};

/// `sloop image …` against a daemon.
fn image(daemon: &Daemon, args: &[&str]) -> (i32, String, String) {
    run(sloop(&daemon.socket()).arg("image"), args)
}

#[test]
fn the_list_has_what_is_there_and_what_is_not() {
    let daemon = Daemon::start();
    let (code, out, _) = image(&daemon, &["list"]);
    let lines: Vec<Vec<_>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(code, 0);
    assert_eq!(lines[0].join(" "), "IMAGE BLUEPRINT SIZE DISK NEWEST USED BY VERIFIED");
    let row = "debian_12-f0088ff50111 debian_12 0 MiB 3.0 GiB yes web, db +1 signed by its publisher, whose key the c...";
    assert_eq!(lines[1].join(" "), row);
    assert_eq!(lines[4].join(" "), "ubuntu_24_04: pulled from https://x");
    assert_eq!(image(&daemon, &["ls", "-q"]).1, "debian_12-f0088ff50111\n");
    let (_, out, _) = image(&daemon, &["list", "-o", "json"]);
    let list: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(list["missing"][1]["blueprintId"], "lamp");
}

#[test]
fn a_download_is_a_line_for_each_tenth_that_was_reached() {
    let daemon = Daemon::start();
    let (code, out, err) = image(&daemon, &["pull", "ubuntu_24_04"]);
    assert_eq!(code, 0, "{err}");
    let told = "ubuntu_24_04: looking\n\
                ubuntu_24_04: downloading: 0 of 600 MiB\n\
                ubuntu_24_04: downloading: 66 of 600 MiB\n\
                ubuntu_24_04: downloading: 600 of 600 MiB\n\
                ubuntu_24_04: checking\n";
    assert_eq!(err, told);
    assert!(
        out.starts_with("ubuntu_24_04 has the image ubuntu_24_04-f0088ff50111\n  verified: signed"),
        "{out}"
    );
    assert!(out.ends_with("  launch: sloop launch NAME --blueprint ubuntu_24_04\n"), "{out}");
}

#[test]
fn what_is_pulled_for_a_program_is_the_image_and_nothing_else() {
    let daemon = Daemon::start();
    let (code, out, err) = image(&daemon, &["pull", "ubuntu_24_04", "-o", "json"]);
    let pulled: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &*err), (0, ""));
    assert_eq!(pulled["imageId"], "ubuntu_24_04-f0088ff50111");
    let (_, out, _) = image(&daemon, &["bake", "debian_12", "-o", "json"]);
    assert_eq!(serde_json::from_str::<Json>(&out).unwrap()["blueprintId"], "debian_12");
}

#[test]
fn several_pulls_are_all_tried_and_the_worst_code_counts() {
    let daemon = Daemon::start();
    let (code, out, err) = image(&daemon, &["pull", "nonesuch", "debian_12", "broken"]);
    assert_eq!(code, 2);
    assert!(out.starts_with("debian_12 has the image"), "{out}");
    assert!(
        err.contains("error: no such blueprint\n") && err.contains("error: the signature is another's\n")
    );
    assert_eq!(image(&daemon, &["pull", "broken"]).0, 1);
    assert_eq!(image(&daemon, &["pull", "vague"]).0, 1);
}

#[test]
fn who_leaves_a_pull_is_told_that_it_goes_on() {
    let daemon = Daemon::start();
    let mut child = Command::new(env!("CARGO_BIN_EXE_sloop"))
        .args(["image", "pull", "slow"])
        .env("SLOOP_SOCKET", daemon.socket())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(told.any(|line| line == "slow: downloading: 0 of 600 MiB"));
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    assert_eq!(told.next().unwrap(), "sloopd goes on; to join it again: sloop image pull slow");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_bar_shows_how_far_a_download_is() {
    let daemon = Daemon::start();
    let (mut child, mut terminal) = at_terminal(&daemon, &["image", "pull", "slow"]);
    expect(&mut terminal, "] 30 of 600 MiB");
    expect(&mut terminal, "B/s ETA ");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_file_is_sent_as_it_is() {
    let daemon = Daemon::start();
    let file = daemon.dir().join("disk.qcow2");
    // Not a multiple of the pieces, and more of them than are on their way at once.
    fs::write(&file, vec![7; 3_000_001]).unwrap();
    let path = file.to_str().unwrap();
    let own = ["import", path, "--name", "mine", "--user", "me", "--firmware", "uefi", "-o", "json"];
    let (code, out, err) = image(&daemon, &own);
    assert_eq!(code, 0, "{err}");
    let taken: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(taken["blueprintId"], "mine");
    assert_eq!(taken["origin"], "disk.qcow2 of 3000001, 3000001 came");
    assert_eq!(taken["verified"], "me/uefi//");
    let catalogue = ["import", path, "--blueprint", "debian_12", "--unverified", "debian_12", "-o", "json"];
    let (_, out, _) = image(&daemon, &catalogue);
    assert_eq!(serde_json::from_str::<Json>(&out).unwrap()["verified"], "///debian_12");
}

#[test]
fn standard_input_is_a_file_of_unknown_size() {
    let daemon = Daemon::start();
    let mut command = sloop(&daemon.socket());
    command.write_stdin(vec![7; 200_000]);
    let args = ["image", "import", "-", "--blueprint", "debian_12", "--digest", "ab12", "-o", "json"];
    let (code, out, err) = run(&mut command, &args);
    assert_eq!(code, 0, "{err}");
    let taken: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((&taken["origin"], &taken["verified"]), (&"- of 0, 200000 came".into(), &"//ab12/".into()));
}

#[test]
fn a_refusal_is_told_and_not_that_the_rest_could_not_be_sent() {
    let daemon = Daemon::start();
    let file = daemon.dir().join("disk.qcow2");
    // More than fits into what may be under way.
    fs::write(&file, vec![7; 20 << 20]).unwrap();
    for blueprint in ["refused", "late"] {
        let (code, out, err) = image(&daemon, &["import", file.to_str().unwrap(), "--blueprint", blueprint]);
        assert_eq!((code, &*out), (2, ""), "{err}");
        assert!(err.ends_with("error: not a disk\n"), "{err}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_never_sent() {
    let daemon = Daemon::start();
    let own = ["--name", "mine", "--user", "me"];
    let dir = daemon.dir().to_str().unwrap();
    let (code, _, err) = image(&daemon, &[&["import", dir], &own[..]].concat());
    assert_eq!(code, 2);
    assert!(err.contains("is a directory"), "{err}");
    // The first piece of that can be asked for, and is refused.
    let (code, out, err) = image(&daemon, &[&["import", "/proc/self/mem"], &own[..]].concat());
    assert_eq!((code, &*out), (1, ""));
    assert!(err.ends_with("error: /proc/self/mem: Input/output error (os error 5)\n"), "{err}");
}

#[test]
fn an_import_says_what_the_file_is_to_become() {
    let daemon = Daemon::start();
    let cases: [(&[&str], &str); 6] = [
        (&[], "<--blueprint <ID>|--name <ID>>"),
        (&["--blueprint", "a", "--name", "b", "--user", "c"], "cannot be used with"),
        (&["--name", "b"], "--user <USER>"),
        (&["--blueprint", "a", "--user", "c"], "cannot be used with"),
        (&["--name", "b", "--user", "c", "--unverified", "b"], "cannot be used with"),
        (&["--blueprint", "a", "--unverified", "b"], "--unverified repeats the blueprint"),
    ];
    for (args, told) in cases {
        let (code, _, err) = image(&daemon, &[&["import", "x"], args].concat());
        assert_eq!(code, 2, "{args:?}");
        assert!(err.contains(told), "{args:?}: {err}");
    }
}

#[test]
fn verifying_names_the_digest() {
    let daemon = Daemon::start();
    let (code, out, _) = image(&daemon, &["verify", "debian_12"]);
    assert_eq!(code, 0);
    assert_eq!(out, format!("debian_12-f0088ff50111 is as it came\n  SHA-256: {SHA256}\n"));
    assert_eq!(image(&daemon, &["verify", "broken"]).0, 1);
}

#[test]
fn an_export_is_the_file_and_its_digest() {
    let daemon = Daemon::start();
    let file = daemon.dir().join("disk.qcow2");
    let path = file.to_str().unwrap();
    let (code, out, err) = image(&daemon, &["export", "debian_12", path]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(out, format!("debian_12-f0088ff50111 is in {path}\n  SHA-256: {SHA256}\n"));
    assert_eq!(fs::read(&file).unwrap(), FILE);
    let sums = fs::read_to_string(format!("{path}.sha256")).unwrap();
    assert_eq!(sums, format!("{SHA256}  disk.qcow2\n"));
    assert!(!fs::exists(format!("{path}.part")).unwrap());
    let (code, _, err) = image(&daemon, &["export", "debian_12", path]);
    assert_eq!(code, 2);
    assert!(err.contains("is there already") && err.contains("--force"), "{err}");
    assert_eq!(image(&daemon, &["export", "debian_12", path, "--force"]).0, 0);
}

#[test]
fn an_export_that_came_otherwise_leaves_nothing() {
    let daemon = Daemon::start();
    let dir = daemon.dir().join("out");
    fs::create_dir(&dir).unwrap();
    let (code, _, err) = image(&daemon, &["export", "broken", dir.join("disk").to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(err.contains(&format!("what came has the SHA-256 {SHA256} and not 000")), "{err}");
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
}

#[test]
fn an_export_that_was_interrupted_leaves_nothing() {
    let daemon = Daemon::start();
    let dir = daemon.dir().join("out");
    fs::create_dir(&dir).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_sloop"))
        .args(["image", "export", "slow", dir.join("disk").to_str().unwrap()])
        .env("SLOOP_SOCKET", daemon.socket())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(told.any(|line| line.contains("exporting")));
    assert!(dir.join("disk.part").exists());
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(told.last().unwrap(), "nothing was exported");
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 0);
}

#[test]
fn an_export_to_standard_output_is_nothing_but_the_file() {
    let daemon = Daemon::start();
    let mut command = sloop(&daemon.socket());
    let output = command.args(["image", "export", "debian_12", "-"]).output().unwrap();
    assert!(output.status.success());
    assert_eq!(output.stdout, FILE);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.ends_with(&format!("{SHA256}  debian_12-f0088ff50111\n")), "{told}");
    let (mut child, mut terminal) = at_terminal(&daemon, &["image", "export", "debian_12", "-"]);
    expect(&mut terminal, "nothing for a terminal");
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

#[test]
fn removing_needs_a_yes_and_goes_on_after_a_failure() {
    let daemon = Daemon::start();
    let (code, _, err) = image(&daemon, &["rm", "mine"]);
    assert_eq!(code, 2);
    assert!(err.contains("removing asks first") && err.contains("try: the same with --yes"), "{err}");
    assert_eq!(image(&daemon, &["remove", "ghost", "--yes"]).0, 3);
    let (code, out, err) = image(&daemon, &["remove", "ghost", "used", "mine", "--yes"]);
    assert_eq!((code, &*out), (4, "mine-f0088ff50111: removed\n"), "{err}");
}

#[test]
fn pruning_names_what_would_go_before_it_goes() {
    let daemon = Daemon::start();
    let (code, out, _) = image(&daemon, &["prune", "--dry-run"]);
    assert_eq!((code, &*out), (0, "would be removed: debian_12-f0088ff50111\n  it would free 0 MiB\n"));
    assert_eq!(image(&daemon, &["prune"]).0, 2);
    let (mut child, mut terminal) = at_terminal(&daemon, &["image", "prune"]);
    expect(&mut terminal, "Remove debian_12-f0088ff50111 (0 MiB)? [y/N] ");
    terminal.write_all(b"y\n").unwrap();
    expect(&mut terminal, "debian_12-f0088ff50111: removed\r\n5 MiB freed");
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_shell_completes_images_and_their_blueprints() {
    let daemon = Daemon::start();
    let complete = |verb: &str| {
        let mut shell = sloop(&daemon.socket());
        shell.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "3").env("_CLAP_IFS", "\n");
        run(&mut shell, &["--", "sloop", "image", verb, "deb"]).1
    };
    assert_eq!(complete("verify"), "debian_12\ndebian_12-f0088ff50111");
    assert_eq!(complete("remove"), "debian_12-f0088ff50111");
}
