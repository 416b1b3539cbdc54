//! Alarms and contact methods: what is sent for them, and how they are shown.

use serde_json::{Value as Json, json};

use crate::fake::Daemon;
use crate::{run, sloop};

/// `sloop alarm …` or `sloop contact …` against a daemon.
fn noun(daemon: &Daemon, noun: &str, args: &[&str]) -> (i32, String, String) {
    run(sloop(&daemon.socket()).arg(noun), args)
}

/// What the daemon was asked.
fn asked(daemon: &Daemon, name: &str, args: &[&str]) -> Json {
    let (code, out, err) = noun(daemon, name, &[args, &["-o", "json"]].concat());
    assert_eq!(code, 0, "{args:?}: {err}");
    let result: Json = serde_json::from_str(&out).unwrap();
    serde_json::from_str(result["operations"][0]["operationDetails"].as_str().unwrap()).unwrap()
}

const BUSY: [&str; 6] = ["put", "busy", "--instance", "web", "--metric", "cpuutilization"];

#[test]
fn an_alarm_is_sent_in_lightsails_words() {
    let daemon = Daemon::start();
    let plain = asked(&daemon, "alarm", &[&BUSY[..], &["--above", "80"]].concat());
    assert_eq!(
        plain,
        json!({
            "alarmName": "busy", "metricName": "CPUUtilization", "monitoredResourceName": "web",
            "comparisonOperator": "GreaterThanThreshold", "threshold": 80.0, "evaluationPeriods": 1,
            "contactProtocols": [], "notificationTriggers": [], "notificationEnabled": true, "tags": [],
        })
    );
    let all = ["--at-most", "-1.5", "--periods", "3", "--datapoints", "2", "--missing", "not-breaching"];
    let told = ["--notify-by", "email,webhook", "--on", "alarm,OK", "--no-notify", "--tag", "role=web"];
    let full = asked(&daemon, "alarm", &[&BUSY[..], &all, &told].concat());
    assert_eq!(full["comparisonOperator"], "LessThanOrEqualToThreshold");
    assert_eq!((&full["threshold"], &full["evaluationPeriods"]), (&json!(-1.5), &json!(3)));
    assert_eq!((&full["datapointsToAlarm"], &full["treatMissingData"]), (&json!(2), &json!("notBreaching")));
    assert_eq!(full["contactProtocols"], json!(["Email", "Webhook"]));
    assert_eq!(full["notificationTriggers"], json!(["ALARM", "OK"]));
    assert_eq!((&full["notificationEnabled"], &full["tags"][0]["key"]), (&json!(false), &json!("role")));
    for (option, word) in [
        ("--above", "GreaterThanThreshold"),
        ("--at-least", "GreaterThanOrEqualToThreshold"),
        ("--below", "LessThanThreshold"),
    ] {
        let sent = asked(&daemon, "alarm", &[&BUSY[..], &[option, "1"]].concat());
        assert_eq!(sent["comparisonOperator"], word);
    }
}

#[test]
fn what_makes_no_alarm_is_refused() {
    let daemon = Daemon::start();
    let cases: [&[&str]; 7] = [
        &[],
        &["--above", "80", "--below", "20"],
        &["--above", "much"],
        &["--above", "80", "--periods", "0"],
        &["--above", "80", "--periods", "289"],
        &["--above", "80", "--missing", "perhaps"],
        &["--above", "80", "--notify-by", "pigeon"],
    ];
    for args in cases {
        assert_eq!(noun(&daemon, "alarm", &[&BUSY[..], args].concat()).0, 2, "{args:?}");
    }
    let (code, _, err) = noun(&daemon, "alarm", &[&BUSY[..], &["--above", "NaN"]].concat());
    assert!(code == 2 && err.contains("field: threshold"), "{err}");
    let host = ["put", "full", "--instance", "web", "--metric", "HostDiskFree", "--below", "1"];
    assert_eq!(noun(&daemon, "alarm", &host).0, 2);
}

#[test]
fn ways_that_lead_nowhere_are_pointed_out() {
    let daemon = Daemon::start();
    let told = ["--above", "80", "--notify-by", "email,webhook"];
    let (code, out, err) = noun(&daemon, "alarm", &[&BUSY[..], &told].concat());
    assert_eq!((code, &*out), (0, "busy: watches CPUUtilization of web\n"));
    assert!(err.contains("Email tells nobody until it is confirmed"), "{err}");
    assert!(err.contains("sloop contact set webhook ADDRESS"), "{err}");
    let (_, _, err) = noun(&daemon, "alarm", &[&BUSY[..], &told, &["--no-notify"]].concat());
    assert_eq!(err, "");
}

