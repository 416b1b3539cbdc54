//! Questions and their answers.

use serde_json::{Value as Json, json};

use crate::fake::Daemon;
use crate::{run, sloop};

#[test]
fn a_list_is_a_table_of_all_pages() {
    let daemon = Daemon::start();
    let (code, out, _) = run(&mut sloop(&daemon.socket()), &["ls"]);
    let lines: Vec<Vec<_>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(code, 0);
    assert_eq!(lines[0].join(" "), "NAME STATE BLUEPRINT BUNDLE PUBLIC IP PRIVATE IP AGE");
    assert_eq!(lines[1], ["web", "running", "debian_12", "nano_3_0", "192.0.2.7", "-", "-"]);
    assert_eq!(lines[2][0], "db");
}

#[test]
fn names_alone_suit_a_shell() {
    let daemon = Daemon::start();
    assert_eq!(run(&mut sloop(&daemon.socket()), &["instance", "list", "-q"]).1, "web\ndb\n");
}

#[test]
fn json_has_lightsails_members_and_no_pages() {
    let daemon = Daemon::start();
    let (_, out, _) = run(&mut sloop(&daemon.socket()), &["ls", "-o", "json"]);
    let list: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(list["instances"][1]["publicIpAddress"], "192.0.2.7");
    assert_eq!(list.get("nextPageToken"), None);
}

#[test]
fn what_is_not_there_exits_with_three_and_a_remedy() {
    let daemon = Daemon::start();
    let (code, out, err) = run(&mut sloop(&daemon.socket()), &["instance", "show", "ghost"]);
    let expected = "error: The Instance does not exist: ghost\n  try: sloop instance list\n";
    assert_eq!((code, &*out, &*err), (3, "", expected));
}

#[test]
fn failures_are_json_for_programs() {
    let daemon = Daemon::start();
    let (code, _, err) = run(&mut sloop(&daemon.socket()), &["instance", "show", "ghost", "-o", "json"]);
    let error: Json = serde_json::from_str(&err).unwrap();
    let expected = json!({
        "type": "NotFoundException", "code": "DoesNotExist", "field": null,
        "message": "The Instance does not exist: ghost", "tip": "sloop instance list",
    });
    assert_eq!((code, &error["error"]), (3, &expected));
}

#[test]
fn without_a_daemon_the_exit_code_is_seven() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("none");
    let (code, _, err) = run(&mut sloop(&socket), &["ls"]);
    assert_eq!(code, 7);
    assert!(
        err.starts_with(&format!("error: sloopd isn't running at {}\n  try: ", socket.display())),
        "{err}"
    );
}

#[test]
fn a_socket_that_nobody_listens_on_is_no_daemon() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("left");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert_eq!(run(&mut sloop(&socket), &["ls"]).0, 7);
}

#[test]
fn the_doctor_exits_with_one_when_something_is_broken() {
    let daemon = Daemon::start();
    let (code, out, _) = run(sloop(&daemon.socket()).env("LANG", "en_US.UTF-8"), &["doctor"]);
    assert_eq!((code, &*out), (1, "✓ disk: seen\n✗ kvm: seen\n    try: load the module\n"));
    let (_, out, _) = run(sloop(&daemon.socket()).env("LC_ALL", "C"), &["doctor"]);
    assert!(out.is_ascii(), "{out}");
}

#[test]
fn version_names_both_sides() {
    let daemon = Daemon::start();
    let (code, out, _) = run(&mut sloop(&daemon.socket()), &["version"]);
    assert_eq!((code, &*out), (0, concat!("sloop   ", env!("CARGO_PKG_VERSION"), "\nsloopd  9.9.9\n")));
}

#[test]
fn the_shell_completes_names_that_the_daemon_knows() {
    let daemon = Daemon::start();
    assert!(run(&mut sloop(&daemon.socket()), &["completion", "bash"]).1.contains("complete -"));
    let mut shell = sloop(&daemon.socket());
    shell.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "2").env("_CLAP_IFS", "\n");
    assert_eq!(run(&mut shell, &["--", "sloop", "ssh", "w"]).1, "web");
}

#[test]
fn every_command_has_its_manual_page() {
    let daemon = Daemon::start();
    let dir = daemon.dir().join("man");
    assert_eq!(run(&mut sloop(&daemon.socket()), &["man", dir.to_str().unwrap()]).0, 0);
    let main = std::fs::read_to_string(dir.join("sloop.1")).unwrap();
    assert!(main.contains("Exit codes"), "{main}");
    assert!(dir.join("sloop-instance-create.1").exists());
}
