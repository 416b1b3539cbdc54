//! The metrics that there are, and how people are shown each.

use clap::builder::PossibleValuesParser;
use sloop_proto::v1::{InstanceMetricName as Name, MetricDatapoint, MetricUnit as Unit};

use super::dress::Dress;
use crate::failure::Failure;

/// A sample is of so many seconds.
pub(crate) const TICK: f64 = 10.0;

/// What is made of the samples of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Their mean.
    Mean,
    /// What they come to in a second. Not the sum by the period: that would be too little where samples are missing, and in
    /// the period that is not over.
    PerSecond,
    /// Their sum.
    Total,
    /// The greatest.
    Peak,
}

/// A metric.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// Its place in the contract; unspecified of what is measured of the host.
    pub(super) metric: Name,
    pub(super) unit: Unit,
    pub(super) how: How,
    pub(super) dress: Dress,
}

const fn of(name: &'static str, metric: Name, unit: Unit, how: How, dress: Dress) -> Kind {
    Kind { name, metric, unit, how, dress }
}

/// What is measured of instances.
pub(super) const INSTANCE: [Kind; 18] = [
    of("CPUUtilization", Name::CpuUtilization, Unit::Percent, How::Mean, Dress::Percent),
    of("NetworkIn", Name::NetworkIn, Unit::Bytes, How::PerSecond, Dress::ByteRate),
    of("NetworkOut", Name::NetworkOut, Unit::Bytes, How::PerSecond, Dress::ByteRate),
    of("DiskReadBytes", Name::DiskReadBytes, Unit::Bytes, How::PerSecond, Dress::ByteRate),
    of("DiskWriteBytes", Name::DiskWriteBytes, Unit::Bytes, How::PerSecond, Dress::ByteRate),
    of("DiskReadOps", Name::DiskReadOps, Unit::Count, How::PerSecond, Dress::CountRate),
    of("DiskWriteOps", Name::DiskWriteOps, Unit::Count, How::PerSecond, Dress::CountRate),
    of("DiskTotalReadTime", Name::DiskTotalReadTime, Unit::Seconds, How::PerSecond, Dress::WaitRate),
    of("DiskTotalWriteTime", Name::DiskTotalWriteTime, Unit::Seconds, How::PerSecond, Dress::WaitRate),
    of("DiskQueueLength", Name::DiskQueueLength, Unit::Count, How::Mean, Dress::Count),
    of("StatusCheckFailed", Name::StatusCheckFailed, Unit::Count, How::Peak, Dress::Check),
    of("StatusCheckFailed_Instance", Name::StatusCheckFailedInstance, Unit::Count, How::Peak, Dress::Check),
    of("StatusCheckFailed_System", Name::StatusCheckFailedSystem, Unit::Count, How::Peak, Dress::Check),
    of("BurstCapacityPercentage", Name::BurstCapacityPercentage, Unit::Percent, How::Mean, Dress::Percent),
    of("BurstCapacityTime", Name::BurstCapacityTime, Unit::Seconds, How::Mean, Dress::Time),
    of("MetadataNoToken", Name::MetadataNoToken, Unit::Count, How::Total, Dress::Count),
    of("MemoryResident", Name::MemoryResident, Unit::Bytes, How::Mean, Dress::Bytes),
    of("CounterResets", Name::CounterResets, Unit::Count, How::Total, Dress::Count),
];

/// What is measured of the host.
pub(super) const HOST: [Kind; 4] = [
    of("HostCPUUtilization", Name::Unspecified, Unit::Percent, How::Mean, Dress::Percent),
    of("HostMemoryUsed", Name::Unspecified, Unit::Bytes, How::Mean, Dress::Bytes),
    of("HostDiskFree", Name::Unspecified, Unit::Bytes, How::Mean, Dress::Bytes),
    of("HostLoad", Name::Unspecified, Unit::Count, How::Mean, Dress::Count),
];

/// What is shown of an instance unless somebody says what.
const USUAL: [&str; 9] = [
    "CPUUtilization",
    "NetworkIn",
    "NetworkOut",
    "DiskReadBytes",
    "DiskWriteBytes",
    "DiskReadOps",
    "DiskWriteOps",
    "StatusCheckFailed",
    WHERE_KNOWN,
];

/// What most plans have nothing of. Shown unasked only where there is something.
pub(super) const WHERE_KNOWN: &str = "BurstCapacityPercentage";

