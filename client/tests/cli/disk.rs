//! Disks: made, listed, handed to instances and taken from them, grown and deleted.

use serde_json::{Value as Json, json};

use crate::fake::Daemon;
use crate::{run, sloop};

/// `sloop disk …` against a daemon.
fn disk(daemon: &Daemon, args: &[&str]) -> (i32, String, String) {
    run(sloop(&daemon.socket()).arg("disk"), args)
}

/// What the daemon was asked for.
fn asked(daemon: &Daemon, args: &[&str]) -> Json {
    let (code, out, err) = disk(daemon, &[args, &["-o", "json"]].concat());
    assert_eq!((code, &*err), (0, ""), "{args:?}");
    let result: Json = serde_json::from_str(&out).unwrap();
    serde_json::from_str(result["operations"][0]["operationDetails"].as_str().unwrap()).unwrap()
}

/// The lines, each with one space between its words.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// Each has its exit code, says nothing on standard output, and what is expected on standard error.
fn refused(daemon: &Daemon, cases: &[(&[&str], i32, &str)]) {
    for (args, exit, told) in cases {
        let (code, out, err) = disk(daemon, args);
        assert_eq!((code, &*out), (*exit, ""), "{args:?}: {err}");
        assert!(err.contains(told), "{args:?}: {err}");
    }
}

#[test]
fn a_new_disk_is_told_with_what_comes_next() {
    let daemon = Daemon::start();
    let (code, out, err) = disk(&daemon, &["create", "new", "--size", "32"]);
    let told = "new is there\n  attach: sloop disk attach new INSTANCE\n";
    assert_eq!((code, &*out, &*err), (0, told, ""));
    let (code, out, err) = disk(&daemon, &["create", "late", "--size", "32"]);
    let told = "late is there\n  attach: sloop disk attach late INSTANCE\n";
    assert_eq!((code, &*out, &*err), (0, told, "late: making the disk\n"));
    let (code, out, err) = disk(&daemon, &["create", "late", "--size", "32", "--no-wait"]);
    let told = "late is being made\n  follow: sloop operation watch op-late\n";
    assert_eq!((code, &*out, &*err), (0, told, ""));
    let (code, out, err) = disk(&daemon, &["create", "broken", "--size", "32"]);
    assert_eq!((code, &*out), (5, ""));
    assert!(err.contains("error: broken: CreateInstance failed: DiskFull"), "{err}");
}

#[test]
fn a_disk_is_empty_or_as_large_as_its_snapshot() {
    let daemon = Daemon::start();
    let expected = json!({
        "diskName": "new", "availabilityZone": "us-east-1a", "sizeInGb": 32,
        "tags": [{ "key": "role", "value": "db" }], "addOns": [],
    });
    assert_eq!(asked(&daemon, &["create", "new", "--size", "32", "--tag", "role=db"]), expected);
    let from = |zone: &str, size: i32| {
        json!({
            "diskName": "new", "diskSnapshotName": "nightly", "availabilityZone": zone, "sizeInGb": size,
            "tags": [], "addOns": [],
        })
    };
    assert_eq!(asked(&daemon, &["create", "new", "--from", "nightly"]), from("us-east-1a", 16));
    let args = ["create", "new", "--from", "nightly", "--size", "64", "--zone", "us-east-1b"];
    assert_eq!(asked(&daemon, &args), from("us-east-1b", 64));
}

#[test]
fn what_is_no_disk_has_its_exit_code() {
    let daemon = Daemon::start();
    let of_instance =
        "error: before is a snapshot of an instance\n  try: sloop snapshot restore before NAME\n";
    refused(
        &daemon,
        &[
            (&["create", "new"], 2, "--size <GB>"),
            (&["create", "new", "--size", "0"], 2, "0 is not in 1.."),
            (&["create", "new", "--size=-8"], 2, "-8 is not in 1.."),
            (&["create", "new", "--size", "large"], 2, "invalid value 'large' for '--size <GB>'"),
            (&["create", "new", "--size", "4"], 2, "error: a disk has 8 to 16384 GB\n  field: sizeInGb\n"),
            (&["create", "new", "--from", "before"], 2, of_instance),
            (&["create", "new", "--from", "ghost"], 3, "error: there is no snapshot ghost"),
            (&["create", "taken", "--size", "8"], 4, "error: Some names are already in use: taken"),
            (&["create", "taken", "--from", "nightly"], 4, "error: Some names are already in use: taken"),
        ],
    );
}

#[test]
fn the_list_has_every_page() {
    let daemon = Daemon::start();
    let (code, out, _) = disk(&daemon, &["ls"]);
    let expected = [
        "NAME SIZE STATE ATTACHED TO PATH DAILY SNAPSHOT AGE",
        "data 8 GB in-use web /dev/xvdf - -",
        "spare 8 GB available - - 06:00 -",
    ];
    assert_eq!((code, lines(&out)), (0, expected.map(str::to_owned).into()));
    assert_eq!(disk(&daemon, &["list", "-q"]).1, "data\nspare\n");
    let (_, out, _) = disk(&daemon, &["list", "-o", "json"]);
    let list: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&list["disks"][0]["attachedTo"], &list["disks"][1]["state"]),
        (&json!("web"), &json!("available"))
    );
    assert_eq!(list.get("nextPageToken"), None);
}

