//! Snapshots: made, listed, shown, deleted, copied, and turned into instances again.

use std::io::Write as _;

use serde_json::{Value as Json, json};

use crate::fake::Daemon;
use crate::terminal::{at_terminal, expect};
use crate::{run, sloop};

/// `sloop snapshot …` against a daemon.
fn snapshot(daemon: &Daemon, args: &[&str]) -> (i32, String, String) {
    run(sloop(&daemon.socket()).arg("snapshot"), args)
}

/// What the daemon was asked for, for each operation.
fn asked(daemon: &Daemon, args: &[&str]) -> Vec<Json> {
    let (code, out, err) = snapshot(daemon, &[args, &["-o", "json"]].concat());
    assert_eq!((code, &*err), (0, ""), "{args:?}");
    let result: Json = serde_json::from_str(&out).unwrap();
    let operations = result["operations"].as_array().unwrap().iter();
    let details = operations.map(|operation| operation["operationDetails"].as_str().unwrap());
    details.map(|details| serde_json::from_str(details).unwrap()).collect()
}

/// The lines, each with one space between its words.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn the_name_of_a_new_snapshot_is_all_that_is_printed() {
    let daemon = Daemon::start();
    let (code, out, err) = snapshot(&daemon, &["create", "web", "upgrade"]);
    assert_eq!((code, &*out, &*err), (0, "upgrade\n", ""));
    let (code, out, err) = snapshot(&daemon, &["create", "web", "late"]);
    assert_eq!((code, &*out, &*err), (0, "late\n", "late: making the disk\n"));
    let (code, out, err) = snapshot(&daemon, &["create", "web", "late", "--no-wait"]);
    let told = "being made; follow: sloop operation watch op-late\n";
    assert_eq!((code, &*out, &*err), (0, "late\n", told));
    let (code, out, err) = snapshot(&daemon, &["create", "web", "broken"]);
    assert_eq!((code, &*out), (5, ""));
    assert!(err.contains("error: broken: CreateInstance failed: DiskFull"), "{err}");
}

#[test]
fn without_a_name_it_is_called_after_its_source_and_the_time() {
    let daemon = Daemon::start();
    for (args, source) in [(&["create", "web"][..], "web-"), (&["create", "--disk", "data"][..], "data-")] {
        let (code, out, err) = snapshot(&daemon, args);
        assert_eq!((code, &*err), (0, ""));
        let (day, time) = out.strip_prefix(source).unwrap().trim_end().split_once('-').unwrap();
        assert_eq!((day.len(), time.len()), (8, 6), "{out}");
        assert!(day.starts_with("20") && day.parse::<u32>().is_ok() && time.parse::<u32>().is_ok(), "{out}");
    }
}

#[test]
fn what_is_kept_is_an_instance_its_system_disk_or_a_disk() {
    let daemon = Daemon::start();
    let tags = json!([{ "key": "why", "value": "upgrade" }, { "key": "urgent" }]);
    let args = ["create", "web", "new", "--tag", "why=upgrade", "--tag", "urgent"];
    let expected = json!({ "instanceSnapshotName": "new", "instanceName": "web", "tags": tags });
    assert_eq!(asked(&daemon, &args)[0], expected);
    let expected = json!({ "instanceName": "web", "diskSnapshotName": "new", "tags": [] });
    assert_eq!(asked(&daemon, &["create", "web", "new", "--system-disk"]), [expected]);
    let expected = json!({ "diskName": "data", "diskSnapshotName": "new", "tags": [] });
    assert_eq!(asked(&daemon, &["create", "--disk", "data", "new"]), [expected]);
}

#[test]
fn what_cannot_be_kept_has_its_exit_code() {
    let daemon = Daemon::start();
    let cases: [(&[&str], i32, &str); 7] = [
        (&["create"], 2, "<INSTANCE>"),
        (&["create", "web", "new", "--disk", "data"], 2, "stands in the place of an instance"),
        (&["create", "--disk", "data", "--system-disk"], 2, "cannot be used with"),
        (&["create", "web", "new", "--tag", "=x"], 2, "a tag needs a key"),
        (&["create", "ghost"], 3, "error: The Instance does not exist: ghost"),
        (&["create", "--disk", "ghost"], 3, "error: The Disk does not exist: ghost"),
        (&["create", "web", "taken"], 4, "error: Some names are already in use: taken"),
    ];
    for (args, exit, told) in cases {
        let (code, out, err) = snapshot(&daemon, args);
        assert_eq!((code, &*out), (exit, ""), "{args:?}: {err}");
        assert!(err.contains(told), "{args:?}: {err}");
    }
}

