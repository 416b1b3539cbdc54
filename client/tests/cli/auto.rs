//! Automatic snapshots: turned on and off, listed, deleted, and what is made from them.

use std::io::Write as _;

use serde_json::{Value as Json, json};

use crate::fake::Daemon;
use crate::terminal::{at_terminal, expect};
use crate::{run, sloop};

/// `sloop …` against a daemon.
fn told(daemon: &Daemon, args: &[&str]) -> (i32, String, String) {
    run(&mut sloop(&daemon.socket()), args)
}

/// `sloop snapshot auto …` against a daemon.
fn auto(daemon: &Daemon, args: &[&str]) -> (i32, String, String) {
    told(daemon, &[&["snapshot", "auto"], args].concat())
}

/// What the daemon was asked for, for each operation.
fn asked(daemon: &Daemon, args: &[&str]) -> Vec<Json> {
    let (code, out, err) = told(daemon, &[args, &["-o", "json"]].concat());
    assert_eq!((code, &*err), (0, ""), "{args:?}");
    let result: Json = serde_json::from_str(&out).unwrap();
    let operations = result["operations"].as_array().unwrap().iter();
    let details = operations.map(|operation| operation["operationDetails"].as_str().unwrap());
    details.map(|details| serde_json::from_str(details).unwrap()).collect()
}

/// Each has its exit code, says nothing on standard output, and what is expected on standard error.
fn refused(daemon: &Daemon, cases: &[(&[&str], i32, &str)]) {
    for (args, exit, expected) in cases {
        let (code, out, err) = told(daemon, args);
        assert_eq!((code, &*out), (*exit, ""), "{args:?}: {err}");
        assert!(err.contains(expected), "{args:?}: {err}");
    }
}

/// The lines, each with one space between its words.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn they_are_made_at_six_unless_another_time_is_said() {
    let daemon = Daemon::start();
    let (code, out, err) = auto(&daemon, &["on", "web"]);
    let done = "web: automatic snapshots daily at 06:00 UTC\n  list: sloop snapshot auto list web\n";
    assert_eq!((code, &*out, &*err), (0, done, ""));
    let expected = |name: &str, time: &str| {
        let request = json!({ "snapshotTimeOfDay": time });
        let add_on = json!({ "addOnType": "AutoSnapshot", "autoSnapshotAddOnRequest": request });
        [json!({ "resourceName": name, "addOnRequest": add_on })]
    };
    assert_eq!(asked(&daemon, &["snapshot", "auto", "on", "web"]), expected("web", "06:00"));
    let args = ["snapshot", "auto", "on", "data", "--at", "23:00"];
    assert_eq!(asked(&daemon, &args), expected("data", "23:00"));
    let (_, out, _) = auto(&daemon, &["on", "late", "--no-wait"]);
    let doing = "late: automatic snapshots are being turned on\n  follow: sloop operation watch op-late\n";
    assert_eq!(out, doing);
}

#[test]
fn those_that_there_are_stay_when_no_more_are_made() {
    let daemon = Daemon::start();
    let (code, out, err) = auto(&daemon, &["off", "web"]);
    let done = "web: no more automatic snapshots; those that there are stay\n  \
                list: sloop snapshot auto list web\n";
    assert_eq!((code, &*out, &*err), (0, done, ""));
    let expected = [json!({ "addOnType": "AutoSnapshot", "resourceName": "web" })];
    assert_eq!(asked(&daemon, &["snapshot", "auto", "off", "web"]), expected);
    let (_, out, _) = auto(&daemon, &["off", "late", "--no-wait"]);
    let doing = "late: automatic snapshots are being turned off\n  follow: sloop operation watch op-late\n";
    assert_eq!(out, doing);
}

#[test]
fn the_newest_is_listed_first() {
    let daemon = Daemon::start();
    let (code, out, _) = auto(&daemon, &["ls", "web"]);
    let expected = [
        "DATE CREATED STATUS DISKS",
        "2026-11-23 2026-11-23 10:15:00Z InProgress /dev/xvda (20 GB), /dev/xvdf (8 GB)",
        "2026-11-22 2026-11-22 10:15:00Z Success /dev/xvda (20 GB), /dev/xvdf (8 GB)",
        "2026-11-21 2026-11-21 10:15:00Z Failed /dev/xvda (20 GB), /dev/xvdf (8 GB)",
    ];
    assert_eq!((code, lines(&out)), (0, expected.map(str::to_owned).into()));
    let (_, out, _) = auto(&daemon, &["list", "data"]);
    assert_eq!(lines(&out)[1], "2026-11-23 2026-11-23 10:15:00Z InProgress -");
    assert_eq!(auto(&daemon, &["list", "web", "-q"]).1, "2026-11-23\n2026-11-22\n2026-11-21\n");
    let (_, out, _) = auto(&daemon, &["list", "web", "-o", "json"]);
    let list: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((&list["resourceName"], &list["resourceType"]), (&json!("web"), &json!("Instance")));
    assert_eq!(list["autoSnapshots"][2]["status"], "Failed");
}

