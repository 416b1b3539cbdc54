//! What was measured, on the simulated host: periods, seams, gaps, what is long ago, what is wrong, and whose it is.

mod common;

use std::sync::Arc;

use common::{Host, caller, create, policy};
use jiff::Timestamp;
use rstest::rstest;
use sloopd::{
    model::{
        Access, Caller, InstanceId, Kind, Metric, MetricQuestion, MetricWindow, Point, Sample, Statistic,
        Status, Subject, Tick,
    },
    ports::Clock,
    verbs::Policy,
};

const NOW: &str = "2026-11-24T12:00:00Z";

/// A clock that stands.
struct Standing;

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        instant(NOW)
    }
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn second(text: &str) -> i64 {
    instant(text).as_second()
}

/// A host on which `web` runs.
async fn stand() -> (Host, InstanceId) {
    let host = Host::by_clock(Arc::new(Standing));
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    let id = host.verbs.get_instance(&caller(), "web").await.expect("there").id;
    (host, id)
}

/// Values that were measured one after the other, so many seconds apart.
async fn record(
    host: &Host,
    of: impl Into<Subject>,
    metric: Metric,
    (from, step): (&str, i64),
    values: &[f64],
) {
    let subject: Subject = of.into();
    let mut at = second(from);
    for value in values {
        let sample = Sample { subject, metric, value: *value };
        host.ports.metrics.record(Tick(at / 10), vec![sample]).await.expect("kept");
        at += step;
    }
}

fn stretch(period: i32, start: &str, end: &str) -> MetricWindow {
    MetricWindow { period, start: Some(instant(start)), end: Some(instant(end)) }
}

fn asked(metric: Metric, stretch: MetricWindow) -> MetricQuestion {
    MetricQuestion {
        metric: metric.word().into(),
        unit: metric.unit().word().into(),
        statistics: Statistic::ALL.into(),
        stretch,
    }
}

/// The points of `web`.
async fn points(host: &Host, metric: Metric, stretch: MetricWindow) -> Vec<Point> {
    let asked = asked(metric, stretch);
    host.verbs.get_instance_metric_data(&caller(), "web", &asked).await.expect("in order").points
}

/// When points begin and what they sum up to.
fn sums(points: &[Point]) -> Vec<(String, f64)> {
    let start = |point: &Point| Timestamp::from_second(point.start).expect("an instant").to_string();
    points.iter().map(|point| (start(point), point.sum)).collect()
}

fn sum(start: &str, sum: f64) -> (String, f64) {
    (start.to_owned(), sum)
}

#[tokio::test]
async fn samples_are_put_together_by_period() {
    let (host, web) = stand().await;
    let values = [10.0, 20.0, 30.0, 0.0, 5.0, 25.0, 100.0];
    record(&host, web, Metric::CpuUtilization, ("2026-11-24T11:59:00Z", 10), &values[..6]).await;
    record(&host, web, Metric::CpuUtilization, ("2026-11-24T11:58:50Z", 10), &values[6..]).await;
    let metric = Metric::CpuUtilization;
    let asked = asked(metric, stretch(60, "2026-11-24T11:58:59.9Z", NOW));
    let data = host.verbs.get_instance_metric_data(&caller(), "web", &asked).await.expect("in order");
    assert_eq!(data.query.metric, metric);
    let starts: Vec<_> =
        data.points.iter().map(|point| point.start - second("2026-11-24T11:58:00Z")).collect();
    assert_eq!(starts, [0, 60], "by time, and the first is the one that the start lies in");
    let said = Statistic::ALL.map(|one| data.query.value(&data.points[1], one));
    assert_eq!(said, [Some(0.0), Some(30.0), Some(90.0), Some(15.0), Some(6.0)]);
}

#[tokio::test]
async fn periods_without_a_sample_have_no_point() {
    let (host, web) = stand().await;
    record(&host, web, Metric::NetworkIn, ("2026-11-24T11:30:00Z", 10), &[1.0, 2.0]).await;
    record(&host, web, Metric::NetworkIn, ("2026-11-24T11:50:00Z", 10), &[0.0]).await;
    let found = points(&host, Metric::NetworkIn, stretch(300, "2026-11-24T11:00:00Z", NOW)).await;
    assert_eq!(sums(&found), [sum("2026-11-24T11:30:00Z", 3.0), sum("2026-11-24T11:50:00Z", 0.0)]);
    assert!(points(&host, Metric::NetworkOut, stretch(300, "2026-11-24T11:00:00Z", NOW)).await.is_empty());
}

