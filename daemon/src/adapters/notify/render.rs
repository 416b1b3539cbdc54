//! What is told, as a message, as JSON and as a command's environment.
//!
//! Names are restricted where they are given, and yet nothing here depends on that: each of them is made one line, so that none
//! ends a header, a variable or a sentence.

use serde::Serialize;

use super::words::line;
use crate::model::{AlarmNotice, Error, Notice, Result};

/// A name is no longer, in characters.
const NAME: usize = 255;
/// Nor is a reason.
const REASON: usize = 1000;

/// What a webhook is sent.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Body {
    Alarm {
        alarm: String,
        instance: String,
        metric: &'static str,
        state: &'static str,
        state_before: &'static str,
        reason: String,
        at: String,
        test: bool,
        host: String,
    },
    Confirmation {
        code: String,
        host: String,
    },
}

/// A message's subject, on one line.
pub(super) fn subject(notice: &Notice) -> String {
    match notice {
        Notice::Alarm(alarm) => {
            let test = if alarm.test { "Test: " } else { "" };
            let (name, instance, host) = (name(&alarm.alarm), name(&alarm.instance), name(&alarm.host));
            format!("{test}{}: {name}, instance {instance} on {host}", alarm.now.word())
        }
        Notice::Confirm { host, .. } => format!("May alarms of {} be sent here?", name(host)),
    }
}

/// A message's text.
pub(super) fn text(notice: &Notice) -> String {
    match notice {
        Notice::Alarm(alarm) => alarm_text(alarm),
        Notice::Confirm { code, host } => {
            let (code, host) = (name(code), name(host));
            format!(
                "Somebody on {host} asks that alarms of instances there be sent to this address.\n\
                 \n\
                 If you want them, confirm it there with this code:\n\
                 \n    {code}\n\
                 \n\
                 If you do not, do nothing: without that code no alarm is sent here.\n"
            )
        }
    }
}

fn alarm_text(alarm: &AlarmNotice) -> String {
    let test = if alarm.test { "This is a test: somebody tries whether alarms arrive here.\n\n" } else { "" };
    let (now, before, metric, at) =
        (alarm.now.word(), alarm.before.word(), alarm.metric.word(), alarm.at.to_string());
    let (name, instance, host) = (name(&alarm.alarm), name(&alarm.instance), name(&alarm.host));
    let reason = line(&alarm.reason, REASON);
    format!(
        "{test}The alarm {name} is in state {now}. Before, it was in state {before}.\n\
         \n\
         Reason:   {reason}\n\
         Instance: {instance}\n\
         Metric:   {metric}\n\
         Since:    {at}\n\
         Host:     {host}\n"
    )
}

/// The JSON that a webhook is sent, and a command is given to read.
pub(super) fn json(notice: &Notice) -> Result<Vec<u8>> {
    let body = match notice {
        Notice::Alarm(alarm) => Body::Alarm {
            alarm: name(&alarm.alarm),
            instance: name(&alarm.instance),
            metric: alarm.metric.word(),
            state: alarm.now.word(),
            state_before: alarm.before.word(),
            reason: line(&alarm.reason, REASON),
            at: alarm.at.to_string(),
            test: alarm.test,
            host: name(&alarm.host),
        },
        Notice::Confirm { code, host } => Body::Confirmation { code: name(code), host: name(host) },
    };
    serde_json::to_vec(&body).map_err(|error| Error::internal(format!("a notice is no JSON: {error}")))
}

/// What a command finds in its environment.
pub(super) fn environment(notice: &Notice) -> Vec<(&'static str, String)> {
    match notice {
        Notice::Alarm(alarm) => vec![
            ("SLOOP_ALARM", name(&alarm.alarm)),
            ("SLOOP_INSTANCE", name(&alarm.instance)),
            ("SLOOP_METRIC", alarm.metric.word().to_owned()),
            ("SLOOP_STATE", alarm.now.word().to_owned()),
            ("SLOOP_STATE_BEFORE", alarm.before.word().to_owned()),
            ("SLOOP_REASON", line(&alarm.reason, REASON)),
            ("SLOOP_AT", alarm.at.to_string()),
            ("SLOOP_TEST", alarm.test.to_string()),
            ("SLOOP_HOST", name(&alarm.host)),
        ],
        Notice::Confirm { code, host } => vec![("SLOOP_CODE", name(code)), ("SLOOP_HOST", name(host))],
    }
}

fn name(text: &str) -> String {
    line(text, NAME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AlarmState, Metric};

    fn alarm(reason: &str, test: bool) -> Notice {
        Notice::Alarm(AlarmNotice {
            alarm: "web-is-busy".into(),
            instance: "web".into(),
            metric: Metric::CpuUtilization,
            before: AlarmState::Ok,
            now: AlarmState::Alarm,
            reason: reason.into(),
            at: jiff::Timestamp::UNIX_EPOCH,
            test,
            host: "homelab".into(),
        })
    }

    fn confirm() -> Notice {
        Notice::Confirm { code: "246810".into(), host: "homelab".into() }
    }

    const REASON: &str = "CPUUtilization was above 80 % in 3 of the last 3 periods.";

    fn message(notice: &Notice) -> String {
        format!("Subject: {}\n\n{}", subject(notice), text(notice))
    }

    #[test]
    fn messages_as_text() {
        insta::assert_snapshot!("message", message(&alarm(REASON, false)));
        insta::assert_snapshot!("message_of_a_test", message(&alarm(REASON, true)));
        insta::assert_snapshot!("message_to_confirm", message(&confirm()));
    }

    #[test]
    fn bodies_as_json() {
        let body = |notice| String::from_utf8(json(&notice).expect("JSON")).expect("text");
        insta::assert_snapshot!("body", body(alarm(REASON, false)));
        insta::assert_snapshot!("body_to_confirm", body(confirm()));
    }

    #[test]
    fn environments_as_variables() {
        let variables = |notice| {
            let lines = environment(&notice).into_iter().map(|(name, value)| format!("{name}={value}\n"));
            lines.collect::<String>()
        };
        insta::assert_snapshot!("variables", variables(alarm(REASON, true)));
        insta::assert_snapshot!("variables_to_confirm", variables(confirm()));
    }

    #[test]
    fn no_name_and_no_reason_ends_a_line() {
        let hostile = "x\r\nBcc: everybody@example.com\0\n.\n";
        let mut notice = alarm(hostile, false);
        if let Notice::Alarm(alarm) = &mut notice {
            (alarm.alarm, alarm.instance, alarm.host) = (hostile.into(), hostile.into(), hostile.into());
        }
        let quiet = alarm(REASON, false);
        assert!(!subject(&notice).contains(char::is_control), "{:?}", subject(&notice));
        assert_eq!(text(&notice).lines().count(), text(&quiet).lines().count());
        assert!(text(&notice).lines().all(|line| !line.starts_with("Bcc") && line != "."));
        for (name, value) in environment(&notice) {
            assert!(!value.contains(char::is_control), "{name}={value:?}");
        }
        assert_eq!(environment(&notice).len(), environment(&quiet).len());
    }
}
