//! What is written.

use std::{collections::HashSet, time::Duration};

use proptest::prelude::*;
use sloopd::{
    api::http::metrics::exposition,
    engine::Latest,
    model::{Bytes, Metric, Owner, Status, Usage},
    verbs::{HostMetrics, InstanceMetrics, MetricsReport},
};

use crate::{
    grammar::{Sample, read},
    made_up,
};

fn samples(report: MetricsReport) -> Vec<Sample> {
    let text = exposition(report).expect("written");
    read(&text).unwrap_or_else(|why| panic!("{why}\n{text}"))
}

/// The names of what is told of an instance.
fn told<'a>(samples: &'a [Sample], name: &str) -> Vec<&'a str> {
    let of = samples.iter().filter(|sample| sample.label("name") == name);
    of.map(|sample| sample.name.as_str()).collect()
}

#[test]
fn all_that_there_is_as_text() {
    insta::assert_snapshot!("everything", exposition(made_up::report()).expect("written"));
}

#[test]
fn all_that_there_is_keeps_the_rules() {
    let samples = samples(made_up::report());
    for sample in &samples {
        let of_instance = sample.name.starts_with("sloop_instance_");
        assert_eq!(sample.labels.contains_key("id"), of_instance, "{sample:?}");
        assert_eq!(sample.labels.contains_key("name"), of_instance, "{sample:?}");
    }
    let counters = samples.iter().filter(|sample| sample.name.ends_with("_total")).count();
    assert_eq!(counters, 10, "nine of the instance that runs, one of the daemon");
}

#[test]
fn of_what_is_stopped_only_what_it_is_is_told() {
    let samples = samples(made_up::report());
    let names = told(&samples, "db");
    assert_eq!(
        names,
        ["sloop_instance_info", "sloop_instance_up", "sloop_instance_vcpus", "sloop_instance_memory_bytes"]
    );
    assert!(told(&samples, "web").len() > 15);
    for (name, up) in [("db", 0.0), ("web", 1.0)] {
        let found = samples.iter().find(|one| one.name == "sloop_instance_up" && one.label("name") == name);
        assert_eq!(found.map(|one| one.value), Some(up), "{name}");
    }
}

#[test]
fn what_could_not_be_read_is_left_out() {
    let mut report = made_up::report();
    report.instances[1].latest = Some(Latest {
        values: vec![(Metric::CpuUtilization, f64::NAN), (Metric::DiskQueueLength, f64::INFINITY)],
        usage: Usage { cpu: Some(Duration::from_secs(1)), ..Usage::default() },
        ..Latest::default()
    });
    let report = MetricsReport {
        host: HostMetrics { disk_bytes: None, latest: None, ..report.host },
        process: None,
        metrics_room: None,
        ..report
    };
    let samples = samples(report);
    let measured: Vec<&str> = told(&samples, "web").split_off(4);
    assert_eq!(measured, ["sloop_instance_cpu_seconds_total"]);
    let rest = samples.iter().filter(|sample| !sample.name.starts_with("sloop_instance_"));
    let rest: HashSet<&str> = rest.map(|sample| sample.name.as_str()).collect();
    let known =
        ["sloop_build_info", "sloop_host_cpus", "sloop_host_memory_bytes", "sloop_operations_unfinished"];
    assert_eq!(rest, HashSet::from(known));
}

#[test]
fn a_thousand_instances_are_told_apart() {
    let instances = (0..1000).map(|number| made_up::instance(number, &format!("fleet-{number}"))).collect();
    let samples = samples(MetricsReport { instances, ..made_up::report() });
    let up: HashSet<&str> =
        samples.iter().filter(|one| one.name == "sloop_instance_up").map(|one| one.label("id")).collect();
    assert_eq!(up.len(), 1000);
}

#[test]
fn without_instances_there_is_still_a_host() {
    let samples = samples(MetricsReport { instances: Vec::new(), ..made_up::report() });
    assert!(samples.iter().any(|sample| sample.name == "sloop_host_cpus"));
    assert!(samples.iter().all(|sample| !sample.labels.contains_key("name")));
}

fn status() -> impl Strategy<Value = Status> {
    prop::sample::select(Status::ALL.to_vec())
}

proptest! {
    #[test]
    fn whatever_the_owner_is_called_it_can_be_read_back(
        owner in any::<String>(),
        odd in "[\"\\\\\n\r{},= #]{0,12}",
        status in status(),
    ) {
        let owner = format!("{owner}{odd}");
        let one = InstanceMetrics { owner: Owner(owner.clone()), status, ..made_up::instance(1, "web") };
        let samples = samples(MetricsReport { instances: vec![one], ..made_up::report() });
        let info = samples.iter().find(|sample| sample.name == "sloop_instance_info").expect("it is told");
        prop_assert_eq!(info.label("owner"), owner.as_str());
        prop_assert_eq!(info.label("state"), status.word());
    }

    #[test]
    fn whatever_is_measured_the_text_is_sound(
        value in any::<f64>(),
        bytes in any::<u64>(),
        nanos in any::<u64>(),
    ) {
        let mut report = made_up::report();
        let latest = report.instances[1].latest.as_mut().expect("it runs");
        for (_, measured) in &mut latest.values {
            *measured = value;
        }
        latest.traffic = Some(Bytes { inward: bytes, outward: 2000 });
        latest.usage.cpu = Some(Duration::from_nanos(nanos));
        let samples = samples(report);
        let received = samples.iter().find(|one| one.name == "sloop_instance_network_receive_bytes_total");
        prop_assert!(received.is_some());
    }
}