#[test]
fn the_list_has_every_page() {
    let daemon = Daemon::start();
    let (code, out, _) = noun(&daemon, "alarm", &["ls", "-q"]);
    assert_eq!((code, &*out), (0, "busy\nidle\n"));
    let (_, out, _) = noun(&daemon, "alarm", &["list"]);
    let line = out.lines().nth(1).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(line.starts_with("busy web CPUUtilization > 80 in 2 of 3 x 5m ALARM "), "{out}");
    assert_eq!(noun(&daemon, "alarm", &["ls", "-q", "--instance", "db"]).1, "");
}

#[test]
fn one_is_shown_with_what_it_told() {
    let daemon = Daemon::start();
    let (code, out, _) = noun(&daemon, "alarm", &["show", "busy"]);
    let line = |name: &str| out.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    assert_eq!(code, 0);
    assert_eq!(line("State:"), Some("ALARM since 2026-11-23 10:15:00Z"));
    assert_eq!(line("Told by:"), Some("Email, Webhook"));
    assert_eq!(line("Missing data:"), Some("missing"));
    let tail: Vec<String> =
        out.lines().rev().take(4).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        tail,
        [
            "| 503\\u{7} busy",
            "2026-11-23 10:15:00Z ALARM Webhook given-up 5",
            "2026-11-23 10:15:00Z ALARM (test) Email sent 1",
            "TOLD STATE BY RESULT TRIES",
        ]
    );
    let (_, out, _) = noun(&daemon, "alarm", &["show", "idle"]);
    assert!(out.contains("nothing: notifications are turned off"), "{out}");
    let (_, out, _) = noun(&daemon, "alarm", &["show", "busy", "-o", "json"]);
    let result: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(result["alarms"][0]["notices"][1]["status"], "given-up");
    assert_eq!(noun(&daemon, "alarm", &["show", "ghost"]).0, 3);
}

#[test]
fn alarms_are_tried_and_deleted() {
    let daemon = Daemon::start();
    let tried = asked(&daemon, "alarm", &["test", "busy", "--state", "insufficient_data"]);
    assert_eq!(tried, json!({ "alarmName": "busy", "state": "INSUFFICIENT_DATA" }));
    let (code, out, _) = noun(&daemon, "alarm", &["test", "busy", "--state", "OK"]);
    assert_eq!((code, &*out), (0, "busy says OK until it is evaluated again\n"));
    assert_eq!(noun(&daemon, "alarm", &["test", "busy"]).0, 2);
    let (code, out, err) = noun(&daemon, "alarm", &["rm", "ghost", "busy", "idle"]);
    assert_eq!((code, &*out), (3, "busy: deleted\nidle: deleted\n"), "{err}");
}

#[test]
fn contact_methods_are_set_confirmed_and_deleted() {
    let daemon = Daemon::start();
    let set = asked(&daemon, "contact", &["set", "webhook", "https://example.org/hook"]);
    assert_eq!(
        set,
        json!({ "protocol": "Webhook", "contactEndpoint": "https://example.org/hook", "tags": [] })
    );
    let (code, out, _) = noun(&daemon, "contact", &["set", "email", "ann@example.org"]);
    assert_eq!(
        (code, &*out),
        (0, "a code is on its way to ann@example.org\n  say it: sloop contact confirm CODE\n")
    );
    let (_, out, _) = noun(&daemon, "contact", &["ls"]);
    let line = out.lines().nth(1).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(line, "Email ann@example.org PendingVerification -");
    assert_eq!(asked(&daemon, "contact", &["verify"]), json!({ "protocol": "Email" }));
    assert_eq!(asked(&daemon, "contact", &["confirm", "K7QX-2MPA"]), json!({ "code": "K7QX-2MPA" }));
    let (code, _, err) = noun(&daemon, "contact", &["confirm", "nonsense"]);
    assert!(code == 2 && err.contains("field: code"), "{err}");
    assert_eq!(noun(&daemon, "contact", &["rm", "email"]).1, "Email: deleted\n");
    assert_eq!(noun(&daemon, "contact", &["rm", "webhook"]).0, 3);
    assert_eq!(noun(&daemon, "contact", &["set", "sms", "+15550100"]).0, 2);
}

#[test]
fn the_shell_completes_alarms_and_instances() {
    let daemon = Daemon::start();
    let complete = |words: &[&str]| {
        let mut shell = sloop(&daemon.socket());
        let index = words.len().to_string();
        shell.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", index).env("_CLAP_IFS", "\n");
        run(&mut shell, &[&["--", "sloop"], words].concat()).1
    };
    assert_eq!(complete(&["alarm", "show", "b"]), "busy");
    assert_eq!(complete(&["alarm", "ls", "--instance", "w"]), "web");
    assert_eq!(complete(&["alarm", "put", "new", "--metric", "CPU"]), "CPUUtilization");
}
