use prost_types::Timestamp;
use sloop_proto::v1::{InstanceMetrics, LatestMetric};

use super::*;

const NOW: i64 = 1_795_521_642;

fn metrics(values: &[(&str, f64)]) -> Vec<LatestMetric> {
    let measured_at = Some(Timestamp { seconds: NOW - 4, nanos: 0 });
    let metric = |(name, value): &(&str, f64)| LatestMetric {
        metric_name: (*name).to_owned(),
        value: *value,
        unit: 0,
        measured_at,
    };
    values.iter().map(metric).collect()
}

fn instance(name: &str, state: &str, values: &[(&str, f64)]) -> InstanceMetrics {
    InstanceMetrics {
        instance_name: name.to_owned(),
        state: state.to_owned(),
        cpu_count: 2,
        ram_bytes: 512 << 20,
        metrics: metrics(values),
    }
}

fn latest() -> GetLatestMetricsResult {
    GetLatestMetricsResult {
        instances: vec![
            instance(
                "app",
                "running",
                &[("CPUUtilization", 2.0), ("NetworkOut", 5e6), ("DiskReadBytes", 1.0)],
            ),
            instance("db", "stopped", &[]),
            instance(
                "web",
                "running",
                &[
                    ("CPUUtilization", 93.75),
                    ("MemoryResident", 209_715_200.0),
                    ("NetworkIn", 15_360.0),
                    ("NetworkOut", 0.0),
                    ("DiskReadBytes", 0.0),
                    ("DiskWriteBytes", 20_971_520.0),
                    ("StatusCheckFailed", 1.0),
                    ("StatusCheckFailed_System", 0.0),
                    ("StatusCheckFailed_Instance", 1.0),
                    ("BurstCapacityPercentage", 41.7),
                ],
            ),
        ],
        host: metrics(&[
            ("HostCPUUtilization", 12.0),
            ("HostMemoryUsed", 10_737_418_240.0),
            ("HostDiskFree", 128_849_018_880.0),
            ("HostLoad", 1.254),
        ]),
    }
}

fn names(sort: Sort) -> Vec<String> {
    let lines = lines(&latest(), sort, NOW);
    lines[3..].iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn a_row_says_what_an_instance_does() {
    let lines = lines(&latest(), Sort::Cpu, NOW);
    let told = "host: CPU 12 %, load 1.25, memory 10 GiB used, disk 120 GiB free; 2 of 3 running";
    assert_eq!((&*lines[0], &*lines[1]), (told, ""));
    let columns = |line: &str| {
        line.split("   ").map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join("|")
    };
    assert_eq!(columns(&lines[2]), HEADERS.join("|"));
    let web = "web|running|93.8|200 MiB of 512 MiB|1.5 KiB|0 B|0 B|2 MiB|instance failed|42 %";
    assert_eq!(columns(&lines[3]), web);
    assert_eq!(columns(&lines[4]), "app|running|2.0|-|-|488 KiB|0.1 B|-|-|-");
    assert_eq!(columns(&lines[5]), "db|stopped|-|-|-|-|-|-|-|-");
}

#[test]
fn who_does_most_stands_above() {
    assert_eq!(names(Sort::Cpu), ["web", "app", "db"]);
    assert_eq!(names(Sort::Memory), ["web", "app", "db"]);
    assert_eq!(names(Sort::Network), ["app", "web", "db"]);
    assert_eq!(names(Sort::Disk), ["web", "app", "db"]);
    assert_eq!(names(Sort::Name), ["app", "db", "web"]);
}

#[test]
fn each_check_is_told_by_itself() {
    let checks = |system: Option<f64>, guest: Option<f64>| {
        let values: Vec<(&str, f64)> =
            [("StatusCheckFailed_System", system), ("StatusCheckFailed_Instance", guest)]
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect();
        Row(&instance("web", "running", &values)).cells()[8].clone()
    };
    assert_eq!(checks(Some(0.0), Some(0.0)), "passed");
    assert_eq!(checks(Some(1.0), Some(0.0)), "system failed");
    assert_eq!(checks(Some(1.0), Some(1.0)), "both failed");
    assert_eq!(checks(None, Some(1.0)), "instance failed");
    assert_eq!(checks(None, Some(0.0)), "passed");
    assert_eq!(checks(None, None), "-");
}

#[test]
fn what_was_not_measured_just_now_says_so() {
    let line = |later| lines(&latest(), Sort::Cpu, NOW + later).remove(0);
    assert!(!line(20).contains("measured"));
    assert!(line(300).ends_with("; measured 5m ago"), "{}", line(300));
    assert!(!line(-3600).contains("measured"), "a clock that went back");
    let nothing = lines(&GetLatestMetricsResult::default(), Sort::Name, NOW);
    assert_eq!(nothing[0], "host: CPU -, load -, memory - used, disk - free; 0 of 0 running");
}

#[test]
fn what_a_terminal_obeys_is_escaped_and_odd_values_are_unknown() {
    let odd = instance("w\u{1b}[2J", "running", &[("CPUUtilization", f64::NAN), ("NetworkIn", -5.0)]);
    let latest = GetLatestMetricsResult { instances: vec![odd], host: Vec::new() };
    let lines = lines(&latest, Sort::Cpu, NOW);
    assert!(lines[3].starts_with("w\\u{1b}[2J") && !lines[3].contains("NaN"), "{lines:?}");
}
