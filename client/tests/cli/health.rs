//! Whether instances are well, and what is done when they are not.

use serde_json::{Value as Json, json};

use crate::fake::Daemon;
use crate::{run, sloop};

/// `sloop instance …` against a daemon.
fn instance(daemon: &Daemon, args: &[&str]) -> (i32, String, String) {
    run(sloop(&daemon.socket()).arg("instance"), args)
}

#[test]
fn checks_are_shown_with_what_failed_and_since_when() {
    let daemon = Daemon::start();
    let told = "System:           passed since 2026-11-23 10:15:00Z\n\
                Instance:         failed since 2026-11-23 10:15:00Z: the guest answers no more\n\
                Policy:           always\n\
                Recovered lately: 2 times\n\
                Next recovery:    2026-11-23 10:16:00Z\n";
    for verb in ["health", "recovery"] {
        let (code, out, _) = instance(&daemon, &[verb, "strict"]);
        assert_eq!((code, &*out), (0, told), "{verb}");
        assert_eq!(instance(&daemon, &[verb, "ghost"]).0, 3);
    }
    let (_, out, _) = instance(&daemon, &["health", "strict", "-o", "json"]);
    let result: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((&result["instance"]["state"], &result["policy"]), (&json!("failed"), &json!("always")));
    assert_eq!(result["recentRecoveries"], 2);
}

#[test]
fn an_instance_shows_them_in_a_line() {
    let daemon = Daemon::start();
    let (_, out, _) = instance(&daemon, &["show", "strict"]);
    let line = |name: &str| out.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    assert_eq!(line("Checks:"), Some("system passed, instance failed: the guest answers no more"));
    assert_eq!(line("Recovery:"), Some("always"));
    // Where it cannot be had, the rest is shown.
    let (code, out, _) = instance(&daemon, &["show", "web"]);
    assert!(code == 0 && out.contains("web") && !out.contains("Checks"), "{out}");
}

#[test]
fn a_policy_is_sent_in_its_word() {
    let daemon = Daemon::start();
    let (code, out, _) = instance(&daemon, &["recovery", "web", "--policy", "never"]);
    assert_eq!((code, &*out), (0, "web: it is not started again\n"));
    let (_, out, _) = instance(&daemon, &["recovery", "web", "--policy", "last-state", "-o", "json"]);
    let result: Json = serde_json::from_str(&out).unwrap();
    let sent = result["operations"][0]["operationDetails"].as_str().unwrap();
    let expected = json!({ "instanceName": "web", "policy": "last-state" });
    assert_eq!(serde_json::from_str::<Json>(sent).unwrap(), expected);
    assert_eq!(instance(&daemon, &["recovery", "ghost", "--policy", "never"]).0, 3);
    assert_eq!(instance(&daemon, &["recovery", "web", "--policy", "sometimes"]).0, 2);
}
