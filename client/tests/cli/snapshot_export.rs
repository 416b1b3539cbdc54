//! Snapshots that become files.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value as Json;

use crate::fake::{DATA, Daemon, FILE, SHA256, sha256};
use crate::{run, sloop};

/// `sloop snapshot export …` against a daemon.
pub(crate) fn export(daemon: &Daemon, args: &[&str]) -> (i32, String, String) {
    run(sloop(&daemon.socket()).args(["snapshot", "export"]), args)
}

/// An empty directory for files.
pub(crate) fn room(daemon: &Daemon) -> PathBuf {
    let dir = daemon.dir().join("out");
    fs::create_dir(&dir).unwrap();
    dir
}

/// What is in a directory.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn json(file: &Path) -> Json {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

#[test]
fn an_export_is_a_file_for_each_disk_and_what_they_are() {
    let daemon = Daemon::start();
    let dir = room(&daemon);
    let file = dir.join("web.qcow2");
    let path = file.to_str().unwrap();
    let (code, out, err) = export(&daemon, &["before", path]);
    assert_eq!(code, 0, "{err}");
    let data = sha256(DATA);
    let told = format!(
        "before is in {path}, and what it is in {path}.json\n  \
         web.qcow2 (0 MiB), SHA-256: {SHA256}\n  \
         web.xvdf.qcow2 (0 MiB), SHA-256: {data}\n  \
         on another host: sloop snapshot import {path}\n"
    );
    assert_eq!(out, told);
    assert_eq!(names(&dir), ["web.qcow2", "web.qcow2.json", "web.xvdf.qcow2"]);
    assert_eq!(fs::read(&file).unwrap(), FILE);
    assert_eq!(fs::read(dir.join("web.xvdf.qcow2")).unwrap(), DATA);
    let manifest = json(&dir.join("web.qcow2.json"));
    assert_eq!((&manifest["format"], &manifest["name"]), (&"sloop-snapshot/1".into(), &"before".into()));
    let disk = &manifest["disks"][1];
    assert_eq!((&disk["file"], &disk["fileBytes"]), (&"web.xvdf.qcow2".into(), &DATA.len().into()));
    assert_eq!((&disk["sha256"], &disk["name"]), (&data.into(), &"data".into()));
}

#[test]
fn a_program_reads_what_is_written_beside_the_file() {
    let daemon = Daemon::start();
    let dir = room(&daemon);
    let (code, out, err) =
        export(&daemon, &["nightly", dir.join("data").to_str().unwrap(), "--output", "json"]);
    assert_eq!((code, &*err), (0, ""));
    let told: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(told, json(&dir.join("data.json")));
    assert_eq!((&told["kind"], &told["disks"][0]["sha256"]), (&"DiskSnapshot".into(), &SHA256.into()));
    assert_eq!(names(&dir), ["data", "data.json"]);
}

