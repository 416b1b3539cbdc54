//! What was done, by whom, and how it ended.

use serde_json::Value as Json;

use crate::fake::Daemon;
use crate::{run, sloop};

fn history(daemon: &Daemon, args: &[&str]) -> (i32, String, String) {
    run(sloop(&daemon.socket()).env("TZ", "EST5").arg("history"), args)
}

#[test]
fn it_is_told_in_local_time_with_the_reason_of_what_failed() {
    let daemon = Daemon::start();
    let (code, out, err) = history(&daemon, &[]);
    let lines: Vec<String> =
        out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!((code, &*err), (0, ""));
    assert_eq!(
        lines,
        [
            "WHEN WHO DOOR WHAT CHANGE RESULT TOOK",
            "2026-11-23 05:15:00 ann grpc ResizeInstance web nano_3_0 -> small_3_0 Failed 1.2s",
            "| DiskFull: no space left",
            "2026-11-23 05:15:00 ann grpc GrowDisk data 8 GB -> 16 GB Succeeded 1.2s",
        ]
    );
}

#[test]
fn a_program_gets_the_same_facts() {
    let daemon = Daemon::start();
    let (code, out, _) = history(&daemon, &["-o", "json"]);
    let told: Json = serde_json::from_str(&out).unwrap();
    let entry = &told["entries"][0];
    assert_eq!((code, &entry["caller"], &entry["door"]), (0, &"ann".into(), &"grpc".into()));
    assert_eq!((&entry["change"], &entry["took"]), (&"nano_3_0 -> small_3_0".into(), &"1.260s".into()));
    assert_eq!(entry["operation"]["operationType"], "ResizeInstance");
    assert_eq!(told.get("nextPageToken"), None);
    assert_eq!(history(&daemon, &["-q"]).1, "op-web\nop-data\n");
}

#[test]
fn the_latest_suit_a_screen_and_more_is_there_for_the_asking() {
    let daemon = Daemon::start();
    let count = |args: &[&str]| {
        let (code, out, err) = history(&daemon, &[&["busy", "-q"], args].concat());
        assert_eq!((code, &*err), (0, ""), "{args:?}");
        out.lines().count()
    };
    assert_eq!(count(&[]), 100);
    assert_eq!(count(&["--limit", "3"]), 3);
    assert_eq!(count(&["--limit", "250"]), 250);
    assert_eq!(count(&["--limit", "1000"]), 300);
    assert_eq!(count(&["--since", "7d"]), 300);
    let (_, out, err) = history(&daemon, &["busy"]);
    assert_eq!(out.lines().count(), 101);
    assert!(err.contains("there is more"), "{err}");
}

#[test]
fn what_is_wrong_is_said() {
    let daemon = Daemon::start();
    let (code, out, err) = history(&daemon, &["ghost"]);
    assert_eq!((code, &*out), (3, ""));
    assert!(err.contains("The Resource does not exist: ghost"), "{err}");
    for args in [["--since", "soon"], ["--since", "-3d"], ["--limit", "0"]] {
        assert_eq!(history(&daemon, &args).0, 2, "{args:?}");
    }
    assert_eq!(history(&daemon, &["--since", "2100-01-01"]).1.lines().count(), 1, "nothing yet");
}
