use sloop_proto::json::{Time, render};

use super::*;
use crate::model::{Metric, ResourceName, Status as State};

const START: i64 = 1_795_500_000;

#[allow(clippy::unnecessary_wraps)] // As messages have it.
fn time(seconds: i64, nanos: i32) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp { seconds, nanos })
}

fn asked() -> wire::GetInstanceMetricDataRequest {
    wire::GetInstanceMetricDataRequest {
        instance_name: "web".into(),
        metric_name: wire::InstanceMetricName::DiskTotalReadTime.into(),
        period: 300,
        start_time: time(START, 250_000_000),
        end_time: time(START + 600, 0),
        unit: wire::MetricUnit::Seconds.into(),
        statistics: vec![wire::MetricStatistic::Sum.into(), wire::MetricStatistic::Average.into()],
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("an instant")
}

fn data(statistics: &[Statistic]) -> MetricData {
    let (_, question) = of_instance(asked()).expect("sound");
    let question = MetricQuestion { statistics: statistics.into(), ..question };
    let query = MetricQuery::of_instance(&question, at(START + 600)).expect("sound");
    let points =
        vec![Point { start: START, count: 30, sum: 45.0, min: 0.5, max: 3.0 }, Point::one(START + 300, 0.25)];
    MetricData { query, points }
}

#[test]
fn every_member_of_a_question_arrives() {
    let (name, question) = of_instance(asked()).expect("sound");
    let start = Timestamp::new(START, 250_000_000).expect("an instant");
    let stretch = MetricWindow { period: 300, start: Some(start), end: Some(at(START + 600)) };
    assert_eq!(name, "web");
    assert_eq!(
        question,
        MetricQuestion {
            metric: "DiskTotalReadTime".into(),
            unit: "Seconds".into(),
            statistics: vec![Statistic::Sum, Statistic::Average],
            stretch: stretch.clone(),
        }
    );
    let asked = wire::GetHostMetricDataRequest {
        metric_name: "HostLoad".into(),
        period: 300,
        start_time: time(START, 250_000_000),
        end_time: time(START + 600, 0),
    };
    assert_eq!(of_host(asked).expect("sound"), ("HostLoad".to_owned(), stretch));
}

#[test]
fn what_was_not_said_stays_unsaid() {
    let (name, question) = of_instance(wire::GetInstanceMetricDataRequest::default()).expect("for the rules");
    assert_eq!((name, question), (String::new(), MetricQuestion::default()));
}

#[test]
fn times_that_nobody_can_write_are_refused() {
    let hostile = [
        (i64::MAX, 0),
        (i64::MIN, 0),
        (i64::MIN, i32::MIN),
        (START, i32::MAX),
        (START, 1_000_000_000),
        (253_402_300_800, 0),
    ];
    for (seconds, nanos) in hostile {
        let wrong = wire::GetInstanceMetricDataRequest { end_time: time(seconds, nanos), ..asked() };
        let error = of_instance(wrong).expect_err("refused");
        assert_eq!((error.field, error.code), (Some("endTime"), "InvalidParameter"), "{seconds}.{nanos}");
    }
    let wrong = wire::GetHostMetricDataRequest { start_time: time(i64::MAX, 0), ..Default::default() };
    assert_eq!(of_host(wrong).expect_err("refused").field, Some("startTime"));
    let wrong = wire::GetInstanceMetricDataRequest { statistics: vec![1, 6], ..asked() };
    assert_eq!(of_instance(wrong).expect_err("refused").field, Some("statistics"));
}

#[test]
fn every_member_of_a_point_is_in_its_place() {
    let full = points(&data(&Statistic::ALL));
    let first = wire::MetricDatapoint {
        average: Some(1.5),
        maximum: Some(3.0),
        minimum: Some(0.5),
        sample_count: Some(30.0),
        sum: Some(45.0),
        timestamp: time(START, 0),
        unit: Some(wire::MetricUnit::Seconds.into()),
    };
    assert_eq!((full.len(), full[0]), (2, first));
    let some = points(&data(&[Statistic::Sum]));
    let bare = wire::MetricDatapoint {
        sum: Some(0.25),
        timestamp: time(START + 300, 0),
        unit: first.unit,
        ..wire::MetricDatapoint::default()
    };
    assert_eq!(some[1], bare);
    // Members that were not asked for are not even there.
    let shown = render("MetricDatapoint", &bare, Time::Epoch);
    let members: Vec<_> = shown.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(members, ["sum", "timestamp", "unit"]);
    assert_eq!(shown["unit"], "Seconds");
}

#[test]
fn every_member_of_what_was_measured_last_is_in_its_place() {
    let measured = Latest {
        at: at(START),
        values: vec![(Metric::CpuUtilization, 12.5), (Metric::MemoryResident, 1024.0)],
        ..Latest::default()
    };
    let one = LatestOfInstance {
        name: ResourceName::parse("instanceName", "web").expect("a name"),
        status: State::Running,
        cpu_count: 2,
        ram_bytes: 512 << 20,
        latest: Some(measured),
    };
    let value = |name: &str, value, unit: wire::MetricUnit| wire::LatestMetric {
        metric_name: name.to_owned(),
        value,
        unit: unit.into(),
        measured_at: time(START, 0),
    };
    let expected = wire::InstanceMetrics {
        instance_name: "web".into(),
        state: "running".into(),
        cpu_count: 2,
        ram_bytes: 512 << 20,
        metrics: vec![
            value("CPUUtilization", 12.5, wire::MetricUnit::Percent),
            value("MemoryResident", 1024.0, wire::MetricUnit::Bytes),
        ],
    };
    assert_eq!(instance(one.clone()), expected);
    let stopped = LatestOfInstance { status: State::Stopped, latest: None, ..one };
    let expected = wire::InstanceMetrics { state: "stopped".into(), metrics: Vec::new(), ..expected };
    assert_eq!(instance(stopped), expected);
}
