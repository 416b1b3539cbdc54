//! Static addresses: allocated, moved, listed and released.

use std::io::Write as _;

use serde_json::{Value as Json, json};

use crate::fake::Daemon;
use crate::terminal::{at_terminal, expect};
use crate::{run, sloop};

/// `sloop static-ip …` against a daemon.
fn static_ip(daemon: &Daemon, args: &[&str]) -> (i32, String, String) {
    run(sloop(&daemon.socket()).arg("static-ip"), args)
}

#[test]
fn an_allocated_address_is_told_with_what_comes_next() {
    let daemon = Daemon::start();
    let (code, out, _) = static_ip(&daemon, &["allocate", "shop"]);
    let told = "shop has 172.27.0.12\n  attach: sloop static-ip attach shop INSTANCE\n";
    assert_eq!((code, &*out), (0, told));
    // The work is done; only its address cannot be read.
    let (code, out, _) = static_ip(&daemon, &["allocate", "ghost"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("ghost has an address yet unknown\n"), "{out}");
}

#[test]
fn an_attached_address_is_told_with_its_instance() {
    let daemon = Daemon::start();
    let (code, out, err) = static_ip(&daemon, &["attach", "site", "web"]);
    assert_eq!((code, &*out), (0, "web has 172.27.0.12 (static address site)\n"), "{err}");
    let (code, out, err) = static_ip(&daemon, &["attach", "site", "broken"]);
    assert_eq!((code, &*out), (5, ""));
    assert!(err.contains("error: broken: CreateInstance failed: DiskFull"), "{err}");
    assert_eq!(static_ip(&daemon, &["attach", "ghost", "web"]).0, 3);
    assert_eq!(static_ip(&daemon, &["detach", "site"]).1, "site: detached\n");
}

#[test]
fn programs_get_the_operations() {
    let daemon = Daemon::start();
    let operations = |args: &[&str]| {
        let (code, out, err) = static_ip(&daemon, &[args, &["-o", "json"]].concat());
        assert_eq!((code, &*err), (0, ""), "{args:?}");
        serde_json::from_str::<Json>(&out).unwrap()["operations"].clone()
    };
    let asked = |operations: &Json| -> Json {
        serde_json::from_str(operations[0]["operationDetails"].as_str().unwrap()).unwrap()
    };
    let attached = operations(&["attach", "site", "web"]);
    assert_eq!(asked(&attached), json!({ "staticIpName": "site", "instanceName": "web" }));
    assert_eq!(attached[1]["status"], "Succeeded");
    let cases: [&[&str]; 3] = [&["allocate", "site"], &["detach", "site"], &["release", "site", "--yes"]];
    for args in cases {
        assert_eq!(asked(&operations(args)), json!({ "staticIpName": "site" }), "{args:?}");
    }
    assert_eq!(operations(&["release", "site", "spare", "--yes"])[1]["resourceName"], "spare");
}

#[test]
fn the_list_has_every_page() {
    let daemon = Daemon::start();
    let (code, out, _) = run(&mut sloop(&daemon.socket()), &["ip", "ls"]);
    let lines: Vec<_> =
        out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(code, 0);
    assert_eq!(lines, ["NAME ADDRESS ATTACHED TO AGE", "site 172.27.0.12 web -", "spare 172.27.0.12 - -"]);
    assert_eq!(static_ip(&daemon, &["list", "-q"]).1, "site\nspare\n");
    let (_, out, _) = static_ip(&daemon, &["list", "-o", "json"]);
    let list: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(list["staticIps"][0]["attachedTo"], "web");
    assert_eq!(list.get("nextPageToken"), None);
}

#[test]
fn one_address_is_shown() {
    let daemon = Daemon::start();
    let (code, out, _) = static_ip(&daemon, &["show", "site"]);
    let told = "Name:        site\nAddress:     172.27.0.12\nAttached to: web\nAge:         -\n";
    assert_eq!((code, &*out), (0, told));
    assert_eq!(static_ip(&daemon, &["show", "ghost"]).0, 3);
}

#[test]
fn releasing_asks_and_goes_on_after_a_failure() {
    let daemon = Daemon::start();
    let (code, out, err) = static_ip(&daemon, &["release", "site"]);
    assert_eq!((code, &*out), (2, ""));
    assert!(err.contains("releasing asks first") && err.contains("try: the same with --yes"), "{err}");
    let (code, out, err) = static_ip(&daemon, &["release", "ghost", "site", "spare", "--yes"]);
    assert_eq!((code, &*out), (3, "site: released\nspare: released\n"), "{err}");
    assert_eq!(err, "error: there is no static address ghost\n");
}

#[test]
fn a_no_releases_nothing() {
    let daemon = Daemon::start();
    let (mut child, mut terminal) = at_terminal(&daemon, &["static-ip", "release", "site", "spare"]);
    expect(&mut terminal, "Release site, spare? [y/N] ");
    terminal.write_all(b"n\n").unwrap();
    expect(&mut terminal, "nothing was released");
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn the_shell_completes_static_addresses_and_instances() {
    let daemon = Daemon::start();
    let complete = |words: &[&str]| {
        let mut shell = sloop(&daemon.socket());
        let index = words.len().to_string();
        shell.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", index).env("_CLAP_IFS", "\n");
        run(&mut shell, &[&["--", "sloop"], words].concat()).1
    };
    assert_eq!(complete(&["static-ip", "show", "s"]), "site\nspare");
    assert_eq!(complete(&["ip", "attach", "site", "w"]), "web");
    assert_eq!(complete(&["firewall", "open", "w"]), "web");
}
