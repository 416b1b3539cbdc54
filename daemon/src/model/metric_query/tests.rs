use proptest::prelude::*;
use rstest::rstest;

use super::*;

const NOW: &str = "2026-11-24T12:32:34.5Z";

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn stretch(period: i32, start: &str, end: &str) -> MetricWindow {
    MetricWindow { period, start: Some(instant(start)), end: Some(instant(end)) }
}

/// The last hour, at five minutes.
fn asked() -> MetricQuestion {
    MetricQuestion {
        metric: "NetworkIn".into(),
        unit: "Bytes".into(),
        statistics: vec![Statistic::Sum],
        stretch: stretch(300, "2026-11-24T11:32:34Z", NOW),
    }
}

fn query(asked: &MetricQuestion) -> Result<MetricQuery> {
    MetricQuery::of_instance(asked, instant(NOW))
}

/// What comes of a stretch: the period, where the first point begins, and where the last one ends.
fn span(stretch: MetricWindow) -> (u32, String, String) {
    let found = query(&MetricQuestion { stretch, ..asked() }).expect("in order");
    let text = |second| Timestamp::from_second(second).expect("an instant").to_string();
    (found.period, text(found.span.start), text(found.span.end))
}

fn whole(period: u32, start: &str, end: &str) -> (u32, String, String) {
    (period, start.to_owned(), end.to_owned())
}

#[test]
fn what_is_right_is_taken() {
    let found = query(&asked()).expect("in order");
    assert_eq!((found.metric, &found.statistics[..]), (Metric::NetworkIn, &[Statistic::Sum][..]));
    assert!(!found.is_empty());
    let statistics = vec![Statistic::SampleCount, Statistic::Sum, Statistic::SampleCount, Statistic::Sum];
    let found = query(&MetricQuestion { statistics, ..asked() }).expect("twice is once");
    assert_eq!(found.statistics, [Statistic::Sum, Statistic::SampleCount]);
}

#[rstest]
#[case::of_an_hour(
    stretch(300, "2026-11-24T11:32:34Z", NOW),
    whole(300, "2026-11-24T11:30:00Z", "2026-11-24T12:35:00Z")
)]
#[case::aligned(
    stretch(300, "2026-11-24T11:30:00Z", "2026-11-24T12:30:00Z"),
    whole(300, "2026-11-24T11:30:00Z", "2026-11-24T12:30:00Z")
)]
#[case::a_fraction_more(
    stretch(300, "2026-11-24T11:30:00Z", "2026-11-24T12:30:00.001Z"),
    whole(300, "2026-11-24T11:30:00Z", "2026-11-24T12:35:00Z")
)]
#[case::a_moment(
    stretch(3600, "2026-11-24T11:59:59.1Z", "2026-11-24T11:59:59.2Z"),
    whole(3600, "2026-11-24T11:00:00Z", "2026-11-24T12:00:00Z")
)]
#[case::a_day(
    stretch(86_400, "2026-11-24T11:00:00Z", NOW),
    whole(86_400, "2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z")
)]
#[case::no_part_of_an_hour(
    stretch(420, "2026-11-24T00:04:00Z", "2026-11-24T00:16:00Z"),
    whole(420, "2026-11-24T00:03:00Z", "2026-11-24T00:17:00Z")
)]
#[case::two_weeks_ago(
    stretch(60, "2026-11-10T12:33:00Z", NOW),
    whole(60, "2026-11-10T12:33:00Z", "2026-11-24T12:33:00Z")
)]
#[case::just_older(
    stretch(60, "2026-11-10T12:32:33Z", NOW),
    whole(300, "2026-11-10T12:30:00Z", "2026-11-24T12:35:00Z")
)]
#[case::older_and_odd(
    stretch(420, "2026-10-01T00:00:00Z", "2026-10-01T01:00:00Z"),
    whole(600, "2026-10-01T00:00:00Z", "2026-10-01T01:00:00Z")
)]
#[case::to_come(
    stretch(60, "2027-01-01T00:00:00Z", "2027-01-01T00:01:00Z"),
    whole(60, "2027-01-01T00:00:00Z", "2027-01-01T00:01:00Z")
)]
#[case::fifteen_months(
    stretch(300, "2025-08-25T06:32:34Z", NOW),
    whole(300, "2025-08-25T06:30:00Z", "2026-11-24T12:35:00Z")
)]
#[case::all_there_is(
    stretch(86_400, "1970-01-01T00:00:00Z", NOW),
    whole(86_400, "2025-08-25T00:00:00Z", "2026-11-25T00:00:00Z")
)]
fn periods_are_whole(#[case] stretch: MetricWindow, #[case] wanted: (u32, String, String)) {
    assert_eq!(span(stretch), wanted);
}

