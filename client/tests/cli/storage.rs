//! Instances that get another bundle, go back and are cloned, and the room that everything takes.

use std::io::Write as _;

use serde_json::{Value as Json, json};

use crate::fake::Daemon;
use crate::terminal::{at_terminal, expect};
use crate::{run, sloop};

/// `sloop instance …` against a daemon.
fn instance(daemon: &Daemon, args: &[&str]) -> (i32, String, String) {
    run(sloop(&daemon.socket()).arg("instance"), args)
}

/// The first operation that the daemon answered with, and what it was asked for.
fn asked(daemon: &Daemon, args: &[&str]) -> (Json, Json) {
    let (code, out, err) = instance(daemon, &[args, &["-o", "json"]].concat());
    assert_eq!((code, &*err), (0, ""), "{args:?}");
    let result: Json = serde_json::from_str(&out).unwrap();
    let details = result["operations"][0]["operationDetails"].as_str().unwrap();
    (result["operations"].clone(), serde_json::from_str(details).unwrap())
}

/// Each has its exit code, says nothing on standard output, and what is expected on standard error.
fn refused(daemon: &Daemon, cases: &[(&[&str], i32, &str)]) {
    for (args, exit, told) in cases {
        let (code, out, err) = instance(daemon, args);
        assert_eq!((code, &*out), (*exit, ""), "{args:?}: {err}");
        assert!(err.contains(told), "{args:?}: {err}");
    }
}

#[test]
fn a_resized_instance_is_told_with_its_bundle() {
    let daemon = Daemon::start();
    let (code, out, err) = instance(&daemon, &["resize", "web", "--bundle", "small_3_0"]);
    assert_eq!((code, &*out, &*err), (0, "web has the bundle small_3_0\n", ""));
    let (_, sent) = asked(&daemon, &["resize", "web", "--bundle", "small_3_0"]);
    assert_eq!(sent, json!({ "instanceName": "web", "bundleId": "small_3_0" }));
    let (code, out, err) = instance(&daemon, &["resize", "late", "--bundle", "small_3_0"]);
    assert_eq!((code, &*out, &*err), (0, "late has the bundle small_3_0\n", "late: making the disk\n"));
    let (_, out, _) = instance(&daemon, &["resize", "late", "--bundle", "small_3_0", "--no-wait"]);
    assert_eq!(out, "late is getting the bundle small_3_0\n  follow: sloop operation watch op-late\n");
    refused(
        &daemon,
        &[
            (&["resize", "web"], 2, "--bundle <ID>"),
            (&["resize", "web", "--bundle", "nonesuch"], 2, "no bundle nonesuch\n  field: bundleId\n"),
            (&["resize", "ghost", "--bundle", "small_3_0"], 3, "error: The Instance does not exist: ghost"),
            (&["resize", "broken", "--bundle", "small_3_0"], 5, "error: broken: CreateInstance failed"),
        ],
    );
}

#[test]
fn who_goes_back_is_told_where_the_present_is_kept() {
    let daemon = Daemon::start();
    let (code, out, err) = instance(&daemon, &["rollback", "web", "--to", "before", "--yes"]);
    let told = "web is back at before\n  \
                what it held until now is kept as web-20261123-101500\n  \
                undo: sloop instance rollback web --to web-20261123-101500\n";
    assert_eq!((code, &*out, &*err), (0, told, ""));
    let args = ["rollback", "web", "--to", "before", "--keep-as", "after", "--yes"];
    let (operations, sent) = asked(&daemon, &args);
    let expected =
        json!({ "instanceName": "web", "instanceSnapshotName": "before", "keptSnapshotName": "after" });
    assert_eq!(sent, expected);
    assert_eq!(
        (&operations[1]["resourceType"], &operations[1]["resourceName"]),
        (&json!("InstanceSnapshot"), &json!("after"))
    );
    let (_, out, _) = instance(&daemon, &["rollback", "late", "--to", "before", "--yes", "--no-wait"]);
    let told = "late is going back to before\n  \
                what it held until now is kept as late-20261123-101500\n  \
                follow: sloop operation watch op-late\n";
    assert_eq!(out, told);
}

