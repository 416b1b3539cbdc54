//! One instance whose guest does not answer, and that is started again soon.

use sloop_proto::v1::health_server::Health;
use sloop_proto::v1::*;
use tonic::Request;

use super::work::done;
use super::{Answer, Script, answer, not_found};

#[tonic::async_trait]
impl Health for Script {
    async fn get_instance_health(
        &self,
        request: Request<GetInstanceHealthRequest>,
    ) -> Answer<GetInstanceHealthResult> {
        let check = |state: CheckState, reason: &str| StatusCheck {
            state: state.into(),
            reason: reason.into(),
            since: Some(prost_types::Timestamp { seconds: 1_795_428_900, nanos: 0 }),
        };
        match request.into_inner().instance_name.as_str() {
            "strict" => answer(GetInstanceHealthResult {
                system: Some(check(CheckState::Passed, "")),
                instance: Some(check(CheckState::Failed, "the guest answers no more")),
                policy: RecoveryPolicy::Always.into(),
                recent_recoveries: 2,
                given_up: false,
                next_recovery_at: Some(prost_types::Timestamp { seconds: 1_795_428_960, nanos: 0 }),
            }),
            name => Err(not_found(name)),
        }
    }

    async fn set_recovery_policy(
        &self,
        request: Request<SetRecoveryPolicyRequest>,
    ) -> Answer<SetRecoveryPolicyResult> {
        let request = request.into_inner();
        if request.instance_name == "ghost" {
            return Err(not_found("ghost"));
        }
        let operation = done(&request.instance_name, "SetRecoveryPolicyRequest", &request);
        answer(SetRecoveryPolicyResult { operations: vec![operation] })
    }
}
