use sloop_proto::v1::{self as wire, health_server::Health};
use tonic::{Request, Response, Status};

use super::{Door, convert, failure::status};
use crate::{
    model::{self, CheckState, Error, RecoveryPolicy, StatusCheck},
    verbs::HealthReport,
};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Health for Door {
    async fn get_instance_health(
        &self,
        request: Request<wire::GetInstanceHealthRequest>,
    ) -> Answer<wire::GetInstanceHealthResult> {
        let caller = self.caller(&request).map_err(status)?;
        let report = self.verbs.get_instance_health(&caller, &request.get_ref().instance_name);
        let HealthReport { health, policy, recent, given_up, next } = report.await.map_err(status)?;
        Ok(Response::new(wire::GetInstanceHealthResult {
            system: Some(check(health.system)),
            instance: Some(check(health.instance)),
            policy: policy_to_wire(policy).into(),
            recent_recoveries: convert::signed(recent),
            given_up,
            next_recovery_at: next.map(convert::timestamp),
        }))
    }

    async fn set_recovery_policy(
        &self,
        request: Request<wire::SetRecoveryPolicyRequest>,
    ) -> Answer<wire::SetRecoveryPolicyResult> {
        let caller = self.caller(&request).map_err(status)?;
        let policy = policy_of(request.get_ref().policy()).map_err(status)?;
        let set = self.verbs.set_recovery_policy(&caller, &request.get_ref().instance_name, policy);
        let operations = self.operations(set.await.map_err(status)?);
        Ok(Response::new(wire::SetRecoveryPolicyResult { operations }))
    }
}

fn check(check: StatusCheck) -> wire::StatusCheck {
    let StatusCheck { state, reason, since } = check;
    let state = match state {
        CheckState::Unknown => wire::CheckState::Unknown,
        CheckState::Initializing => wire::CheckState::Initializing,
        CheckState::Passed => wire::CheckState::Passed,
        CheckState::Failed => wire::CheckState::Failed,
    };
    wire::StatusCheck { state: state.into(), reason, since: since.map(convert::timestamp) }
}

fn policy_to_wire(policy: RecoveryPolicy) -> wire::RecoveryPolicy {
    match policy {
        RecoveryPolicy::Always => wire::RecoveryPolicy::Always,
        RecoveryPolicy::LastState => wire::RecoveryPolicy::LastState,
        RecoveryPolicy::Never => wire::RecoveryPolicy::Never,
    }
}

fn policy_of(policy: wire::RecoveryPolicy) -> Result<RecoveryPolicy, Error> {
    match policy {
        wire::RecoveryPolicy::Always => Ok(RecoveryPolicy::Always),
        wire::RecoveryPolicy::LastState => Ok(RecoveryPolicy::LastState),
        wire::RecoveryPolicy::Never => Ok(RecoveryPolicy::Never),
        wire::RecoveryPolicy::Unspecified => Err(Error::invalid("policy", "A recovery policy must be named")
            .tip("choose always, last-state or never")),
    }
}

/// What `GetInstance` says of the checks where it is asked for them.
pub(super) fn show(instance: &mut wire::Instance, status: model::Status, health: &model::Health) {
    let runs = !matches!(status, model::Status::Stopped | model::Status::ShuttingDown);
    instance.instance_status = Some(summary(runs, &health.instance));
    instance.system_status = Some(summary(runs, &health.system));
}

/// A check in Lightsail's words.
fn summary(runs: bool, check: &StatusCheck) -> wire::InstanceHealthStatus {
    use wire::{InstanceHealthStatusDetailValue as Detail, InstanceHealthStatusValue as Value};
    if !runs {
        return wire::InstanceHealthStatus { status: Some(Value::NotApplicable.into()), details: Vec::new() };
    }
    let (value, detail) = match check.state {
        CheckState::Unknown => (Value::InsufficientData, Detail::InsufficientData),
        CheckState::Initializing => (Value::Initializing, Detail::Initializing),
        CheckState::Passed => (Value::Ok, Detail::Passed),
        CheckState::Failed => (Value::Impaired, Detail::Failed),
    };
    let since = check.since.filter(|_| check.state == CheckState::Failed);
    let detail = wire::InstanceHealthStatusDetail {
        name: Some(wire::InstanceHealthStatusDetailName::Reachability.into()),
        status: Some(detail.into()),
        impaired_since: since.map(convert::timestamp),
    };
    wire::InstanceHealthStatus { status: Some(value.into()), details: vec![detail] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_come_back_as_they_went() {
        for policy in RecoveryPolicy::ALL {
            assert_eq!(policy_of(policy_to_wire(policy)), Ok(policy));
        }
        let none = policy_of(wire::RecoveryPolicy::Unspecified).expect_err("none is named");
        assert_eq!(none.field, Some("policy"));
    }

    #[test]
    fn lightsails_words_follow_the_checks() {
        use wire::InstanceHealthStatusValue as Value;
        let value = |runs, state| {
            let told = summary(runs, &StatusCheck { state, ..StatusCheck::default() });
            (told.status(), told.details.len())
        };
        assert_eq!(value(true, CheckState::Passed), (Value::Ok, 1));
        assert_eq!(value(true, CheckState::Failed), (Value::Impaired, 1));
        assert_eq!(value(true, CheckState::Unknown), (Value::InsufficientData, 1));
        assert_eq!(value(false, CheckState::Failed), (Value::NotApplicable, 0));
    }
}