#[test]
fn one_disk_is_shown() {
    let daemon = Daemon::start();
    let (code, out, _) = disk(&daemon, &["show", "data"]);
    let expected = [
        "Name: data",
        "Size: 8 GB",
        "State: in-use",
        "Attached to: web",
        "Path: /dev/xvdf",
        "Tags: role=db",
        "Age: -",
    ];
    assert_eq!((code, lines(&out)), (0, expected.map(str::to_owned).into()));
    let (code, out, err) = disk(&daemon, &["show", "ghost"]);
    let told = "error: The Disk does not exist: ghost\n  try: sloop disk list\n";
    assert_eq!((code, &*out, &*err), (3, "", told));
}

#[test]
fn a_disk_goes_to_the_first_path_that_is_free() {
    let daemon = Daemon::start();
    let (code, out, err) = disk(&daemon, &["attach", "spare", "web"]);
    assert_eq!((code, &*out, &*err), (0, "spare is attached to web as /dev/xvdf\n", ""));
    let expected = json!({ "diskName": "spare", "instanceName": "stacked", "diskPath": "/dev/xvdh" });
    assert_eq!(asked(&daemon, &["attach", "spare", "stacked"]), expected);
    let expected = json!({ "diskName": "spare", "instanceName": "stacked", "diskPath": "/dev/xvdb" });
    assert_eq!(asked(&daemon, &["attach", "spare", "stacked", "--path", "/dev/xvdb"]), expected);
    let (_, out, _) = disk(&daemon, &["attach", "late", "web", "--no-wait"]);
    let told = "late is being attached to web as /dev/xvdf\n  follow: sloop operation watch op-late\n";
    assert_eq!(out, told);
    refused(
        &daemon,
        &[
            (&["attach", "spare"], 2, "<INSTANCE>"),
            (&["attach", "ghost", "web"], 3, "error: The Disk does not exist: ghost"),
            (&["attach", "spare", "ghost"], 3, "error: The Instance does not exist: ghost"),
            (&["attach", "broken", "web"], 5, "error: broken: CreateInstance failed: DiskFull"),
        ],
    );
}

#[test]
fn an_instance_shows_its_disks_and_its_plan_alone() {
    let daemon = Daemon::start();
    let (code, out, _) = run(&mut sloop(&daemon.socket()), &["instance", "show", "stacked"]);
    assert_eq!(code, 0);
    let shown = lines(&out);
    for told in [
        "Disks: data (/dev/xvdf, 8 GB), logs (/dev/xvdg, 32 GB)",
        "Bundle: nano_3_0 (2 CPUs, 0.5 GB memory, 20 GB disk)",
    ] {
        assert!(shown.iter().any(|line| line == told), "{told} in {out}");
    }
    let (_, out, _) = run(&mut sloop(&daemon.socket()), &["instance", "show", "web"]);
    assert!(!out.contains("Disks:"), "{out}");
}

#[test]
fn a_detached_disk_is_told_of() {
    let daemon = Daemon::start();
    let (code, out, err) = disk(&daemon, &["detach", "spare"]);
    assert_eq!((code, &*out, &*err), (0, "spare: detached\n", ""));
    assert_eq!(asked(&daemon, &["detach", "spare"]), json!({ "diskName": "spare" }));
    let (_, out, _) = disk(&daemon, &["detach", "late", "--no-wait"]);
    assert_eq!(out, "late is being detached\n  follow: sloop operation watch op-late\n");
    refused(
        &daemon,
        &[
            (&["detach", "ghost"], 3, "error: The Disk does not exist: ghost"),
            (&["detach", "data"], 4, "error: web is running"),
        ],
    );
}

#[test]
fn a_disk_only_grows() {
    let daemon = Daemon::start();
    let (code, out, err) = disk(&daemon, &["grow", "data", "--size", "64"]);
    assert_eq!((code, &*out, &*err), (0, "data has 64 GB\n", ""));
    let expected = json!({ "diskName": "data", "sizeInGb": 64 });
    assert_eq!(asked(&daemon, &["grow", "data", "--size", "64"]), expected);
    let (_, out, _) = disk(&daemon, &["grow", "late", "--size", "64", "--no-wait"]);
    assert_eq!(out, "late is growing to 64 GB\n  follow: sloop operation watch op-late\n");
    refused(
        &daemon,
        &[
            (&["grow", "data"], 2, "--size <GB>"),
            (&["grow", "data", "--size", "0"], 2, "0 is not in 1.."),
            (&["grow", "data", "--size", "8"], 2, "error: a disk only grows, and this one has 8 GB"),
            (&["grow", "ghost", "--size", "64"], 3, "error: The Disk does not exist: ghost"),
        ],
    );
}

#[test]
fn deleting_asks_and_goes_on_after_a_failure() {
    let daemon = Daemon::start();
    refused(&daemon, &[(&["delete", "spare"], 2, "deleting asks first")]);
    let (code, out, err) = disk(&daemon, &["rm", "ghost", "data", "spare", "--yes"]);
    assert_eq!((code, &*out), (4, "spare: deleted\n"));
    assert!(
        err.contains("The Disk does not exist: ghost") && err.contains("data is attached to web"),
        "{err}"
    );
    let expected = json!({ "diskName": "spare", "forceDeleteAddOns": true });
    assert_eq!(asked(&daemon, &["delete", "spare", "--yes"]), expected);
    let (code, out, _) = disk(&daemon, &["delete", "late", "--yes", "--no-wait"]);
    assert_eq!((code, &*out), (0, "late: being deleted\n"));
}
