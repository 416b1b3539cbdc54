mod show;
mod words;

use sloop_proto::v1::{self as wire, alarms_server::Alarms};
use tonic::{Request, Response, Status};

use super::{Door, convert, failure::status};
use crate::{
    model::{Channel, Endpoint, Error, MissingData, Result},
    verbs::PutAlarm,
};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Alarms for Door {
    async fn put_alarm(&self, request: Request<wire::PutAlarmRequest>) -> Answer<wire::PutAlarmResult> {
        let caller = self.caller(&request).map_err(status)?;
        let asked = asked(request.into_inner()).map_err(status)?;
        let put = self.verbs.put_alarm(&caller, asked).await.map_err(status)?;
        Ok(Response::new(wire::PutAlarmResult { operations: self.operations(put) }))
    }

    async fn get_alarms(&self, request: Request<wire::GetAlarmsRequest>) -> Answer<wire::GetAlarmsResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::GetAlarmsRequest { alarm_name, page_token, monitored_resource_name } = request.into_inner();
        let (name, instance) = (alarm_name.as_deref(), monitored_resource_name.as_deref());
        let page = self.verbs.get_alarms(&caller, name, instance, page_token.as_deref());
        let page = page.await.map_err(status)?;
        let alarms = page.items.into_iter().map(|one| show::alarm(self.verbs.place(), one)).collect();
        Ok(Response::new(wire::GetAlarmsResult { alarms, next_page_token: page.next }))
    }

    async fn delete_alarm(
        &self,
        request: Request<wire::DeleteAlarmRequest>,
    ) -> Answer<wire::DeleteAlarmResult> {
        let caller = self.caller(&request).map_err(status)?;
        let deleted = self.verbs.delete_alarm(&caller, &request.get_ref().alarm_name);
        let operations = self.operations(deleted.await.map_err(status)?);
        Ok(Response::new(wire::DeleteAlarmResult { operations }))
    }

    async fn test_alarm(&self, request: Request<wire::TestAlarmRequest>) -> Answer<wire::TestAlarmResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::TestAlarmRequest { alarm_name, state } = request.into_inner();
        let state = words::asked_state("state", state).map_err(status)?;
        let tested = self.verbs.test_alarm(&caller, &alarm_name, state).await.map_err(status)?;
        Ok(Response::new(wire::TestAlarmResult { operations: self.operations(tested) }))
    }

    async fn create_contact_method(
        &self,
        request: Request<wire::CreateContactMethodRequest>,
    ) -> Answer<wire::CreateContactMethodResult> {
        let caller = self.caller(&request).map_err(status)?;
        let wire::CreateContactMethodRequest { protocol, contact_endpoint, tags } = request.into_inner();
        let channel = words::asked_channel("protocol", protocol).map_err(status)?;
        let endpoint = Endpoint { channel, address: contact_endpoint };
        let create = self.verbs.create_contact_method(&caller, endpoint, convert::pairs(tags));
        let operations = self.operations(create.await.map_err(status)?);
        Ok(Response::new(wire::CreateContactMethodResult { operations }))
    }

    async fn get_contact_methods(
        &self,
        request: Request<wire::GetContactMethodsRequest>,
    ) -> Answer<wire::GetContactMethodsResult> {
        let caller = self.caller(&request).map_err(status)?;
        let channels = channels("protocols", &request.get_ref().protocols).map_err(status)?;
        let found = self.verbs.get_contact_methods(&caller, &channels).await.map_err(status)?;
        let place = self.verbs.place();
        let contact_methods = found.into_iter().map(|one| show::contact_method(place, one)).collect();
        Ok(Response::new(wire::GetContactMethodsResult { contact_methods }))
    }

    async fn delete_contact_method(
        &self,
        request: Request<wire::DeleteContactMethodRequest>,
    ) -> Answer<wire::DeleteContactMethodResult> {
        let caller = self.caller(&request).map_err(status)?;
        let channel = words::asked_channel("protocol", request.get_ref().protocol).map_err(status)?;
        let deleted = self.verbs.delete_contact_method(&caller, channel).await.map_err(status)?;
        Ok(Response::new(wire::DeleteContactMethodResult { operations: self.operations(deleted) }))
    }

    async fn send_contact_method_verification(
        &self,
        request: Request<wire::SendContactMethodVerificationRequest>,
    ) -> Answer<wire::SendContactMethodVerificationResult> {
        let caller = self.caller(&request).map_err(status)?;
        if request.get_ref().protocol() != wire::ContactMethodVerificationProtocol::Email {
            let message = "Only an e-mail address is confirmed by a code";
            return Err(status(Error::invalid("protocol", message).tip("name the protocol Email")));
        }
        let sent = self.verbs.send_contact_method_verification(&caller).await.map_err(status)?;
        let operations = self.operations(sent);
        Ok(Response::new(wire::SendContactMethodVerificationResult { operations }))
    }

    async fn confirm_contact_method(
        &self,
        request: Request<wire::ConfirmContactMethodRequest>,
    ) -> Answer<wire::ConfirmContactMethodResult> {
        let caller = self.caller(&request).map_err(status)?;
        let confirmed = self.verbs.confirm_contact_method(&caller, &request.get_ref().code);
        let operations = self.operations(confirmed.await.map_err(status)?);
        Ok(Response::new(wire::ConfirmContactMethodResult { operations }))
    }
}

fn asked(request: wire::PutAlarmRequest) -> Result<PutAlarm> {
    let wire::PutAlarmRequest {
        alarm_name,
        metric_name,
        monitored_resource_name,
        comparison_operator,
        threshold,
        evaluation_periods,
        datapoints_to_alarm,
        treat_missing_data,
        contact_protocols,
        notification_triggers,
        notification_enabled,
        tags,
    } = request;
    let triggers = notification_triggers.into_iter();
    Ok(PutAlarm {
        name: alarm_name,
        instance: monitored_resource_name,
        metric: words::asked_metric(metric_name),
        comparison: words::asked_comparison(comparison_operator)?,
        threshold,
        periods: evaluation_periods,
        datapoints: datapoints_to_alarm,
        missing: treat_missing_data.map_or(Ok(MissingData::Missing), words::asked_missing)?,
        channels: channels("contactProtocols", &contact_protocols)?,
        triggers: triggers
            .map(|one| words::asked_state("notificationTriggers", one))
            .collect::<Result<_>>()?,
        notify: notification_enabled.unwrap_or(true),
        tags: convert::pairs(tags),
    })
}

fn channels(field: &'static str, numbers: &[i32]) -> Result<Vec<Channel>> {
    numbers.iter().map(|number| words::asked_channel(field, *number)).collect()
}
