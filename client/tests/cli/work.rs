//! Work that is asked for, and followed to its end.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::fake::Daemon;
use crate::{run, sloop};

#[test]
fn launch_tells_the_stages_and_what_comes_next() {
    let daemon = Daemon::start();
    let (code, out, err) = run(&mut sloop(&daemon.socket()), &["launch", "web"]);
    assert_eq!((code, &*out), (0, "web is at 192.0.2.7\n  log in: sloop ssh web\n"));
    for told in [
        "using --blueprint debian_12, the default",
        "web: making the disk",
        "web: booting",
        "web: SSH answers",
    ] {
        assert!(err.lines().any(|line| line == told), "{told} in {err}");
    }
}

#[test]
fn software_virtualisation_is_mentioned_once() {
    let daemon = Daemon::start();
    let note = "note: KVM isn't used here (no /dev/kvm)";
    assert!(run(&mut sloop(&daemon.socket()), &["launch", "web"]).2.contains(note));
    assert!(!run(&mut sloop(&daemon.socket()), &["launch", "web"]).2.contains(note));
}

#[test]
fn a_launch_for_a_program_is_the_result_and_nothing_else() {
    let daemon = Daemon::start();
    let (code, out, err) = run(&mut sloop(&daemon.socket()), &["launch", "web", "-o", "json"]);
    let result: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &*err), (0, ""));
    assert_eq!(result["operations"][0]["status"], "Succeeded");
}

#[test]
fn a_failed_operation_shows_its_reason_and_the_console() {
    let daemon = Daemon::start();
    let (code, out, err) = run(&mut sloop(&daemon.socket()), &["launch", "broken"]);
    assert_eq!((code, &*out), (5, ""));
    let expected =
        "error: broken: CreateInstance failed: DiskFull: no space left\n  | BIOS\n  | Loading kernel\n";
    assert!(err.ends_with(expected), "{err}");
}

#[test]
fn a_slow_boot_is_late_and_not_failed() {
    let daemon = Daemon::start();
    let (code, _, err) = run(&mut sloop(&daemon.socket()), &["launch", "slow", "--timeout", "1s"]);
    assert_eq!(code, 6);
    assert!(
        err.contains("error: slow: still booting; running, not on the network yet, first boot not over"),
        "{err}"
    );
    assert!(err.contains("  | Loading kernel\n"), "{err}");
}

#[test]
fn the_time_that_an_image_takes_is_not_counted() {
    let daemon = Daemon::start();
    let (code, _, err) = run(&mut sloop(&daemon.socket()), &["launch", "fetched", "--timeout", "1s"]);
    assert_eq!(code, 0, "{err}");
    let stages = "fetched: image: downloading\nfetched: making the disk\nfetched: booting\n";
    assert!(err.contains(stages), "{err}");
}

#[test]
fn user_data_that_failed_warns_unless_it_was_waited_for() {
    let daemon = Daemon::start();
    let (code, _, err) = run(&mut sloop(&daemon.socket()), &["launch", "faulty"]);
    assert_eq!(code, 0);
    assert!(
        err.contains("warning: faulty: the first boot ended with faults: user data exited with 1"),
        "{err}"
    );
    let (code, _, err) = run(&mut sloop(&daemon.socket()), &["launch", "faulty", "--wait-for", "first-boot"]);
    assert_eq!(code, 5);
    assert!(
        err.contains("error: faulty: the first boot ended with faults: user data exited with 1"),
        "{err}"
    );
}

#[test]
fn several_names_are_all_tried_and_the_worst_code_counts() {
    let daemon = Daemon::start();
    let (code, out, err) = run(&mut sloop(&daemon.socket()), &["stop", "ghost", "web", "broken", "--wait"]);
    assert_eq!((code, &*out), (5, "web: stopped\n"));
    assert!(err.contains("does not exist: ghost") && err.contains("broken: CreateInstance failed"), "{err}");
}

#[test]
fn work_that_is_not_waited_for_is_only_begun() {
    let daemon = Daemon::start();
    assert_eq!(run(&mut sloop(&daemon.socket()), &["instance", "stop", "web"]).1, "web: stopping\n");
    assert_eq!(run(&mut sloop(&daemon.socket()), &["stop", "web", "--no-wait"]).1, "web: stopping\n");
    assert_eq!(
        run(&mut sloop(&daemon.socket()), &["stop", "web"]).1,
        "web: stopped\n",
        "the short form waits"
    );
    let (_, out, _) = run(&mut sloop(&daemon.socket()), &["launch", "web", "--no-wait"]);
    assert_eq!(out, "web is being made\n  follow: sloop operation watch op-web\n");
}

#[test]
fn user_data_must_be_text() {
    let daemon = Daemon::start();
    let file = daemon.dir().join("data");
    std::fs::write(&file, b"ok\xff").unwrap();
    let (code, _, err) =
        run(&mut sloop(&daemon.socket()), &["launch", "web", "--user-data", file.to_str().unwrap()]);
    assert_eq!(code, 2);
    assert!(err.contains("user data must be UTF-8 text, and byte 3 is not"), "{err}");
}

#[test]
fn deleting_needs_a_yes_where_nobody_can_be_asked() {
    let daemon = Daemon::start();
    let (code, _, err) = run(&mut sloop(&daemon.socket()), &["rm", "web"]);
    assert_eq!(code, 2);
    assert!(err.contains("try: the same with --yes"), "{err}");
    assert_eq!(run(&mut sloop(&daemon.socket()), &["rm", "web", "--yes"]).1, "web: deleted\n");
}

#[test]
fn waiting_outlives_a_restart_of_the_daemon() {
    let mut daemon = Daemon::start();
    let mut child = Command::new(env!("CARGO_BIN_EXE_sloop"))
        .args(["start", "slow", "--wait"])
        .env("SLOOP_SOCKET", daemon.socket())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut told = told.inspect(|line| assert!(!line.starts_with("error"), "{line}"));
    assert!(told.any(|line| line == "slow: booting"));
    daemon.restart();
    assert!(told.any(|line| line == "slow: waiting for sloopd to come back"));
    assert!(told.any(|line| line == "slow: SSH answers"));
    assert!(child.wait().unwrap().success());
}