#[test]
fn deleting_asks_and_goes_on_after_a_failure() {
    let daemon = Daemon::start();
    let delete = ["snapshot", "auto", "delete", "web"];
    let (code, out, err) = auto(&daemon, &["rm", "web", "2026-11-01", "2026-11-21", "2026-11-22", "--yes"]);
    assert_eq!((code, &*out), (3, "web: automatic snapshot deleted\nweb: automatic snapshot deleted\n"));
    assert!(err.contains("The AutoSnapshot does not exist: 2026-11-01"), "{err}");
    let expected = [json!({ "resourceName": "web", "date": "2026-11-21" })];
    assert_eq!(asked(&daemon, &[&delete[..], &["2026-11-21", "--yes"]].concat()), expected);
    let (_, out, _) = auto(&daemon, &["delete", "late", "2026-11-21", "--yes", "--no-wait"]);
    assert_eq!(out, "late: automatic snapshot being deleted\n");
    let (mut child, mut terminal) =
        at_terminal(&daemon, &[&delete[..], &["2026-11-21", "2026-11-22"]].concat());
    expect(&mut terminal, "Delete what is kept of web from 2026-11-21, 2026-11-22? [y/N] ");
    terminal.write_all(b"n\n").unwrap();
    expect(&mut terminal, "nothing was deleted");
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn what_cannot_be_done_has_its_exit_code() {
    let daemon = Daemon::start();
    refused(
        &daemon,
        &[
            (&["snapshot", "auto", "on"], 2, "<NAME>"),
            (&["snapshot", "auto", "on", "web", "--at", "24:00"], 2, "write it like 06:00"),
            (&["snapshot", "auto", "on", "ghost"], 3, "error: The Instance does not exist: ghost"),
            (&["snapshot", "auto", "on", "broken"], 5, "error: broken: CreateInstance failed: DiskFull"),
            (&["snapshot", "auto", "off", "ghost"], 3, "error: The Instance does not exist: ghost"),
            (&["snapshot", "auto", "list", "ghost"], 3, "error: The Instance does not exist: ghost"),
            (&["snapshot", "auto", "delete", "web"], 2, "<DATE>..."),
            (&["snapshot", "auto", "delete", "web", "today"], 2, "write it like 2026-11-23"),
            (&["snapshot", "auto", "delete", "web", "2026-11-21"], 2, "deleting asks first"),
        ],
    );
}

#[test]
fn an_instance_comes_back_as_it_was_lately_or_on_a_day() {
    let daemon = Daemon::start();
    let restore = ["snapshot", "restore", "--auto-of", "web"];
    let expected = |names: &[&str], bundle: &str, day: Json, latest: Json| {
        json!({
            "names": names, "snapshot": null, "bundle": bundle, "userData": null, "keyPair": null, "tags": [],
            "disks": {}, "auto": ["web", day, latest],
        })
    };
    let latest = expected(&["web2", "web3"], "nano_3_0", Json::Null, json!(true));
    assert_eq!(asked(&daemon, &[&restore[..], &["web2", "web3"]].concat()), [latest.clone(), latest]);
    let options = ["web2", "--date", "2026-11-22", "--bundle", "small_3_0"];
    let of_day = expected(&["web2"], "small_3_0", json!("2026-11-22"), Json::Null);
    assert_eq!(asked(&daemon, &[&restore[..], &options].concat()), [of_day]);
    let (code, out, err) = told(&daemon, &[&restore[..], &["web2"]].concat());
    assert_eq!((code, &*out, &*err), (0, "web2 is at 192.0.2.7\n  log in: sloop ssh web2\n", ""));
    refused(
        &daemon,
        &[
            (&restore, 2, "error: an instance that is made needs a name\n  try: sloop snapshot restore"),
            (&["snapshot", "restore", "before", "web2", "--date", "2026-11-22"], 2, "--auto-of <INSTANCE>"),
            (&["snapshot", "restore", "--auto-of", "ghost", "web2"], 3, "does not exist: ghost"),
            (&["snapshot", "restore", "--auto-of", "web", "taken"], 4, "already in use: taken"),
        ],
    );
}

#[test]
fn a_copy_of_an_automatic_one_stays() {
    let daemon = Daemon::start();
    let copy = ["snapshot", "copy", "--auto-of", "web", "keep"];
    let (code, out, err) = told(&daemon, &copy);
    let done = "keep holds what web held at its latest automatic snapshot\n";
    assert_eq!((code, &*out, &*err), (0, done, ""));
    let expected = json!({
        "sourceResourceName": "web", "useLatestRestorableAutoSnapshot": true,
        "targetSnapshotName": "keep", "sourceRegion": "us-east-1",
    });
    assert_eq!(asked(&daemon, &copy), [expected]);
    let dated = [&copy[..], &["--date", "2026-11-22"]].concat();
    assert_eq!(told(&daemon, &dated).1, "keep holds what web held on 2026-11-22\n");
    let expected = json!({
        "sourceResourceName": "web", "restoreDate": "2026-11-22", "targetSnapshotName": "keep",
        "sourceRegion": "us-east-1",
    });
    assert_eq!(asked(&daemon, &dated), [expected]);
    let instead = "error: --auto-of NAME stands in the place of a snapshot";
    refused(
        &daemon,
        &[
            (&["snapshot", "copy", "before"], 2, "<NEW_NAME>"),
            (&["snapshot", "copy", "--auto-of", "web"], 2, instead),
            (&["snapshot", "copy", "--auto-of", "web", "before", "keep"], 2, instead),
            (&["snapshot", "copy", "before", "keep", "--date", "2026-11-22"], 2, "--auto-of <NAME>"),
            (&["snapshot", "copy", "--auto-of", "ghost", "keep"], 3, "does not exist: ghost"),
        ],
    );
}

#[test]
fn a_disk_begins_as_another_was() {
    let daemon = Daemon::start();
    let create = ["disk", "create", "new", "--from-auto", "data"];
    let expected = json!({
        "diskName": "new", "sourceDiskName": "data", "useLatestRestorableAutoSnapshot": true,
        "availabilityZone": "us-east-1a", "sizeInGb": 8, "tags": [], "addOns": [],
    });
    assert_eq!(asked(&daemon, &create), [expected]);
    let expected = json!({
        "diskName": "new", "sourceDiskName": "data", "restoreDate": "2026-11-22",
        "availabilityZone": "us-east-1a", "sizeInGb": 64, "tags": [], "addOns": [],
    });
    let args = [&create[..], &["--date", "2026-11-22", "--size", "64"]].concat();
    assert_eq!(asked(&daemon, &args), [expected]);
    refused(
        &daemon,
        &[
            (&[&create[..], &["--from", "nightly"]].concat(), 2, "cannot be used with"),
            (
                &["disk", "create", "new", "--from", "nightly", "--date", "2026-11-22"],
                2,
                "cannot be used with",
            ),
            (&[&create[..], &["--date", "today"]].concat(), 2, "write it like 2026-11-23"),
            (&["disk", "create", "new", "--size", "8", "--date", "2026-11-22"], 2, "--from-auto <DISK>"),
            (&["disk", "create", "new", "--from-auto", "ghost"], 3, "The Disk does not exist: ghost"),
        ],
    );
}

#[test]
fn what_is_made_has_them_from_the_beginning() {
    let daemon = Daemon::start();
    let expected = |time: &str| {
        let request = json!({ "snapshotTimeOfDay": time });
        json!([{ "addOnType": "AutoSnapshot", "autoSnapshotAddOnRequest": request }])
    };
    for (args, time) in [
        (&["launch", "web", "--no-wait", "--auto-snapshot"][..], "06:00"),
        (&["launch", "web", "--no-wait", "--auto-snapshot", "03:00"][..], "03:00"),
        (&["disk", "create", "new", "--size", "8", "--auto-snapshot=03:00"][..], "03:00"),
        (&["disk", "create", "new", "--from-auto", "data", "--auto-snapshot"][..], "06:00"),
    ] {
        assert_eq!(asked(&daemon, args)[0]["addOns"], expected(time), "{args:?}");
    }
    refused(
        &daemon,
        &[
            (&["launch", "--auto-snapshot", "web"], 2, "write it like 06:00"),
            (&["disk", "create", "new", "--size", "8", "--auto-snapshot", "25:00"], 2, "write it like 06:00"),
        ],
    );
}

#[test]
fn what_has_them_made_shows_when() {
    let daemon = Daemon::start();
    let line = "Automatic snapshots: daily at 06:00 UTC";
    for (noun, name, shown) in [
        ("instance", "stacked", true),
        ("instance", "strict", false),
        ("instance", "web", false),
        ("disk", "spare", true),
        ("disk", "data", false),
    ] {
        let (code, out, _) = told(&daemon, &[noun, "show", name]);
        assert_eq!((code, lines(&out).iter().any(|told| told == line)), (0, shown), "{out}");
    }
}

#[test]
fn the_shell_completes_instances_and_disks() {
    let daemon = Daemon::start();
    let complete = |words: &[&str]| {
        let mut shell = sloop(&daemon.socket());
        let index = words.len().to_string();
        shell.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", index).env("_CLAP_IFS", "\n");
        run(&mut shell, &[&["--", "sloop"], words].concat()).1
    };
    assert_eq!(complete(&["snapshot", "auto", "on", "w"]), "web");
    assert_eq!(complete(&["snap", "auto", "list", "s"]), "spare");
    assert_eq!(complete(&["snapshot", "copy", "--auto-of", "w"]), "web");
    assert_eq!(complete(&["disk", "create", "new", "--from-auto", "s"]), "spare");
}