impl Kind {
    /// What is shown for a period; nothing where nothing is known.
    pub(super) fn value(&self, point: &MetricDatapoint) -> Option<f64> {
        let value = match self.how {
            How::Mean => point.average,
            How::PerSecond => point.average.map(|average| average / TICK),
            How::Total => point.sum,
            How::Peak => point.maximum,
        };
        value.filter(|value| value.is_finite())
    }
}

/// The names of what is measured of instances, for the command line.
pub(crate) fn of_instances() -> PossibleValuesParser {
    PossibleValuesParser::new(INSTANCE.iter().map(|kind| kind.name))
}

/// All names, for the command line.
pub(super) fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(INSTANCE.iter().chain(&HOST).map(|kind| kind.name))
}

/// The metrics that are asked for, each once; the usual ones where none is.
pub(super) fn chosen(asked: &[String], is_host: bool) -> Result<Vec<Kind>, Failure> {
    let all: &[Kind] = if is_host { &HOST } else { &INSTANCE };
    if asked.is_empty() {
        let usual = all.iter().filter(|kind| is_host || USUAL.contains(&kind.name));
        return Ok(usual.copied().collect());
    }
    let mut chosen: Vec<Kind> = Vec::new();
    for name in asked {
        let found = all.iter().find(|kind| kind.name.eq_ignore_ascii_case(name));
        let kind = found.ok_or_else(|| elsewhere(name, is_host))?;
        if chosen.iter().all(|one| one.name != kind.name) {
            chosen.push(*kind);
        }
    }
    Ok(chosen)
}

fn elsewhere(name: &str, is_host: bool) -> Failure {
    let (whose, way) = if is_host {
        ("instances, not of the host", format!("sloop metrics NAME --metric {name}"))
    } else {
        ("the host, not of instances", format!("sloop metrics --host --metric {name}"))
    };
    Failure::usage(format!("{name} is measured of {whose}")).tip(way)
}

#[cfg(test)]
mod tests {
    use sloop_proto::json::{POOL, word};

    use super::*;

    fn names_of(asked: &[&str], is_host: bool) -> Result<Vec<&'static str>, Failure> {
        let asked: Vec<_> = asked.iter().copied().map(str::to_owned).collect();
        chosen(&asked, is_host).map(|kinds| kinds.iter().map(|kind| kind.name).collect())
    }

    #[test]
    fn every_metric_of_the_contract_is_known_by_its_word() {
        let names = POOL.get_enum_by_name("sloop.v1.InstanceMetricName").unwrap();
        let numbers: Vec<_> =
            names.values().map(|value| value.number()).filter(|number| *number != 0).collect();
        assert_eq!(numbers.len(), INSTANCE.len());
        for number in numbers {
            let kind = INSTANCE.iter().find(|kind| kind.metric as i32 == number).unwrap();
            assert_eq!(Some(kind.name.to_owned()), word(&names, number));
        }
    }

    #[test]
    fn each_is_shown_once_and_the_usual_ones_unasked() {
        assert_eq!(names_of(&[], false).unwrap(), USUAL);
        assert_eq!(names_of(&[], true).unwrap().len(), HOST.len());
        let asked = ["networkin", "CPUUtilization", "NetworkIn"];
        assert_eq!(names_of(&asked, false).unwrap(), ["NetworkIn", "CPUUtilization"]);
    }

    #[test]
    fn what_is_measured_elsewhere_is_found_there() {
        let tip = |name, is_host| names_of(&[name], is_host).unwrap_err().tip.unwrap();
        assert_eq!(&*tip("HostLoad", false), "sloop metrics --host --metric HostLoad");
        assert_eq!(&*tip("NetworkIn", true), "sloop metrics NAME --metric NetworkIn");
    }

    #[test]
    fn a_rate_is_what_a_sample_comes_to_in_a_second() {
        // Two samples of six, in a minute that is not over.
        let point = MetricDatapoint {
            average: Some(1000.0),
            sum: Some(2000.0),
            maximum: Some(1500.0),
            ..MetricDatapoint::default()
        };
        let value = |how| Kind { how, ..INSTANCE[1] }.value(&point);
        let all = [How::PerSecond, How::Mean, How::Total, How::Peak].map(value);
        assert_eq!(all, [Some(100.0), Some(1000.0), Some(2000.0), Some(1500.0)]);
        let odd = MetricDatapoint { average: Some(f64::NAN), ..MetricDatapoint::default() };
        assert_eq!((INSTANCE[0].value(&odd), INSTANCE[10].value(&odd)), (None, None));
    }
}
