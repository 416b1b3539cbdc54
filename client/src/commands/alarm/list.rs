//! `sloop alarm list`.

use sloop_proto::v1::{Alarm, ComparisonOperator, MonitoredResourceInfo};

use super::fetch;
use crate::commands::instance::list::ListArgs;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::text;

const HEADERS: [&str; 5] = ["NAME", "INSTANCE", "WHEN", "STATE", "SINCE"];

/// Lists alarms.
pub(super) async fn run(
    session: &Session,
    output: &Output,
    instance: Option<String>,
    args: &ListArgs,
) -> Outcome {
    let all = fetch(session, instance.as_deref()).await?;
    let rows = all.alarms.iter().map(row).collect();
    output.list(("GetAlarmsResult", &all), args.quiet, &HEADERS, rows)?;
    Ok(0)
}

fn row(alarm: &Alarm) -> Vec<String> {
    vec![
        alarm.name().to_owned(),
        text::or_dash(watched(alarm)),
        condition(alarm),
        text::word("AlarmState", alarm.state),
        text::age(alarm.state_updated_at.as_ref()),
    ]
}

/// Name of the instance that it watches.
pub(super) fn watched(alarm: &Alarm) -> &str {
    alarm.monitored_resource_info.as_ref().map_or("", MonitoredResourceInfo::name)
}

/// When it goes off, such as `CPUUtilization > 80 in 2 of 3 x 5m`.
pub(super) fn condition(alarm: &Alarm) -> String {
    let sign = match alarm.comparison_operator() {
        ComparisonOperator::GreaterThanOrEqualToThreshold => ">=",
        ComparisonOperator::GreaterThanThreshold => ">",
        ComparisonOperator::LessThanThreshold => "<",
        ComparisonOperator::LessThanOrEqualToThreshold => "<=",
        ComparisonOperator::Unspecified => "?",
    };
    format!(
        "{} {sign} {} in {} of {} x {}",
        text::word("MetricName", alarm.metric_name),
        number(alarm.threshold()),
        alarm.datapoints_to_alarm(),
        alarm.evaluation_periods(),
        text::span(u64::from(alarm.period().unsigned_abs())),
    )
}

/// A number as people write it, and one with very many digits as computers do.
fn number(value: f64) -> String {
    let plain = value.to_string();
    if plain.len() <= 20 { plain } else { format!("{value:e}") }
}

#[cfg(test)]
mod tests {
    use sloop_proto::v1::MetricName;

    use super::*;

    #[test]
    fn a_condition_is_short() {
        let alarm = |threshold| Alarm {
            metric_name: Some(MetricName::CpuUtilization.into()),
            comparison_operator: Some(ComparisonOperator::GreaterThanThreshold.into()),
            threshold: Some(threshold),
            datapoints_to_alarm: Some(2),
            evaluation_periods: Some(3),
            period: Some(300),
            ..Alarm::default()
        };
        assert_eq!(condition(&alarm(80.0)), "CPUUtilization > 80 in 2 of 3 x 5m");
        assert_eq!(condition(&alarm(0.5)), "CPUUtilization > 0.5 in 2 of 3 x 5m");
        assert_eq!(condition(&alarm(-1e300)), "CPUUtilization > -1e300 in 2 of 3 x 5m");
        assert_eq!(condition(&Alarm::default()), "- ? 0 in 0 of 0 x 0s");
    }
}