#[test]
fn increments_name_what_they_go_on_from_and_automatic_ones_their_day() {
    let daemon = Daemon::start();
    let dir = room(&daemon);
    let path = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let (code, out, err) = export(&daemon, &["after", &path("new"), "--incremental-since", "before"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("\n  before must be there first\n"), "{out}");
    let manifest = json(&dir.join("new.json"));
    assert_eq!(
        (&manifest["since"]["snapshotId"], &manifest["disks"][0]["isIncrement"]),
        (&"id-before".into(), &true.into())
    );
    let (_, out, err) = export(&daemon, &["--auto-of", "web", &path("latest")]);
    assert!(out.starts_with("2026-11-23 is in "), "{out}{err}");
    let (_, out, err) = export(&daemon, &["--auto-of", "web", "--date", "2026-11-20", &path("day")]);
    assert!(out.starts_with("2026-11-20 is in "), "{out}{err}");
}

#[test]
fn what_cannot_be_exported_has_its_exit_code() {
    let daemon = Daemon::start();
    let dir = room(&daemon);
    let file = dir.join("web.qcow2");
    let path = file.to_str().unwrap();
    let cases: [(&[&str], i32, &str); 5] = [
        (&[], 2, "<SNAPSHOT>"),
        (&["before"], 2, "<FILE>"),
        (&["before", path, "--date", "2026-11-20"], 2, "--auto-of <NAME>"),
        (&["--auto-of", "web", "before", path], 2, "stands in the place of a snapshot"),
        (&["ghost", path], 3, "error: The Snapshot does not exist: ghost"),
    ];
    for (args, exit, told) in cases {
        let (code, out, err) = export(&daemon, args);
        assert_eq!((code, &*out), (exit, ""), "{args:?}: {err}");
        assert!(err.contains(told), "{args:?}: {err}");
    }
    assert!(names(&dir).is_empty());
}

#[test]
fn nothing_is_written_over_unless_forced() {
    let daemon = Daemon::start();
    for there in ["web.qcow2", "web.qcow2.json", "web.xvdf.qcow2"] {
        let dir = room(&daemon);
        let (file, mine) = (dir.join("web.qcow2"), dir.join(there));
        let path = file.to_str().unwrap();
        fs::write(&mine, "mine").unwrap();
        let (code, out, err) = export(&daemon, &["before", path]);
        assert_eq!((code, &*out), (2, ""), "{there}");
        assert!(err.contains(&format!("{there} is there already")) && err.contains("--force"), "{err}");
        assert_eq!((names(&dir), fs::read(&mine).unwrap()), (vec![there.to_owned()], b"mine".to_vec()));
        let (code, _, err) = export(&daemon, &["before", path, "--force"]);
        assert_eq!(code, 0, "{there}: {err}");
        assert_ne!(fs::read(&mine).unwrap(), b"mine");
        fs::remove_dir_all(&dir).unwrap();
    }
}

#[test]
fn an_export_that_came_otherwise_leaves_nothing() {
    let daemon = Daemon::start();
    let dir = room(&daemon);
    let file = dir.join("web.qcow2");
    let forged = format!("with the SHA-256 {} and not 000", sha256(DATA));
    let cases = [
        ("forged", &*forged),
        ("longer", "262144 of 262145 bytes came"),
        ("cut", "sloopd ended before all files had come"),
        ("broken", "the host's disk is failing"),
        ("stray", "a file that belongs to no disk"),
    ];
    for (name, told) in cases {
        let (code, out, err) = export(&daemon, &[name, file.to_str().unwrap()]);
        assert_eq!((code, &*out), (1, ""), "{name}: {err}");
        assert!(err.contains(told), "{name}: {err}");
        assert!(names(&dir).is_empty(), "{name}");
    }
}

#[test]
fn an_export_that_was_interrupted_leaves_nothing() {
    let daemon = Daemon::start();
    let dir = room(&daemon);
    let mut child = Command::new(env!("CARGO_BIN_EXE_sloop"))
        .args(["snapshot", "export", "slow", dir.join("web.qcow2").to_str().unwrap()])
        .env("SLOOP_SOCKET", daemon.socket())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(told.any(|line| line.contains("exporting")));
    assert!(dir.join("web.qcow2.part").exists() && !dir.join("web.qcow2").exists());
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(told.last().unwrap(), "nothing was exported");
    assert!(names(&dir).is_empty());
}

#[test]
fn what_the_files_are_is_written_when_they_have_their_names() {
    let daemon = Daemon::start();
    let dir = room(&daemon);
    fs::write(dir.join("web.qcow2.json.part"), "somebody's").unwrap();
    let (code, out, err) = export(&daemon, &["before", dir.join("web.qcow2").to_str().unwrap()]);
    assert_eq!((code, &*out), (2, ""), "{err}");
    assert!(err.contains("web.qcow2.json.part: "), "{err}");
    assert_eq!(names(&dir), ["web.qcow2", "web.qcow2.json.part", "web.xvdf.qcow2"]);
}

#[test]
fn the_shell_completes_what_can_be_exported() {
    let daemon = Daemon::start();
    let complete = |words: &[&str]| {
        let mut shell = sloop(&daemon.socket());
        let index = (words.len() + 2).to_string();
        shell.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", index).env("_CLAP_IFS", "\n");
        run(&mut shell, &[&["--", "sloop", "snapshot", "export"], words].concat()).1
    };
    assert_eq!(complete(&["b"]), "before\nboot");
    assert_eq!(complete(&["before", "web.qcow2", "--incremental-since", "k"]), "kept");
    assert_eq!(complete(&["--auto-of", "w"]), "web");
    assert_eq!(complete(&["--auto-of", "sp"]), "spare");
}
