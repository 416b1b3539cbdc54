//! Alarms: `busy`, which has told somebody, and `idle`; `ghost` is none. One contact method, which is not confirmed.

use prost_types::Timestamp;
use sloop_proto::v1::alarms_server::Alarms;
use sloop_proto::v1::*;
use tonic::{Request, Status};

use super::work::done;
use super::{Answer, Script, absent, answer, invalid};

/// In the afternoon of a day.
const THEN: Timestamp = Timestamp { seconds: 1_795_428_900, nanos: 0 };

fn alarm(name: &str) -> Alarm {
    Alarm {
        name: Some(name.into()),
        monitored_resource_info: Some(MonitoredResourceInfo {
            name: Some("web".into()),
            ..MonitoredResourceInfo::default()
        }),
        comparison_operator: Some(ComparisonOperator::GreaterThanThreshold.into()),
        evaluation_periods: Some(3),
        period: Some(300),
        threshold: Some(80.0),
        datapoints_to_alarm: Some(2),
        treat_missing_data: Some(TreatMissingData::Missing.into()),
        statistic: Some(MetricStatistic::Average.into()),
        metric_name: Some(MetricName::CpuUtilization.into()),
        state: Some(AlarmState::Alarm.into()),
        contact_protocols: vec![ContactProtocol::Email.into(), ContactProtocol::Webhook.into()],
        notification_triggers: vec![AlarmState::Alarm.into()],
        notification_enabled: Some(name == "busy"),
        state_reason: Some("Threshold Crossed".into()),
        state_updated_at: Some(THEN),
        ..Alarm::default()
    }
}

fn notice(protocol: ContactProtocol, status: AlarmNoticeStatus, error: &str) -> AlarmNotice {
    AlarmNotice {
        protocol: protocol.into(),
        state: AlarmState::Alarm.into(),
        test: protocol == ContactProtocol::Email,
        status: status.into(),
        tries: if error.is_empty() { 1 } else { 5 },
        error: error.into(),
        created_at: Some(THEN),
    }
}

fn known(name: &str) -> Result<(), Status> {
    if name == "ghost" { Err(absent("Alarm", name)) } else { Ok(()) }
}

#[tonic::async_trait]
impl Alarms for Script {
    async fn put_alarm(&self, request: Request<PutAlarmRequest>) -> Answer<PutAlarmResult> {
        let request = request.into_inner();
        if !request.threshold.is_finite() {
            return Err(invalid("threshold", "A threshold is a finite number"));
        }
        answer(PutAlarmResult { operations: vec![done(&request.alarm_name, "PutAlarmRequest", &request)] })
    }

    async fn get_alarms(&self, request: Request<GetAlarmsRequest>) -> Answer<GetAlarmsResult> {
        let GetAlarmsRequest { alarm_name, page_token, monitored_resource_name } = request.into_inner();
        let (alarms, next) = match (alarm_name, monitored_resource_name.as_deref(), page_token) {
            (Some(name), ..) => {
                known(&name)?;
                let notices = vec![
                    notice(ContactProtocol::Email, AlarmNoticeStatus::Sent, ""),
                    notice(ContactProtocol::Webhook, AlarmNoticeStatus::GivenUp, "503\u{7} busy"),
                ];
                (vec![Alarm { notices, ..alarm(&name) }], None)
            }
            (None, Some("db"), _) => (Vec::new(), None),
            (None, _, None) => (vec![alarm("busy")], Some("2".to_owned())),
            (None, _, Some(_)) => (vec![alarm("idle")], None),
        };
        answer(GetAlarmsResult { alarms, next_page_token: next })
    }

    async fn delete_alarm(&self, request: Request<DeleteAlarmRequest>) -> Answer<DeleteAlarmResult> {
        let request = request.into_inner();
        known(&request.alarm_name)?;
        let operation = done(&request.alarm_name, "DeleteAlarmRequest", &request);
        answer(DeleteAlarmResult { operations: vec![operation] })
    }

    async fn test_alarm(&self, request: Request<TestAlarmRequest>) -> Answer<TestAlarmResult> {
        let request = request.into_inner();
        known(&request.alarm_name)?;
        answer(TestAlarmResult { operations: vec![done(&request.alarm_name, "TestAlarmRequest", &request)] })
    }

    async fn create_contact_method(
        &self,
        request: Request<CreateContactMethodRequest>,
    ) -> Answer<CreateContactMethodResult> {
        let request = request.into_inner();
        let operation = done("contact", "CreateContactMethodRequest", &request);
        answer(CreateContactMethodResult { operations: vec![operation] })
    }

    async fn get_contact_methods(
        &self,
        _: Request<GetContactMethodsRequest>,
    ) -> Answer<GetContactMethodsResult> {
        let email = ContactMethod {
            contact_endpoint: Some("ann@example.org".into()),
            status: Some(ContactMethodStatus::PendingVerification.into()),
            protocol: Some(ContactProtocol::Email.into()),
            ..ContactMethod::default()
        };
        answer(GetContactMethodsResult { contact_methods: vec![email] })
    }

    async fn delete_contact_method(
        &self,
        request: Request<DeleteContactMethodRequest>,
    ) -> Answer<DeleteContactMethodResult> {
        let request = request.into_inner();
        if request.protocol() != ContactProtocol::Email {
            return Err(absent("ContactMethod", "Webhook"));
        }
        let operation = done("Email", "DeleteContactMethodRequest", &request);
        answer(DeleteContactMethodResult { operations: vec![operation] })
    }

    async fn send_contact_method_verification(
        &self,
        request: Request<SendContactMethodVerificationRequest>,
    ) -> Answer<SendContactMethodVerificationResult> {
        let request = request.into_inner();
        let operation = done("Email", "SendContactMethodVerificationRequest", &request);
        answer(SendContactMethodVerificationResult { operations: vec![operation] })
    }

    async fn confirm_contact_method(
        &self,
        request: Request<ConfirmContactMethodRequest>,
    ) -> Answer<ConfirmContactMethodResult> {
        let request = request.into_inner();
        if request.code != "K7QX-2MPA" {
            return Err(invalid("code", "That is not the code that was sent"));
        }
        let operation = done("Email", "ConfirmContactMethodRequest", &request);
        answer(ConfirmContactMethodResult { operations: vec![operation] })
    }
}
