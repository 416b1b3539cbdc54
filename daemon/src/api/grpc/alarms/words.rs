//! Lightsail's words for alarms, both ways. What is not said, or not known, is refused.

use sloop_proto::v1 as wire;

use crate::model::{AlarmState, Channel, Comparison, Error, Metric, MissingData, Result, Statistic};

pub(super) fn metric(metric: Metric) -> wire::MetricName {
    use wire::MetricName as Name;
    match metric {
        Metric::CpuUtilization => Name::CpuUtilization,
        Metric::NetworkIn => Name::NetworkIn,
        Metric::NetworkOut => Name::NetworkOut,
        Metric::DiskReadOps => Name::DiskReadOps,
        Metric::DiskWriteOps => Name::DiskWriteOps,
        Metric::DiskReadBytes => Name::DiskReadBytes,
        Metric::DiskWriteBytes => Name::DiskWriteBytes,
        Metric::DiskTotalReadTime => Name::DiskTotalReadTime,
        Metric::DiskTotalWriteTime => Name::DiskTotalWriteTime,
        Metric::DiskQueueLength => Name::DiskQueueLength,
        Metric::StatusCheckFailed => Name::StatusCheckFailed,
        Metric::StatusCheckFailedInstance => Name::StatusCheckFailedInstance,
        Metric::StatusCheckFailedSystem => Name::StatusCheckFailedSystem,
        Metric::BurstCapacityTime => Name::BurstCapacityTime,
        Metric::BurstCapacityPercentage => Name::BurstCapacityPercentage,
        Metric::MetadataNoToken => Name::MetadataNoToken,
        Metric::MemoryResident => Name::MemoryResident,
        Metric::CounterResets => Name::CounterResets,
        // Instances have none of these.
        Metric::HostCpuUtilization | Metric::HostMemoryUsed | Metric::HostDiskFree | Metric::HostLoad => {
            Name::Unspecified
        }
    }
}

/// None of what is not said or not known, and of what only load balancers and databases have.
pub(super) fn asked_metric(number: i32) -> Option<Metric> {
    let said =
        wire::MetricName::try_from(number).ok().filter(|said| *said != wire::MetricName::Unspecified)?;
    Metric::ALL.iter().copied().find(|known| metric(*known) == said)
}

pub(super) fn comparison(comparison: Comparison) -> wire::ComparisonOperator {
    match comparison {
        Comparison::AtLeast => wire::ComparisonOperator::GreaterThanOrEqualToThreshold,
        Comparison::Above => wire::ComparisonOperator::GreaterThanThreshold,
        Comparison::Below => wire::ComparisonOperator::LessThanThreshold,
        Comparison::AtMost => wire::ComparisonOperator::LessThanOrEqualToThreshold,
    }
}

pub(super) fn asked_comparison(number: i32) -> Result<Comparison> {
    let found = Comparison::ALL.iter().copied().find(|known| i32::from(self::comparison(*known)) == number);
    found.ok_or_else(|| {
        unknown("comparisonOperator", "No comparison is named", Comparison::ALL.iter().map(|one| one.word()))
    })
}

pub(super) fn missing(missing: MissingData) -> wire::TreatMissingData {
    match missing {
        MissingData::Breaching => wire::TreatMissingData::Breaching,
        MissingData::NotBreaching => wire::TreatMissingData::NotBreaching,
        MissingData::Ignore => wire::TreatMissingData::Ignore,
        MissingData::Missing => wire::TreatMissingData::Missing,
    }
}

pub(super) fn asked_missing(number: i32) -> Result<MissingData> {
    let found = MissingData::ALL.iter().copied().find(|known| i32::from(self::missing(*known)) == number);
    found.ok_or_else(|| {
        unknown(
            "treatMissingData",
            "No treatment of missing data is named",
            MissingData::ALL.iter().map(|one| one.word()),
        )
    })
}

pub(super) fn state(state: AlarmState) -> wire::AlarmState {
    match state {
        AlarmState::Ok => wire::AlarmState::Ok,
        AlarmState::Alarm => wire::AlarmState::Alarm,
        AlarmState::InsufficientData => wire::AlarmState::InsufficientData,
    }
}