#[test]
fn the_list_has_both_kinds_and_every_page() {
    let daemon = Daemon::start();
    let (code, out, _) = run(&mut sloop(&daemon.socket()), &["snap", "ls"]);
    let expected = [
        "NAME KIND OF SIZE STATE CREATED AUTO",
        "before instance web 28 GB available 2026-11-23 10:15:00Z -",
        "kept instance web 28 GB available 2026-11-23 10:15:00Z yes",
        "nightly disk data 16 GB pending 2026-11-23 10:15:00Z -",
        "boot disk web (system disk) 16 GB pending 2026-11-23 10:15:00Z -",
    ];
    assert_eq!((code, lines(&out)), (0, expected.map(str::to_owned).into()));
    assert_eq!(snapshot(&daemon, &["list", "-q"]).1, "before\nkept\nnightly\nboot\n");
    let (_, out, _) = snapshot(&daemon, &["list", "-o", "json"]);
    let list: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(list["instanceSnapshots"][1]["name"], "kept");
    assert_eq!(list["diskSnapshots"][0]["fromDiskName"], "data");
    assert_eq!((list.as_object().unwrap().len(), list.get("nextPageToken")), (2, None));
}

#[test]
fn one_snapshot_is_shown_whichever_kind_it_is() {
    let daemon = Daemon::start();
    let shown = |name: &str| {
        let (code, out, err) = snapshot(&daemon, &["show", name]);
        assert_eq!((code, &*err), (0, ""));
        lines(&out)
    };
    let expected = [
        "Name: before",
        "Kind: instance",
        "Of: web",
        "Blueprint: debian_12",
        "Bundle: nano_3_0",
        "Disks: data (/dev/xvdf, 8 GB)",
        "Size: 28 GB",
        "State: available",
        "File systems: held still by the guest's agent",
        "Created: 2026-11-23 10:15:00Z",
    ];
    assert_eq!(shown("before"), expected);
    assert!(shown("kept").contains(&"Automatic: yes".to_owned()));
    let expected = [
        "Name: nightly",
        "Kind: disk",
        "Of: data",
        "Size: 16 GB",
        "State: pending",
        "Progress: 40%",
        "Created: 2026-11-23 10:15:00Z",
    ];
    assert_eq!(shown("nightly"), expected);
    let (_, out, _) = snapshot(&daemon, &["show", "boot", "-o", "json"]);
    let told: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(told["diskSnapshot"]["fromInstanceName"], "web");
}

#[test]
fn what_is_of_neither_kind_is_no_snapshot() {
    let daemon = Daemon::start();
    let (code, out, err) = snapshot(&daemon, &["show", "ghost"]);
    let told = "error: there is no snapshot ghost\n  try: sloop snapshot list\n";
    assert_eq!((code, &*out, &*err), (3, "", told));
    let (_, _, err) = snapshot(&daemon, &["show", "ghost", "-o", "json"]);
    let error: Json = serde_json::from_str(&err).unwrap();
    assert_eq!(
        (&error["error"]["type"], &error["error"]["code"]),
        (&json!("NotFoundException"), &json!("DoesNotExist"))
    );
}

#[test]
fn deleting_asks_and_goes_on_after_a_failure() {
    let daemon = Daemon::start();
    let (code, out, err) = snapshot(&daemon, &["delete", "before"]);
    assert_eq!((code, &*out), (2, ""));
    assert!(err.contains("deleting asks first") && err.contains("try: the same with --yes"), "{err}");
    let (code, out, err) = snapshot(&daemon, &["rm", "before", "ghost", "nightly", "--yes"]);
    assert_eq!((code, &*out), (3, "before: deleted\nnightly: deleted\n"));
    assert_eq!(err, "error: there is no snapshot ghost\n  try: sloop snapshot list\n");
    let expected = [json!({ "instanceSnapshotName": "before" }), json!({ "diskSnapshotName": "nightly" })];
    assert_eq!(asked(&daemon, &["delete", "before", "nightly", "--yes"]), expected);
}

