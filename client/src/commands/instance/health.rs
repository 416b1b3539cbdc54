//! `sloop instance health`: whether an instance is well, and what is done when it is not.

use sloop_proto::v1::{
    CheckState, GetInstanceHealthRequest, GetInstanceHealthResult, RecoveryPolicy, StatusCheck,
};

use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::{Output, facts};
use crate::text;

/// Shows it.
pub(super) async fn run(session: &Session, output: &Output, name: &str) -> Outcome {
    let result = ask(session, name).await?;
    output.answer("GetInstanceHealthResult", &result, || describe(&result))?;
    Ok(0)
}

/// Asks for it.
pub(super) async fn ask(session: &Session, name: &str) -> Result<GetInstanceHealthResult, tonic::Status> {
    let request = GetInstanceHealthRequest { instance_name: name.to_owned() };
    session.health().get_instance_health(request).await.map(tonic::Response::into_inner)
}

fn describe(result: &GetInstanceHealthResult) -> String {
    let next = result.next_recovery_at.as_ref();
    let given_up =
        if result.given_up { "given up: it is not recovered again until somebody starts it" } else { "" };
    facts(&[
        ("System", told(result.system.as_ref())),
        ("Instance", told(result.instance.as_ref())),
        ("Policy", policy(result)),
        ("Recovered lately", times(result.recent_recoveries)),
        ("Next recovery", next.map(|_| text::moment(next)).unwrap_or_default()),
        ("Recovery", given_up.to_owned()),
    ])
}

/// A check with all that is known of it, such as `failed since 2026-11-23 10:15:00Z: its machine is off, and should run`.
fn told(check: Option<&StatusCheck>) -> String {
    let check = check.cloned().unwrap_or_default();
    let since = check.since.as_ref().map(|since| format!(" since {}", text::moment(Some(since))));
    format!("{}{}{}", word(&check), since.unwrap_or_default(), reason(&check))
}

/// Both checks in a line, such as `system passed, instance failed: the guest answers no more`.
pub(super) fn spell(result: &GetInstanceHealthResult) -> String {
    let (system, instance) =
        (result.system.clone().unwrap_or_default(), result.instance.clone().unwrap_or_default());
    if system.state == instance.state && system.state() != CheckState::Failed {
        return word(&system);
    }
    let one = |name: &str, check: &StatusCheck| {
        let why = if check.state() == CheckState::Failed { reason(check) } else { String::new() };
        format!("{name} {}{why}", word(check))
    };
    format!("{}, {}", one("system", &system), one("instance", &instance))
}

fn word(check: &StatusCheck) -> String {
    text::word("CheckState", Some(check.state))
}

fn reason(check: &StatusCheck) -> String {
    if check.reason.is_empty() { String::new() } else { format!(": {}", check.reason) }
}

/// The policy, in its word.
pub(super) fn policy(result: &GetInstanceHealthResult) -> String {
    text::word("RecoveryPolicy", Some(result.policy))
}

/// What a policy means.
pub(super) fn meaning(policy: RecoveryPolicy) -> &'static str {
    match policy {
        RecoveryPolicy::Always => "it is started again, whatever ended it",
        RecoveryPolicy::LastState => "it is started again unless somebody turned it off",
        RecoveryPolicy::Never => "it is not started again",
        RecoveryPolicy::Unspecified => "nobody knows",
    }
}

fn times(count: i32) -> String {
    if count == 0 { String::new() } else { text::count(count, "time") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::unnecessary_wraps)] // As messages have it.
    fn check(state: CheckState, reason: &str) -> Option<StatusCheck> {
        Some(StatusCheck { state: state.into(), reason: reason.to_owned(), since: None })
    }

    #[test]
    fn a_line_says_what_differs() {
        let spelt = |system, instance| {
            spell(&GetInstanceHealthResult { system, instance, ..GetInstanceHealthResult::default() })
        };
        let passed = || check(CheckState::Passed, "");
        assert_eq!(spelt(passed(), passed()), "passed");
        assert_eq!(spelt(check(CheckState::Unknown, "why"), check(CheckState::Unknown, "why")), "unknown");
        assert_eq!(
            spelt(passed(), check(CheckState::Failed, "it is silent")),
            "system passed, instance failed: it is silent"
        );
        assert_eq!(
            spelt(check(CheckState::Failed, "it is off"), check(CheckState::Unknown, "it is off")),
            "system failed: it is off, instance unknown"
        );
    }
}