pub(super) fn asked_state(field: &'static str, number: i32) -> Result<AlarmState> {
    let found = AlarmState::ALL.iter().copied().find(|known| i32::from(self::state(*known)) == number);
    found.ok_or_else(|| {
        unknown(field, "No state of an alarm is named", AlarmState::ALL.iter().map(|one| one.word()))
    })
}

pub(super) fn channel(channel: Channel) -> wire::ContactProtocol {
    match channel {
        Channel::Email => wire::ContactProtocol::Email,
        Channel::Webhook => wire::ContactProtocol::Webhook,
        Channel::Command => wire::ContactProtocol::Command,
    }
}

pub(super) fn asked_channel(field: &'static str, number: i32) -> Result<Channel> {
    if number == i32::from(wire::ContactProtocol::Sms) {
        let message = "Nothing here sends text messages: SMS is not served by this host";
        return Err(Error::invalid(field, message).tip("be told by Email, Webhook or Command"));
    }
    let found = Channel::ALL.iter().copied().find(|known| i32::from(self::channel(*known)) == number);
    found.ok_or_else(|| {
        unknown(field, "No contact protocol is named", Channel::ALL.iter().map(|one| one.word()))
    })
}

pub(super) fn statistic(statistic: Statistic) -> wire::MetricStatistic {
    match statistic {
        Statistic::Minimum => wire::MetricStatistic::Minimum,
        Statistic::Maximum => wire::MetricStatistic::Maximum,
        Statistic::Sum => wire::MetricStatistic::Sum,
        Statistic::Average => wire::MetricStatistic::Average,
        Statistic::SampleCount => wire::MetricStatistic::SampleCount,
    }
}

fn unknown<'a>(field: &'static str, what: &str, words: impl Iterator<Item = &'a str>) -> Error {
    let words = words.collect::<Vec<_>>().join(", ");
    Error::invalid(field, format!("{what}, or one that is not known here"))
        .tip(format!("name one of {words}"))
}

#[cfg(test)]
mod tests {
    use sloop_proto::json::{POOL, word};

    use super::*;

    /// Every number and word of an enum of the contract, but for the first, which says nothing.
    fn contract(name: &str) -> Vec<(i32, String)> {
        let of = POOL.get_enum_by_name(&format!("sloop.v1.{name}")).expect("in the contract");
        let numbers = of.values().map(|value| value.number()).filter(|number| *number != 0);
        numbers.map(|number| (number, word(&of, number).expect("a word"))).collect()
    }

    #[test]
    fn every_word_is_there_both_ways() {
        for (number, word) in contract("ComparisonOperator") {
            assert_eq!(asked_comparison(number).expect("known").word(), word);
        }
        for (number, word) in contract("TreatMissingData") {
            assert_eq!(asked_missing(number).expect("known").word(), word);
        }
        for (number, word) in contract("AlarmState") {
            assert_eq!(asked_state("state", number).expect("known").word(), word);
        }
        for (number, word) in contract("ContactProtocol").into_iter().filter(|(_, word)| word != "SMS") {
            assert_eq!(asked_channel("protocol", number).expect("known").word(), word);
        }
    }

    #[test]
    fn every_metric_of_instances_can_be_watched_and_no_other() {
        for known in Metric::ALL {
            let back = asked_metric(metric(*known).into());
            assert_eq!(back, (!known.is_of_host()).then_some(*known), "{known}");
        }
        for (number, word) in contract("MetricName") {
            assert_eq!(
                asked_metric(number).map(|known| known.word().to_owned()),
                word.parse::<Metric>().ok().map(|_| word)
            );
        }
    }

    #[test]
    fn what_is_not_known_is_refused_by_the_member_at_fault() {
        for number in [0, -1, 99, i32::MAX, i32::MIN] {
            assert_eq!(asked_metric(number), None);
            assert_eq!(asked_comparison(number).expect_err("refused").field, Some("comparisonOperator"));
            assert_eq!(asked_missing(number).expect_err("refused").field, Some("treatMissingData"));
            assert_eq!(asked_state("state", number).expect_err("refused").field, Some("state"));
            assert_eq!(asked_channel("protocol", number).expect_err("refused").field, Some("protocol"));
        }
        let sms = asked_channel("protocol", wire::ContactProtocol::Sms.into()).expect_err("refused");
        assert!(sms.message.contains("SMS") && sms.tip.is_some(), "{sms:?}");
    }
}