#[test]
fn what_is_too_old_is_nothing() {
    let old =
        MetricQuestion { stretch: stretch(60, "2019-01-01T00:00:00Z", "2019-01-02T00:00:00Z"), ..asked() };
    assert!(query(&old).expect("in order").is_empty());
}

#[rstest]
#[case::no_metric(MetricQuestion { metric: String::new(), ..asked() }, "metricName", "No metric")]
#[case::another_metric(MetricQuestion { metric: "Happiness".into(), ..asked() }, "metricName", "Happiness")]
#[case::case_matters(MetricQuestion { metric: "networkin".into(), ..asked() }, "metricName", "networkin")]
#[case::of_the_host(MetricQuestion { metric: "HostLoad".into(), unit: "Count".into(), ..asked() }, "metricName", "HostLoad")]
#[case::no_unit(MetricQuestion { unit: String::new(), ..asked() }, "unit", "counted in Bytes")]
#[case::another_unit(MetricQuestion { unit: "Kilobytes".into(), ..asked() }, "unit", "counted in Bytes, and is not converted to Kilobytes")]
#[case::not_even_none(MetricQuestion { unit: "None".into(), ..asked() }, "unit", "Bytes")]
#[case::no_statistic(MetricQuestion { statistics: Vec::new(), ..asked() }, "statistics", "No statistic")]
#[case::no_start(MetricQuestion { stretch: MetricWindow { start: None, ..asked().stretch }, ..asked() }, "startTime", "missing")]
#[case::no_end(MetricQuestion { stretch: MetricWindow { end: None, ..asked().stretch }, ..asked() }, "endTime", "missing")]
#[case::no_time(MetricQuestion { stretch: stretch(60, NOW, NOW), ..asked() }, "startTime", "before endTime")]
#[case::backwards(MetricQuestion { stretch: stretch(60, NOW, "2026-11-24T12:00:00Z"), ..asked() }, "startTime", "before endTime")]
#[case::too_many(MetricQuestion { stretch: stretch(60, "1961-01-01T00:00:00Z", "2026-01-01T00:00:00Z"), ..asked() }, "period", "2051222400 seconds in periods of 300 seconds")]
fn what_is_wrong_is_refused(#[case] asked: MetricQuestion, #[case] field: &str, #[case] word: &str) {
    let error = query(&asked).expect_err("refused");
    assert_eq!((error.field, error.code), (Some(field), "InvalidParameter"), "{error}");
    assert!(error.message.contains(word), "{error}");
}

#[rstest]
#[case(0)]
#[case(-60)]
#[case(1)]
#[case(59)]
#[case(61)]
#[case(90)]
#[case(86_399)]
#[case(86_460)]
#[case(i32::MAX)]
#[case(i32::MIN)]
fn periods_are_minutes_of_a_day(#[case] period: i32) {
    let wrong = MetricQuestion { stretch: MetricWindow { period, ..asked().stretch }, ..asked() };
    let error = query(&wrong).expect_err("refused");
    assert_eq!(error.field, Some("period"));
    assert!(error.message.contains(&format!("{period} seconds")) && error.message.contains("60 to 86400"));
}

