//! What the same use would have cost at Lightsail.

use serde_json::{Value as Json, json};

use crate::fake::Daemon;
use crate::{run, sloop};

/// `sloop cost …` against a daemon.
fn cost(daemon: &Daemon, args: &[&str]) -> (i32, String, String) {
    run(sloop(&daemon.socket()).arg("cost"), args)
}

/// The lines of a table, each with single spaces.
fn lines(out: &str) -> Vec<String> {
    out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn json(daemon: &Daemon, args: &[&str]) -> Json {
    let (code, out, err) = cost(daemon, &[args, &["-o", "json"]].concat());
    assert_eq!((code, &*err), (0, ""), "{args:?}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn all_that_there_is_is_added_up() {
    let daemon = Daemon::start();
    let (code, out, err) = cost(&daemon, &[]);
    assert_eq!((code, &*err), (0, ""));
    let expected = [
        "RESOURCE TYPE USAGE COST",
        "web Instance 30.00 Hrs of USE1-BundleUsage:0.5GB $0.20",
        "web Instance 10.00 GB of USE1-DataXfer-Out-Overage-Bytes $0.90",
        "data Disk 8.00 GB-Mo of USE1-DiskUsage $0.80",
        "before InstanceSnapshot 0.01 GB-Mo of USE1-SnapshotUsage < $0.01",
        "site StaticIp - $0.00",
        "",
        "At Lightsail that would have been $1.90. Here you paid electricity.",
    ];
    assert_eq!(lines(&out), expected);
}

#[test]
fn one_resource_is_told_alone() {
    let daemon = Daemon::start();
    let (code, out, err) = cost(&daemon, &["data"]);
    assert_eq!((code, &*err), (0, ""));
    let expected = [
        "RESOURCE TYPE USAGE COST",
        "data Disk 8.00 GB-Mo of USE1-DiskUsage $0.80",
        "",
        "At Lightsail that would have been $0.80. Here you paid electricity.",
    ];
    assert_eq!(lines(&out), expected);
    let (code, out, err) = cost(&daemon, &["ghost"]);
    assert_eq!((code, &*out), (3, ""));
    assert!(err.starts_with("error: The Resource does not exist: ghost\n"), "{err}");
}

#[test]
fn programs_get_one_message_with_lightsails_members() {
    let daemon = Daemon::start();
    let told = json(&daemon, &[]);
    let all = told["resourcesBudgetEstimate"].as_array().unwrap();
    let names: Vec<_> = all.iter().map(|one| one["resourceName"].as_str().unwrap()).collect();
    assert_eq!(names, ["web", "data", "before", "site"]);
    let expected = json!({ "usageCost": 0.9, "pricingUnit": "GB", "unit": 10.0, "currency": "USD" });
    assert_eq!(all[0]["costEstimates"][1]["resultsByTime"][0], expected);
}

#[test]
fn a_month_is_asked_for_from_its_beginning_to_its_end() {
    let daemon = Daemon::start();
    let told = json(&daemon, &["web", "--month", "2026-11"]);
    let one = &told["resourcesBudgetEstimate"][0];
    for (member, day) in [("startTime", "2026-11-01T00:00:00"), ("endTime", "2026-12-01T00:00:00")] {
        assert!(one[member].as_str().unwrap().starts_with(day), "{one}");
    }
}

#[test]
fn what_is_no_stretch_of_time_is_refused() {
    let daemon = Daemon::start();
    for args in [["--last", "soon"], ["--last", "0d"], ["--month", "2026-13"], ["--month", "2026-11-01"]] {
        let (code, out, err) = cost(&daemon, &args);
        assert_eq!((code, &*out), (2, ""), "{args:?}: {err}");
        assert!(err.contains("write it like"), "{err}");
    }
    let (code, _, err) = cost(&daemon, &["--last", "7d", "--month", "2026-11"]);
    assert_eq!(code, 2);
    assert!(err.contains("cannot be used with"), "{err}");
}
