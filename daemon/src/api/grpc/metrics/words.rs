//! Lightsail's words for metrics, units and statistics, both ways. What is not said, or not known, is for the rules to refuse.

use sloop_proto::v1 as wire;

use crate::model::{Error, Metric, Statistic, Unit};

pub(super) fn metric(metric: Metric) -> wire::InstanceMetricName {
    use wire::InstanceMetricName as Name;
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

pub(super) fn asked_metric(number: i32) -> Option<Metric> {
    use wire::InstanceMetricName as Name;
    Some(match Name::try_from(number).unwrap_or_default() {
        Name::Unspecified => return None,
        Name::CpuUtilization => Metric::CpuUtilization,
        Name::NetworkIn => Metric::NetworkIn,
        Name::NetworkOut => Metric::NetworkOut,
        Name::DiskReadOps => Metric::DiskReadOps,
        Name::DiskWriteOps => Metric::DiskWriteOps,
        Name::DiskReadBytes => Metric::DiskReadBytes,
        Name::DiskWriteBytes => Metric::DiskWriteBytes,
        Name::DiskTotalReadTime => Metric::DiskTotalReadTime,
        Name::DiskTotalWriteTime => Metric::DiskTotalWriteTime,
        Name::DiskQueueLength => Metric::DiskQueueLength,
        Name::StatusCheckFailed => Metric::StatusCheckFailed,
        Name::StatusCheckFailedInstance => Metric::StatusCheckFailedInstance,
        Name::StatusCheckFailedSystem => Metric::StatusCheckFailedSystem,
        Name::BurstCapacityTime => Metric::BurstCapacityTime,
        Name::BurstCapacityPercentage => Metric::BurstCapacityPercentage,
        Name::MetadataNoToken => Metric::MetadataNoToken,
        Name::MemoryResident => Metric::MemoryResident,
        Name::CounterResets => Metric::CounterResets,
    })
}

pub(in crate::api::grpc) fn unit(unit: Unit) -> wire::MetricUnit {
    match unit {
        Unit::Seconds => wire::MetricUnit::Seconds,
        Unit::Bytes => wire::MetricUnit::Bytes,
        Unit::Percent => wire::MetricUnit::Percent,
        Unit::Count => wire::MetricUnit::Count,
    }
}

/// The word, also of units that nothing here is counted in: it is in the refusal.
pub(super) fn asked_unit(number: i32) -> &'static str {
    use wire::MetricUnit as Unit;
    match Unit::try_from(number).unwrap_or_default() {
        Unit::Unspecified => "",
        Unit::Seconds => "Seconds",
        Unit::Microseconds => "Microseconds",
        Unit::Milliseconds => "Milliseconds",
        Unit::Bytes => "Bytes",
        Unit::Kilobytes => "Kilobytes",
        Unit::Megabytes => "Megabytes",
        Unit::Gigabytes => "Gigabytes",
        Unit::Terabytes => "Terabytes",
        Unit::Bits => "Bits",
        Unit::Kilobits => "Kilobits",
        Unit::Megabits => "Megabits",
        Unit::Gigabits => "Gigabits",
        Unit::Terabits => "Terabits",
        Unit::Percent => "Percent",
        Unit::Count => "Count",
        Unit::BytesPerSecond => "Bytes/Second",
        Unit::KilobytesPerSecond => "Kilobytes/Second",
        Unit::MegabytesPerSecond => "Megabytes/Second",
        Unit::GigabytesPerSecond => "Gigabytes/Second",
        Unit::TerabytesPerSecond => "Terabytes/Second",
        Unit::BitsPerSecond => "Bits/Second",
        Unit::KilobitsPerSecond => "Kilobits/Second",
        Unit::MegabitsPerSecond => "Megabits/Second",
        Unit::GigabitsPerSecond => "Gigabits/Second",
        Unit::TerabitsPerSecond => "Terabits/Second",
        Unit::CountPerSecond => "Count/Second",
        Unit::None => "None",
    }
}

pub(super) fn asked_statistic(number: i32) -> Result<Statistic, Error> {
    use wire::MetricStatistic as Word;
    Ok(match Word::try_from(number).unwrap_or_default() {
        Word::Minimum => Statistic::Minimum,
        Word::Maximum => Statistic::Maximum,
        Word::Sum => Statistic::Sum,
        Word::Average => Statistic::Average,
        Word::SampleCount => Statistic::SampleCount,
        Word::Unspecified => {
            let error = Error::invalid("statistics", "A statistic is asked for that is not known here");
            return Err(error.tip("ask for Minimum, Maximum, Sum, Average or SampleCount"));
        }
    })
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
    fn every_metric_is_there_both_ways_by_the_same_word() {
        for (number, word) in contract("InstanceMetricName") {
            let known = asked_metric(number).expect("known");
            assert_eq!((known.word(), i32::from(metric(known))), (word.as_str(), number));
        }
        for known in Metric::ALL {
            let back = asked_metric(metric(*known).into());
            assert_eq!(back, (!known.is_of_host()).then_some(*known), "{known}");
        }
    }

    #[test]
    fn every_unit_has_its_word() {
        for (number, word) in contract("MetricUnit") {
            assert_eq!(asked_unit(number), word);
        }
        for known in [Unit::Seconds, Unit::Bytes, Unit::Percent, Unit::Count] {
            assert_eq!(asked_unit(unit(known).into()), known.word());
        }
    }

    #[test]
    fn every_statistic_is_there() {
        let words = contract("MetricStatistic");
        assert_eq!(words.len(), Statistic::ALL.len());
        for (number, word) in words {
            assert_eq!(format!("{:?}", asked_statistic(number).expect("known")), word);
        }
    }

    #[test]
    fn what_is_not_known_is_not_taken_for_something_else() {
        for number in [0, -1, 100, i32::MAX, i32::MIN] {
            assert_eq!((asked_metric(number), asked_unit(number)), (None, ""));
            assert_eq!(asked_statistic(number).expect_err("refused").field, Some("statistics"));
        }
    }
}