#[tokio::test]
async fn at_a_seam_nothing_is_lost_and_nothing_counts_twice() {
    let (host, web) = stand().await;
    let bytes: Vec<f64> = (0..360u32).map(f64::from).collect();
    record(&host, web, Metric::NetworkOut, ("2026-11-24T11:00:00Z", 10), &bytes).await;
    let of = |start, end| points(&host, Metric::NetworkOut, stretch(300, start, end));
    let all = of("2026-11-24T11:00:00Z", NOW).await;
    assert_eq!((all.len(), sums(&all)[0].clone()), (12, sum("2026-11-24T11:00:00Z", 435.0)));
    let mut parts = of("2026-11-24T11:00:00Z", "2026-11-24T11:25:00Z").await;
    parts.extend(of("2026-11-24T11:25:00Z", NOW).await);
    assert_eq!(parts, all);
    // A period is whole wherever the stretch begins or ends in it.
    assert_eq!(of("2026-11-24T11:07:13Z", "2026-11-24T11:12:01.5Z").await, all[1..3]);
    assert_eq!(of("2026-11-24T11:07:13Z", "2026-11-24T11:07:13.001Z").await, all[1..2]);
}

#[tokio::test]
async fn of_what_is_old_the_points_that_are_kept_are_given() {
    let (host, web) = stand().await;
    record(&host, web, Metric::DiskReadOps, ("2026-11-03T00:00:00Z", 60), &[1.0; 10]).await;
    let three_weeks_ago = stretch(60, "2026-11-03T00:00:00Z", "2026-11-03T00:10:00Z");
    let found = points(&host, Metric::DiskReadOps, three_weeks_ago).await;
    assert_eq!(sums(&found), [sum("2026-11-03T00:00:00Z", 5.0), sum("2026-11-03T00:05:00Z", 5.0)]);
    record(&host, web, Metric::DiskReadOps, ("2026-11-23T00:00:00Z", 60), &[1.0; 3]).await;
    let yesterday = stretch(60, "2026-11-23T00:00:00Z", "2026-11-23T00:03:00Z");
    assert_eq!(points(&host, Metric::DiskReadOps, yesterday).await.len(), 3);
}

#[tokio::test]
async fn fifteen_months_come_at_once() {
    let (host, web) = stand().await;
    let values: Vec<f64> = (0..131_400u32).map(f64::from).collect();
    record(&host, web, Metric::NetworkIn, ("2025-08-25T06:00:00Z", 300), &values).await;
    let found = points(&host, Metric::NetworkIn, stretch(300, "2025-08-25T06:00:00Z", NOW)).await;
    assert_eq!(found.len(), 131_400);
    assert!(found.is_sorted_by_key(|point| point.start));
    assert_eq!(sums(&found[131_399..]), [sum("2026-11-24T11:55:00Z", 131_399.0)]);
}

#[tokio::test]
async fn before_fifteen_months_and_after_now_there_is_nothing() {
    let (host, web) = stand().await;
    record(&host, web, Metric::NetworkIn, ("2024-01-01T00:00:00Z", 10), &[1.0]).await;
    record(&host, web, Metric::NetworkIn, ("2026-11-24T11:00:00Z", 10), &[2.0]).await;
    let of = |period, start, end| points(&host, Metric::NetworkIn, stretch(period, start, end));
    assert!(of(60, "2023-12-31T00:00:00Z", "2024-01-02T00:00:00Z").await.is_empty());
    assert!(of(60, "2030-01-01T00:00:00Z", "2030-01-02T00:00:00Z").await.is_empty());
    let all = of(86_400, "1970-01-01T00:00:00Z", "2030-01-01T00:00:00Z").await;
    assert_eq!(sums(&all), [sum("2026-11-24T00:00:00Z", 2.0)]);
}

#[tokio::test]
async fn every_metric_can_be_asked_for() {
    let (host, web) = stand().await;
    for (number, metric) in (1u32..).zip(Metric::ALL.iter().filter(|metric| !metric.is_of_host())) {
        record(&host, web, *metric, ("2026-11-24T11:59:30Z", 10), &[f64::from(number)]).await;
        let found = points(&host, *metric, stretch(60, "2026-11-24T11:00:00Z", NOW)).await;
        assert_eq!(sums(&found), [sum("2026-11-24T11:59:00Z", f64::from(number))], "{metric}");
    }
}

#[rstest]
#[case::period(MetricQuestion { stretch: stretch(90, "2026-11-24T11:00:00Z", NOW), ..of_network() }, "period")]
#[case::times(MetricQuestion { stretch: stretch(60, NOW, "2026-11-24T11:00:00Z"), ..of_network() }, "startTime")]
#[case::too_many(MetricQuestion { stretch: stretch(60, "1961-11-24T00:00:00Z", NOW), ..of_network() }, "period")]
#[case::unit(MetricQuestion { unit: "Percent".into(), ..of_network() }, "unit")]
#[case::statistics(MetricQuestion { statistics: Vec::new(), ..of_network() }, "statistics")]
#[case::metric(MetricQuestion { metric: "NetworkSideways".into(), ..of_network() }, "metricName")]
#[case::of_the_host(asked(Metric::HostLoad, stretch(60, "2026-11-24T11:00:00Z", NOW)), "metricName")]
#[tokio::test]
async fn what_is_wrong_is_refused_before_anything_is_looked_up(
    #[case] asked: MetricQuestion,
    #[case] field: &str,
) {
    let (host, _) = stand().await;
    host.world.fail_when(|call| call == "points");
    let data = host.verbs.get_instance_metric_data(&caller(), "web", &asked).await;
    let error = data.expect_err("refused");
    assert_eq!((error.kind, error.field), (Kind::InvalidInput, Some(field)), "{error}");
    assert!(error.tip.is_some() && error.message.len() < 500, "{error:?}");
}

