//! `sloop alarm show`.

use sloop_proto::v1::{Alarm, AlarmNotice, GetAlarmsRequest};

use super::list::{condition, watched};
use crate::commands::tag;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::{Output, facts, table};
use crate::text;

const HEADERS: [&str; 5] = ["TOLD", "STATE", "BY", "RESULT", "TRIES"];

/// Shows one alarm.
pub(super) async fn run(session: &Session, output: &Output, name: String) -> Outcome {
    let request = GetAlarmsRequest { alarm_name: Some(name), ..GetAlarmsRequest::default() };
    let result = session.alarms().get_alarms(request).await?.into_inner();
    output.answer("GetAlarmsResult", &result, || result.alarms.first().map(describe).unwrap_or_default())?;
    Ok(0)
}

fn describe(alarm: &Alarm) -> String {
    let since = alarm.state_updated_at.as_ref().map(|since| format!(" since {}", text::moment(Some(since))));
    let tags: Vec<_> = alarm.tags.iter().map(tag::spell).collect();
    let told = facts(&[
        ("Name", alarm.name().to_owned()),
        ("Instance", watched(alarm).to_owned()),
        ("When", condition(alarm)),
        ("Of each period", text::word("MetricStatistic", alarm.statistic)),
        ("Missing data", text::word("TreatMissingData", alarm.treat_missing_data)),
        ("State", format!("{}{}", text::word("AlarmState", alarm.state), since.unwrap_or_default())),
        ("Reason", alarm.state_reason().to_owned()),
        ("Told by", told_by(alarm)),
        ("Told of", words("AlarmState", &alarm.notification_triggers)),
        ("Tags", tags.join(", ")),
        ("Age", text::age(alarm.created_at.as_ref())),
        ("ARN", alarm.arn().to_owned()),
    ]);
    if alarm.notices.is_empty() {
        return told;
    }
    format!("{told}\n\n{}", notices(&alarm.notices))
}

fn told_by(alarm: &Alarm) -> String {
    let protocols = words("ContactProtocol", &alarm.contact_protocols);
    match (alarm.notification_enabled(), protocols.as_str()) {
        (true, "") => "nothing".to_owned(),
        (true, _) => protocols,
        (false, _) => "nothing: notifications are turned off".to_owned(),
    }
}

fn words(of: &str, numbers: &[i32]) -> String {
    numbers.iter().map(|number| text::word(of, Some(*number))).collect::<Vec<_>>().join(", ")
}

/// One line for each, and beneath those that failed the reason.
fn notices(all: &[AlarmNotice]) -> String {
    let row = |one: &AlarmNotice| {
        let test = if one.test { " (test)" } else { "" };
        vec![
            text::moment(one.created_at.as_ref()),
            format!("{}{test}", text::word("AlarmState", Some(one.state))),
            text::word("ContactProtocol", Some(one.protocol)),
            text::word("AlarmNoticeStatus", Some(one.status)),
            one.tries.to_string(),
        ]
    };
    let drawn = table(&HEADERS, all.iter().map(row).collect());
    let mut lines: Vec<String> = drawn.lines().take(1).map(str::to_owned).collect();
    for (line, one) in drawn.lines().skip(1).zip(all) {
        lines.push(line.to_owned());
        if !one.error.is_empty() {
            lines.push(format!("  | {}", text::safe(&one.error)));
        }
    }
    lines.join("\n")
}
