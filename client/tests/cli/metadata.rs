//! Metadata options: shown and changed.

use serde_json::{Value as Json, json};

use crate::fake::Daemon;
use crate::{run, sloop};

/// `sloop instance metadata-options …` against a daemon.
fn options(daemon: &Daemon, args: &[&str]) -> (i32, String, String) {
    run(sloop(&daemon.socket()).args(["instance", "metadata-options"]), args)
}

#[test]
fn without_an_option_they_are_shown() {
    let daemon = Daemon::start();
    let (code, out, _) = options(&daemon, &["strict"]);
    let told =
        "Tokens:    required\nEndpoint:  enabled\nHop limit: 2\nIPv6:      disabled\nState:     applied\n";
    assert_eq!((code, &*out), (0, told));
    let (_, out, _) = options(&daemon, &["strict", "-o", "json"]);
    let expected = json!({
        "state": "applied", "httpTokens": "required", "httpEndpoint": "enabled",
        "httpPutResponseHopLimit": 2, "httpProtocolIpv6": "disabled",
    });
    assert_eq!(serde_json::from_str::<Json>(&out).unwrap(), expected);
    assert_eq!(options(&daemon, &["ghost"]).0, 3);
}

#[test]
fn an_instance_shows_those_that_are_not_as_usual() {
    let daemon = Daemon::start();
    let metadata = |name: &str| {
        let (_, out, _) = run(&mut sloop(&daemon.socket()), &["instance", "show", name]);
        out.lines().find_map(|line| line.strip_prefix("Metadata:")).map(|told| told.trim().to_owned())
    };
    assert_eq!(metadata("strict").as_deref(), Some("tokens required, hop limit 2"));
    assert_eq!(metadata("web"), None);
}

#[test]
fn only_what_is_given_is_sent() {
    let daemon = Daemon::start();
    let asked = |args: &[&str]| -> Json {
        let (code, out, err) = options(&daemon, &[args, &["-o", "json"]].concat());
        assert_eq!((code, &*err), (0, ""), "{args:?}");
        let result: Json = serde_json::from_str(&out).unwrap();
        serde_json::from_str(result["operation"]["operationDetails"].as_str().unwrap()).unwrap()
    };
    let expected = json!({ "instanceName": "web", "httpTokens": "required" });
    assert_eq!(asked(&["web", "--tokens", "required"]), expected);
    let expected = json!({
        "instanceName": "web", "httpTokens": "optional", "httpEndpoint": "disabled",
        "httpPutResponseHopLimit": 64, "httpProtocolIpv6": "enabled",
    });
    let all = ["--tokens", "optional", "--endpoint", "disabled", "--hop-limit", "64", "--ipv6", "enabled"];
    assert_eq!(asked(&[&["web"], &all[..]].concat()), expected);
    let (code, out, _) = options(&daemon, &["web", "--endpoint", "enabled", "--ipv6", "disabled"]);
    assert_eq!((code, &*out), (0, "web: endpoint enabled, IPv6 disabled\n"));
}

#[test]
fn what_is_no_option_is_wrong_usage() {
    let daemon = Daemon::start();
    for args in [["--tokens", "never"], ["--endpoint", "on"], ["--hop-limit", "0"], ["--hop-limit", "65"]] {
        assert_eq!(options(&daemon, &[&["web"], &args[..]].concat()).0, 2, "{args:?}");
    }
}