#[test]
fn a_no_deletes_no_snapshot() {
    let daemon = Daemon::start();
    let (mut child, mut terminal) = at_terminal(&daemon, &["snapshot", "delete", "before", "nightly"]);
    expect(&mut terminal, "Delete before, nightly? [y/N] ");
    terminal.write_all(b"n\n").unwrap();
    expect(&mut terminal, "nothing was deleted");
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn a_restored_instance_has_the_bundle_that_the_old_one_had() {
    let daemon = Daemon::start();
    let (code, out, err) = snapshot(&daemon, &["restore", "before", "web2"]);
    assert_eq!((code, &*out, &*err), (0, "web2 is at 192.0.2.7\n  log in: sloop ssh web2\n", ""));
    let expected = json!({
        "names": ["web2"], "snapshot": "before", "bundle": "nano_3_0", "userData": null, "keyPair": null,
        "tags": [], "disks": {},
    });
    assert_eq!(asked(&daemon, &["restore", "before", "web2"]), [expected]);
}

#[test]
fn all_that_is_said_of_a_restored_instance_is_sent() {
    let daemon = Daemon::start();
    let file = daemon.dir().join("setup.sh");
    std::fs::write(&file, "#!/bin/sh\n").unwrap();
    let options = ["--bundle", "small_3_0", "--key-pair", "laptop", "--tag", "role=web"];
    let maps = ["--map", "data=data2", "--map", "data=data3", "--map", "logs=logs2"];
    let user_data = ["--user-data", file.to_str().unwrap()];
    let args = [&["restore", "before", "web2", "web3"], &options[..], &maps[..], &user_data[..]].concat();
    let expected = json!({
        "names": ["web2", "web3"], "snapshot": "before", "bundle": "small_3_0",
        "userData": "#!/bin/sh\n", "keyPair": "laptop", "tags": ["role"],
        "disks": { "data": [["", "data2"], ["", "data3"]], "logs": [["", "logs2"]] },
    });
    assert_eq!(asked(&daemon, &args), [expected.clone(), expected]);
}

#[test]
fn restoring_waits_as_long_as_it_is_told() {
    let daemon = Daemon::start();
    let there = "late is at 192.0.2.7\n  log in: sloop ssh late\n";
    let (code, out, err) = snapshot(&daemon, &["restore", "before", "late"]);
    assert_eq!((code, &*out, &*err), (0, there, "late: making the disk\n"));
    let (code, out, err) = snapshot(&daemon, &["restore", "before", "late", "--wait-for", "ssh"]);
    let stages = "late: making the disk\nlate: booting\nlate: SSH answers\n";
    assert_eq!((code, &*out, &*err), (0, there, stages));
    let (code, out, err) = snapshot(&daemon, &["restore", "before", "late", "--no-wait"]);
    let told = "late is being made\n  follow: sloop operation watch op-late\n";
    assert_eq!((code, &*out, &*err), (0, told, ""));
    let args = ["restore", "before", "slow", "--wait-for", "ssh", "--timeout", "1s"];
    let (code, _, err) = snapshot(&daemon, &args);
    assert_eq!(code, 6);
    assert!(err.contains("error: slow: still booting"), "{err}");
    let (code, out, err) = snapshot(&daemon, &["restore", "before", "broken", "web2"]);
    assert_eq!((code, &*out), (5, "web2 is at 192.0.2.7\n  log in: sloop ssh web2\n"));
    assert!(err.contains("error: broken: CreateInstance failed: DiskFull"), "{err}");
}

#[test]
fn what_cannot_be_restored_has_its_exit_code() {
    let daemon = Daemon::start();
    let file = daemon.dir().join("data");
    std::fs::write(&file, b"\xff").unwrap();
    let file = file.to_str().unwrap();
    let of_disk = "error: nightly is a snapshot of a disk\n  try: sloop disk create NAME --from nightly\n";
    let cases: [(&[&str], i32, &str); 7] = [
        (&["restore", "before"], 2, "<NEWNAME>..."),
        (&["restore", "before", "web2", "--map", "data"], 2, "write it like data=data2"),
        (&["restore", "before", "web2", "--user-data", file], 2, "user data must be UTF-8 text"),
        (&["restore", "before", "web2", "--no-wait", "--wait-for", "ssh"], 2, "cannot be used with"),
        (&["restore", "nightly", "web2"], 2, of_disk),
        (&["restore", "ghost", "web2"], 3, "error: there is no snapshot ghost"),
        (&["restore", "before", "taken"], 4, "error: Some names are already in use: taken"),
    ];
    for (args, exit, told) in cases {
        let (code, out, err) = snapshot(&daemon, args);
        assert_eq!((code, &*out), (exit, ""), "{args:?}: {err}");
        assert!(err.contains(told), "{args:?}: {err}");
    }
}

#[test]
fn a_copy_is_made_in_the_region_of_the_host() {
    let daemon = Daemon::start();
    let (code, out, err) = snapshot(&daemon, &["copy", "before", "own"]);
    assert_eq!((code, &*out, &*err), (0, "own holds what before does\n", ""));
    let expected = json!({
        "sourceSnapshotName": "before", "targetSnapshotName": "own", "sourceRegion": "us-east-1",
    });
    assert_eq!(asked(&daemon, &["copy", "before", "own"]), [expected]);
    let (_, out, _) = snapshot(&daemon, &["copy", "before", "late", "--no-wait"]);
    assert_eq!(out, "late is being made\n  follow: sloop operation watch op-late\n");
    assert_eq!(snapshot(&daemon, &["copy", "ghost", "own"]).0, 3);
    assert_eq!(snapshot(&daemon, &["copy", "before", "taken"]).0, 4);
}

#[test]
fn the_shell_completes_snapshots_of_the_kind_that_fits() {
    let daemon = Daemon::start();
    let complete = |words: &[&str]| {
        let mut shell = sloop(&daemon.socket());
        let index = words.len().to_string();
        shell.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", index).env("_CLAP_IFS", "\n");
        run(&mut shell, &[&["--", "sloop"], words].concat()).1
    };
    assert_eq!(complete(&["snapshot", "show", "b"]), "before\nboot");
    assert_eq!(complete(&["snap", "restore", "b"]), "before");
    assert_eq!(complete(&["disk", "create", "new", "--from", "b"]), "boot");
    assert_eq!(complete(&["disk", "attach", "s"]), "spare");
    assert_eq!(complete(&["instance", "rollback", "web", "--to", "k"]), "kept");
}
