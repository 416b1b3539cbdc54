//! `sloop alarm put`.

use clap::{Args, ValueEnum, value_parser};
use sloop_proto::json::{POOL, word};
use sloop_proto::v1::{
    AlarmState, ComparisonOperator, ContactMethod, ContactMethodStatus, ContactProtocol, PutAlarmRequest,
    Tag, TreatMissingData,
};

use super::State;
use crate::commands::contact::{self, By};
use crate::commands::{metrics, tag};
use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::text;

const EXAMPLES: &str = "\
Examples:
  sloop alarm put busy --instance web --metric CPUUtilization --above 80 --periods 2 --notify-by email
  sloop alarm put down --instance web --metric StatusCheckFailed --at-least 1 --notify-by email,webhook
  sloop alarm put spent --instance web --metric BurstCapacityPercentage --below 10 --on ALARM,OK
  sloop alarm put idle --instance db --metric NetworkIn --at-most 1000 --periods 12 --datapoints 10

A period is five minutes, and one minute of the status checks. You are told by your own contact methods:
sloop contact set email you@example.org";

/// Arguments of `put`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PutArgs {
    /// Name of the alarm; one that is there is changed
    #[arg(add = complete::alarms())]
    name: String,
    /// Instance that it watches
    #[arg(long, value_name = "INSTANCE", add = complete::instances())]
    instance: String,
    /// What it watches of it
    #[arg(long, value_name = "METRIC", value_parser = metrics::of_instances(), ignore_case = true)]
    metric: String,
    #[command(flatten)]
    threshold: Threshold,
    /// How many of the latest periods are looked at: 1 to 288
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(i32).range(1..=288))]
    periods: i32,
    /// How many of them must be outside of the threshold [default: all]
    #[arg(long, value_name = "M", value_parser = value_parser!(i32).range(1..=288))]
    datapoints: Option<i32>,
    /// What periods are taken for of which nothing is known [default: missing]
    #[arg(long, value_enum, value_name = "HOW")]
    missing: Option<Gaps>,
    /// How you are told; several are separated by commas
    #[arg(long, value_enum, value_name = "WAY", value_delimiter = ',')]
    notify_by: Vec<By>,
    /// What you are told of; ALARM must be among them [default: ALARM]
    #[arg(long, value_enum, value_name = "STATE", value_delimiter = ',', ignore_case = true)]
    on: Vec<State>,
    /// Tell nobody
    #[arg(long)]
    no_notify: bool,
    /// Tag to put on the alarm; may be given several times
    #[arg(long = "tag", value_name = "KEY[=VALUE]", value_parser = tag::parse)]
    tags: Vec<Tag>,
}

/// When a value is outside of the threshold, in the metric's unit.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Threshold {
    /// It goes off above this value
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    above: Option<f64>,
    /// It goes off at this value and above
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    at_least: Option<f64>,
    /// It goes off below this value
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    below: Option<f64>,
    /// It goes off at this value and below
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    at_most: Option<f64>,
}

impl Threshold {
    fn compared(&self) -> (ComparisonOperator, f64) {
        let all = [
            (ComparisonOperator::GreaterThanThreshold, self.above),
            (ComparisonOperator::GreaterThanOrEqualToThreshold, self.at_least),
            (ComparisonOperator::LessThanThreshold, self.below),
            (ComparisonOperator::LessThanOrEqualToThreshold, self.at_most),
        ];
        let given = all.into_iter().find_map(|(comparison, value)| Some((comparison, value?)));
        given.unwrap_or((ComparisonOperator::Unspecified, 0.0))
    }
}

/// What periods are taken for of which nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Gaps {
    /// Nobody knows; where nothing else is known the alarm says so
    Missing,
    /// They change nothing
    Ignore,
    /// The metric was outside of the threshold
    Breaching,
    /// It was within
    #[value(alias = "notBreaching")]
    NotBreaching,
}

impl From<Gaps> for TreatMissingData {
    fn from(missing: Gaps) -> Self {
        match missing {
            Gaps::Missing => Self::Missing,
            Gaps::Ignore => Self::Ignore,
            Gaps::Breaching => Self::Breaching,
            Gaps::NotBreaching => Self::NotBreaching,
        }
    }
}

/// Makes an alarm, or changes one.
pub(super) async fn run(session: &Session, output: &Output, args: PutArgs) -> Outcome {
    let (name, instance) = (text::safe(&args.name), text::safe(&args.instance));
    let request = request(args);
    let said =
        format!("{name}: watches {} of {instance}\n", text::word("MetricName", Some(request.metric_name)));
    let told = if request.notification_enabled() { request.contact_protocols.clone() } else { Vec::new() };
    let result = session.alarms().put_alarm(request).await?.into_inner();
    output.answer("PutAlarmResult", &result, || said)?;
    warn(session, output, &told).await;
    Ok(0)
}

fn request(args: PutArgs) -> PutAlarmRequest {
    let (comparison, threshold) = args.threshold.compared();
    let protocols = args.notify_by.into_iter().map(|by| ContactProtocol::from(by).into());
    PutAlarmRequest {
        alarm_name: args.name,
        metric_name: metric(&args.metric),
        monitored_resource_name: args.instance,
        comparison_operator: comparison.into(),
        threshold,
        evaluation_periods: args.periods,
        datapoints_to_alarm: args.datapoints,
        treat_missing_data: args.missing.map(|missing| TreatMissingData::from(missing).into()),
        contact_protocols: protocols.collect(),
        notification_triggers: args.on.into_iter().map(|state| AlarmState::from(state).into()).collect(),
        notification_enabled: Some(!args.no_notify),
        tags: args.tags,
    }
}

/// The number of a metric in the contract, by its word.
fn metric(name: &str) -> i32 {
    let Some(of) = POOL.get_enum_by_name("sloop.v1.MetricName") else { return 0 };
    let mut numbers = of.values().map(|value| value.number());
    let found = numbers.find(|number| word(&of, *number).is_some_and(|word| word.eq_ignore_ascii_case(name)));
    found.unwrap_or_default()
}

/// Says which ways lead nowhere yet. The alarm is made, whether that can be known or not.
async fn warn(session: &Session, output: &Output, protocols: &[i32]) {
    let Ok(own) = contact::fetch(session).await else { return };
    for protocol in protocols {
        let found = own.contact_methods.iter().find(|one| one.protocol == Some(*protocol));
        let word = text::word("ContactProtocol", Some(*protocol));
        match found.map(ContactMethod::status) {
            Some(ContactMethodStatus::Valid) => {}
            Some(_) => {
                output
                    .warn(&format!("{word} tells nobody until it is confirmed: sloop contact confirm CODE"));
            }
            None => output.warn(&format!(
                "{word} tells nobody yet: sloop contact set {} ADDRESS",
                word.to_ascii_lowercase()
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use sloop_proto::v1::MetricName;

    use super::*;

    #[test]
    fn metrics_are_found_by_their_words() {
        assert_eq!(metric("CPUUtilization"), i32::from(MetricName::CpuUtilization));
        assert_eq!(metric("statuscheckfailed_instance"), i32::from(MetricName::StatusCheckFailedInstance));
        assert_eq!(metric("Happiness"), 0);
    }
}