#[test]
fn the_right_words_are_in_the_advice() {
    let tip = |asked: MetricQuestion| query(&asked).expect_err("refused").tip.expect("advice");
    let metrics = tip(MetricQuestion { metric: "x".into(), ..asked() });
    assert!(metrics.contains("CPUUtilization, NetworkIn") && !metrics.contains("Host"), "{metrics}");
    for metric in Metric::ALL.iter().filter(|metric| !metric.is_of_host()) {
        let of = MetricQuestion { metric: metric.word().into(), unit: "Bits".into(), ..asked() };
        let unit = metric.unit().word();
        assert!(tip(of.clone()).ends_with(unit));
        query(&MetricQuestion { unit: unit.into(), ..of }).expect("that is the right one");
    }
}

#[test]
fn of_the_host_all_is_said_and_nothing_of_instances() {
    let of = |metric: &str| MetricQuery::of_host(metric, &asked().stretch, instant(NOW));
    let found = of("HostLoad").expect("in order");
    assert_eq!((found.metric, found.statistics.len()), (Metric::HostLoad, 5));
    for wrong in ["", "CPUUtilization", "hostload"] {
        let error = of(wrong).expect_err("refused");
        assert_eq!(error.field, Some("metricName"));
        assert!(error.tip.is_some_and(|tip| tip.contains("HostDiskFree") && !tip.contains("NetworkIn")));
    }
}

#[test]
fn only_what_was_asked_for_is_said() {
    let point = Point { start: 0, count: 4, sum: 10.0, min: 1.0, max: 4.0 };
    let found = query(&asked()).expect("in order");
    let said = Statistic::ALL.map(|one| found.value(&point, one));
    assert_eq!(said, [None, None, Some(10.0), None, None]);
    let all = query(&MetricQuestion { statistics: Statistic::ALL.into(), ..asked() }).expect("in order");
    let said = Statistic::ALL.map(|one| all.value(&point, one));
    assert_eq!(said, [Some(1.0), Some(4.0), Some(10.0), Some(2.5), Some(4.0)]);
}

fn second() -> impl Strategy<Value = i64> {
    prop_oneof![
        Timestamp::MIN.as_second()..=Timestamp::MAX.as_second(),
        // About now: that is where the rules meet.
        1_750_000_000i64..=1_800_000_000,
    ]
}

fn period() -> impl Strategy<Value = i32> {
    prop_oneof![any::<i32>(), (1..=1440i32).prop_map(|minutes| minutes * 60)]
}

proptest! {
    /// Whatever is asked is refused, or comes to whole periods around it, and to no more than can be given.
    #[test]
    fn any_question_is_refused_or_bounded(
        period in period(), start in second(), end in second(), now in second(), nanos in 0..1_000_000_000i32,
    ) {
        let at = |second: i64| Timestamp::from_second(second).expect("in range");
        // A fraction takes the last second out of range.
        let end = Timestamp::new(end, nanos).unwrap_or(Timestamp::MAX);
        let stretch = MetricWindow { period, start: Some(at(start)), end: Some(end) };
        let Ok(found) = MetricQuery::of_instance(&MetricQuestion { stretch, ..asked() }, at(now)) else {
            return Ok(());
        };
        let length = i64::from(found.period);
        prop_assert!(at(start) < end && (60..=86_400).contains(&period));
        prop_assert!(length >= i64::from(period) && length <= 86_400 && length % 60 == 0);
        prop_assert!(found.span.start % length == 0 && found.span.end % length == 0);
        prop_assert!((found.span.end - found.span.start) / length <= POINTS_MAX);
        if found.span.start > start {
            prop_assert!(found.span.start <= now - KEPT, "only what is too old is left out");
        }
        prop_assert!(found.span.end >= end.as_second() && found.span.end - length <= end.as_second());
        if found.span.start < now - FINE {
            prop_assert_eq!(length % 300, 0, "shorter ones are not kept");
        }
    }
}
