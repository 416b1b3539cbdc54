//! Alarms and contact methods as wire types.

use sloop_proto::v1 as wire;

use super::words;
use crate::{
    api::grpc::{convert, metrics},
    model::{
        Alarm, AlarmRule, ContactMethod, ContactStatus, Delivery, Letter, Notice, Place, Telling, Watched,
    },
    verbs::ShownAlarm,
};

pub(super) fn alarm(place: &Place, shown: ShownAlarm) -> wire::Alarm {
    let ShownAlarm { alarm, letters } = shown;
    let statistic = alarm.metric.alarm_statistic();
    let Alarm {
        id,
        name,
        owner: _,
        created_at,
        put_at: _,
        watched,
        metric,
        period,
        rule,
        telling,
        state,
        reason,
        state_since,
        before_test: _,
        tags,
    } = alarm;
    let AlarmRule { comparison, threshold, periods, datapoints, missing } = rule;
    let Telling { channels, triggers, enabled } = telling;
    wire::Alarm {
        name: Some(name.to_string()),
        arn: Some(place.arn("Alarm", id.0)),
        created_at: Some(convert::timestamp(created_at)),
        location: Some(convert::location(place, "all")),
        resource_type: Some(wire::ResourceType::Alarm.into()),
        support_code: Some(format!("{}/{id}", place.account)),
        monitored_resource_info: Some(monitored(place, &watched)),
        comparison_operator: Some(words::comparison(comparison).into()),
        evaluation_periods: Some(convert::signed(periods)),
        period: Some(convert::signed(period)),
        threshold: Some(threshold),
        datapoints_to_alarm: Some(convert::signed(datapoints)),
        treat_missing_data: Some(words::missing(missing).into()),
        statistic: Some(words::statistic(statistic).into()),
        metric_name: Some(words::metric(metric).into()),
        state: Some(words::state(state).into()),
        unit: Some(metrics::words::unit(metric.unit()).into()),
        contact_protocols: channels.into_iter().map(|one| words::channel(one).into()).collect(),
        notification_triggers: triggers.into_iter().map(|one| words::state(one).into()).collect(),
        notification_enabled: Some(enabled),
        tags: convert::tags(&tags),
        state_reason: Some(reason),
        state_updated_at: Some(convert::timestamp(state_since)),
        notices: letters.into_iter().filter_map(notice).collect(),
    }
}

fn monitored(place: &Place, watched: &Watched) -> wire::MonitoredResourceInfo {
    wire::MonitoredResourceInfo {
        arn: Some(place.arn("Instance", watched.id.0)),
        name: Some(watched.name.to_string()),
        resource_type: Some(wire::ResourceType::Instance.into()),
    }
}

/// What an alarm told. Where it went is for those to know whose contact method that is.
fn notice(letter: Letter) -> Option<wire::AlarmNotice> {
    let Notice::Alarm(told) = letter.notice else { return None };
    let status = match letter.delivery {
        Delivery::Waiting => wire::AlarmNoticeStatus::Waiting,
        Delivery::Sent => wire::AlarmNoticeStatus::Sent,
        Delivery::GivenUp => wire::AlarmNoticeStatus::GivenUp,
    };
    Some(wire::AlarmNotice {
        protocol: words::channel(letter.endpoint.channel).into(),
        state: words::state(told.now).into(),
        test: told.test,
        status: status.into(),
        tries: convert::signed(letter.tries),
        error: letter.error,
        created_at: Some(convert::timestamp(letter.created_at)),
    })
}

pub(super) fn contact_method(
    place: &Place,
    (contact, status): (ContactMethod, ContactStatus),
) -> wire::ContactMethod {
    let status = match status {
        ContactStatus::PendingVerification => wire::ContactMethodStatus::PendingVerification,
        ContactStatus::Valid => wire::ContactMethodStatus::Valid,
        ContactStatus::Invalid => wire::ContactMethodStatus::Invalid,
    };
    wire::ContactMethod {
        name: Some(contact.name().to_owned()),
        status: Some(status.into()),
        protocol: Some(words::channel(contact.endpoint.channel).into()),
        arn: Some(place.arn("ContactMethod", contact.id.0)),
        created_at: Some(convert::timestamp(contact.created_at)),
        location: Some(convert::location(place, "all")),
        resource_type: Some(wire::ResourceType::ContactMethod.into()),
        support_code: Some(format!("{}/{}", place.account, contact.id)),
        tags: convert::tags(&contact.tags),
        contact_endpoint: Some(contact.endpoint.address),
    }
}