fn of_network() -> MetricQuestion {
    asked(Metric::NetworkIn, stretch(300, "2026-11-24T11:00:00Z", NOW))
}

#[tokio::test]
async fn a_fault_of_what_keeps_them_is_told() {
    let (host, _) = stand().await;
    host.world.fail_when(|call| call == "points");
    let data = host.verbs.get_instance_metric_data(&caller(), "web", &of_network()).await;
    assert_eq!(data.expect_err("refused").kind, Kind::Unavailable);
    host.world.heal();
    host.verbs.get_instance_metric_data(&caller(), "web", &of_network()).await.expect("there again");
}

#[tokio::test]
async fn one_that_was_made_anew_has_nothing_of_the_one_before() {
    let (host, web) = stand().await;
    record(&host, web, Metric::NetworkIn, ("2026-11-24T11:30:00Z", 10), &[1.0]).await;
    host.done(host.verbs.delete_instance(&caller(), "web", false).await.expect("there")).await;
    let gone = host.verbs.get_instance_metric_data(&caller(), "web", &of_network()).await;
    assert_eq!(gone.expect_err("gone").kind, Kind::NotFound);
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    let hour = stretch(300, "2026-11-24T11:00:00Z", NOW);
    assert!(points(&host, Metric::NetworkIn, hour).await.is_empty());
}

#[tokio::test]
async fn the_host_is_there_for_everybody() {
    let (host, _) = stand().await;
    let of = host.ports.store.host_id();
    record(&host, of, Metric::HostLoad, ("2026-11-24T11:59:00Z", 10), &[1.0, 2.0, 3.0]).await;
    let hour = stretch(3600, "2026-11-24T11:00:00Z", NOW);
    let data = host.verbs.get_host_metric_data("HostLoad", &hour).await.expect("in order");
    let said = Statistic::ALL.map(|one| data.query.value(&data.points[0], one));
    assert_eq!(said, [Some(1.0), Some(3.0), Some(6.0), Some(2.0), Some(3.0)]);
    for (metric, period, field) in
        [("CPUUtilization", 60, "metricName"), ("", 60, "metricName"), ("HostLoad", 10, "period")]
    {
        let wrong = MetricWindow { period, ..hour.clone() };
        let error = host.verbs.get_host_metric_data(metric, &wrong).await.expect_err("refused");
        assert_eq!((error.kind, error.field), (Kind::InvalidInput, Some(field)));
    }
}

#[tokio::test]
async fn nobody_learns_of_anothers() {
    let host = Host::with(Policy { access: Access::Private, ..policy() });
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    let stranger = common::user("bob");
    for (caller, name) in [(&stranger, "web"), (&caller(), "nothing")] {
        let data = host.verbs.get_instance_metric_data(caller, name, &of_network()).await;
        assert_eq!(data.expect_err("hidden").kind, Kind::NotFound);
    }
    let data = host.verbs.get_instance_metric_data(&caller(), "a/b", &of_network()).await;
    assert_eq!(data.expect_err("refused").field, Some("instanceName"));
    assert!(host.verbs.get_latest_metrics(&stranger).await.expect("nothing").instances.is_empty());
    let admin = Caller { admin: true, ..stranger };
    assert_eq!(host.verbs.get_latest_metrics(&admin).await.expect("all").instances.len(), 1);
    host.verbs.get_instance_metric_data(&admin, "web", &of_network()).await.expect("may see it");
}

#[tokio::test]
async fn what_is_latest_is_given_by_name_also_of_those_that_are_stopped() {
    let (host, _) = stand().await;
    host.done(create(&host.verbs, &["db", "app"]).await.expect("accepted")).await;
    host.done(host.verbs.stop_instance(&caller(), "db", false).await.expect("runs")).await;
    let latest = host.verbs.get_latest_metrics(&caller()).await.expect("readable");
    let seen: Vec<_> = latest.instances.iter().map(|one| (one.name.as_str(), one.status)).collect();
    assert_eq!(seen, [("app", Status::Running), ("db", Status::Stopped), ("web", Status::Running)]);
    let db = &latest.instances[1];
    assert_eq!((db.cpu_count, db.ram_bytes, db.latest.as_ref()), (2, 512 << 20, None));
    host.engine.sample().await.expect("measured");
    let latest = host.verbs.get_latest_metrics(&caller()).await.expect("readable");
    let is_measured = |nth: usize| {
        let values = latest.instances[nth].latest.as_ref().map(|latest| &latest.values);
        values.is_some_and(|values| values.iter().any(|(metric, _)| *metric == Metric::MemoryResident))
    };
    assert_eq!([0, 1, 2].map(is_measured), [true, false, true]);
}