#[test]
fn who_cannot_go_back_stays() {
    let daemon = Daemon::start();
    refused(
        &daemon,
        &[
            (&["rollback", "web", "--yes"], 2, "--to <SNAPSHOT>"),
            (&["rollback", "web", "--to", "before"], 2, "taking back asks first"),
            (
                &["rollback", "ghost", "--to", "before", "--yes"],
                3,
                "error: The Instance does not exist: ghost",
            ),
            (&["rollback", "web", "--to", "ghost", "--yes"], 3, "The InstanceSnapshot does not exist: ghost"),
            (&["rollback", "web", "--to", "before", "--keep-as", "taken", "--yes"], 4, "in use: taken"),
            (&["rollback", "broken", "--to", "before", "--yes"], 5, "error: broken: CreateInstance failed"),
        ],
    );
    let (mut child, mut terminal) = at_terminal(&daemon, &["instance", "rollback", "web", "--to", "before"]);
    expect(&mut terminal, "Take web back to before, keeping what it holds now as a snapshot? [y/N] ");
    terminal.write_all(b"n\n").unwrap();
    expect(&mut terminal, "nothing was taken back");
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn a_clone_is_told_like_any_new_instance() {
    let daemon = Daemon::start();
    let (code, out, err) = instance(&daemon, &["clone", "web", "web2"]);
    assert_eq!((code, &*out, &*err), (0, "web2 is at 192.0.2.7\n  log in: sloop ssh web2\n", ""));
    let (_, sent) = asked(&daemon, &["clone", "web", "web2"]);
    assert_eq!(sent, json!({ "instanceName": "web", "newInstanceName": "web2" }));
    let (_, sent) = asked(&daemon, &["clone", "web", "web2", "--bundle", "small_3_0"]);
    let expected = json!({ "instanceName": "web", "newInstanceName": "web2", "bundleId": "small_3_0" });
    assert_eq!(sent, expected);
}

#[test]
fn a_clone_is_waited_for_as_long_as_is_told() {
    let daemon = Daemon::start();
    let there = "late is at 192.0.2.7\n  log in: sloop ssh late\n";
    let (code, out, err) = instance(&daemon, &["clone", "web", "late"]);
    assert_eq!((code, &*out, &*err), (0, there, "late: making the disk\n"));
    let (code, out, err) = instance(&daemon, &["clone", "web", "late", "--wait-for", "ssh"]);
    let stages = "late: making the disk\nlate: booting\nlate: SSH answers\n";
    assert_eq!((code, &*out, &*err), (0, there, stages));
    let (_, out, _) = instance(&daemon, &["clone", "web", "late", "--no-wait"]);
    assert_eq!(out, "late is being made\n  follow: sloop operation watch op-late\n");
    let (code, _, err) = instance(&daemon, &["clone", "web", "slow", "--wait-for", "ssh", "--timeout", "1s"]);
    assert_eq!(code, 6);
    assert!(err.contains("error: slow: still booting"), "{err}");
    refused(
        &daemon,
        &[
            (&["clone", "web"], 2, "<NEW_NAME>"),
            (&["clone", "ghost", "web2"], 3, "error: The Instance does not exist: ghost"),
            (&["clone", "web", "taken"], 4, "error: Some names are already in use: taken"),
            (&["clone", "web", "broken"], 5, "error: broken: CreateInstance failed: DiskFull"),
        ],
    );
}

#[test]
fn the_room_that_everything_takes_is_beside_what_there_is() {
    let daemon = Daemon::start();
    let (code, out, err) = run(&mut sloop(&daemon.socket()), &["storage"]);
    let lines: Vec<_> =
        out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let expected = [
        "NAME TYPE SIZE OWN SHARED LAYERS",
        "web Instance 20.0 GiB 2.0 GiB 1.0 GiB 3",
        "data Disk 8.0 GiB 1.0 GiB 0 MiB 1",
        "",
        "Total: 400.0 GiB",
        "Free: 300.0 GiB",
        "Headroom: 5.0 GiB, below which no new disk is accepted",
    ];
    assert_eq!((code, &*err), (0, ""));
    assert_eq!(lines, expected);
    let (_, out, _) = run(&mut sloop(&daemon.socket()), &["storage", "-o", "json"]);
    let told: Json = serde_json::from_str(&out).unwrap();
    let expected = json!({
        "name": "web", "resourceType": "Instance", "sizeBytes": 20_u64 << 30, "ownBytes": 2_u64 << 30,
        "sharedBytes": 1_u64 << 30, "layers": 3,
    });
    assert_eq!((&told["uses"][0], &told["headroomBytes"]), (&expected, &json!(5_u64 << 30)));
}
