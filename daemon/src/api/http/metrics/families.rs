//! What there is to read: names, units and where each number comes from. Pure.
//!
//! Names are those that Prometheus's conventions make: base units as suffixes, shares from 0 to 1, counters that only grow while
//! an instance runs. `sloop_` is put before all of them.

use std::fmt;

use prometheus_client::{
    encoding::{
        CounterValueEncoder, EncodeCounterValue, EncodeGaugeValue, GaugeValueEncoder, MetricEncoder,
        NoLabelSet,
    },
    metrics::MetricType,
    registry::Unit,
};

use self::{
    Number::Whole,
    Sort::{Counter, Gauge},
    Suffix::{Bytes, Plain, Ratio, Seconds},
};
use crate::{
    engine::Latest,
    model::{DiskUsage, Metric, Status},
    verbs::{InstanceMetrics, MetricsReport},
};

/// A family of numbers with one name, one for each `T`.
pub(super) struct Family<T> {
    pub(super) name: &'static str,
    suffix: Suffix,
    sort: Sort,
    pub(super) help: &'static str,
    /// The number, where there is one now.
    pub(super) number: fn(&T) -> Option<Number>,
}

/// Whether numbers only grow, until they begin anew.
#[derive(Clone, Copy)]
enum Sort {
    Counter,
    Gauge,
}

/// What numbers are counted in. It ends their names.
#[derive(Clone, Copy)]
enum Suffix {
    Plain,
    Bytes,
    Ratio,
    Seconds,
}

/// A number, exact where it is whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Whole(u64),
    Real(f64),
}

/// Of each instance.
pub(super) const OF_INSTANCE: &[Family<InstanceMetrics>] = &[
    instance("instance_up", Plain, Gauge, "Whether the instance runs: 1, else 0.", |one| {
        Some(Whole((one.status == Status::Running).into()))
    }),
    instance("instance_vcpus", Plain, Gauge, "Virtual processors of the instance's plan.", |one| {
        Some(Whole(one.cpu_count.into()))
    }),
    instance("instance_memory", Bytes, Gauge, "Memory of the instance's plan.", |one| {
        Some(Whole(one.ram_bytes))
    }),
    instance(
        "instance_cpu",
        Seconds,
        Counter,
        "Time that the instance's virtual processors ran, all together.",
        |one| real(latest(one)?.usage.cpu?.as_secs_f64()),
    ),
    instance(
        "instance_cpu_utilization",
        Ratio,
        Gauge,
        "Share of its virtual processors that the instance used in the last ten seconds.",
        |one| share(one, Metric::CpuUtilization),
    ),
    instance(
        "instance_memory_resident",
        Bytes,
        Gauge,
        "Memory of the host that the instance takes.",
        |one| Some(Whole(latest(one)?.usage.resident?)),
    ),
    instance("instance_network_receive", Bytes, Counter, "What came to the instance on its wire.", |one| {
        Some(Whole(latest(one)?.traffic?.inward))
    }),
    instance("instance_network_transmit", Bytes, Counter, "What the instance sent on its wire.", |one| {
        Some(Whole(latest(one)?.traffic?.outward))
    }),
    instance("instance_disk_reads", Plain, Counter, "Reads from the instance's disks.", |one| {
        Some(Whole(disks(one)?.read_ops))
    }),
    instance("instance_disk_writes", Plain, Counter, "Writes to the instance's disks.", |one| {
        Some(Whole(disks(one)?.write_ops))
    }),
    instance("instance_disk_read", Bytes, Counter, "What the instance read from its disks.", |one| {
        Some(Whole(disks(one)?.read_bytes))
    }),
    instance("instance_disk_written", Bytes, Counter, "What the instance wrote to its disks.", |one| {
        Some(Whole(disks(one)?.write_bytes))
    }),
    instance(
        "instance_disk_read_time",
        Seconds,
        Counter,
        "Time that the instance's reads took, all together.",
        |one| real(disks(one)?.read_time.as_secs_f64()),
    ),
    instance(
        "instance_disk_write_time",
        Seconds,
        Counter,
        "Time that the instance's writes took, all together.",
        |one| real(disks(one)?.write_time.as_secs_f64()),
    ),
    instance(
        "instance_disk_queue_length",
        Plain,
        Gauge,
        "The instance's reads and writes that were under way in the last ten seconds, on average.",
        |one| real(value(latest(one)?, Metric::DiskQueueLength)?),
    ),
    instance(
        "instance_burst_capacity",
        Ratio,
        Gauge,
        "Share of all the load that the instance could save up that it has saved.",
        |one| share(one, Metric::BurstCapacityPercentage),
    ),
    instance(
        "instance_burst_capacity",
        Seconds,
        Gauge,
        "How long the instance could run at full load on what it has saved.",
        |one| real(value(latest(one)?, Metric::BurstCapacityTime)?),
    ),
];

/// The last status check of an instance, by what was checked.
pub(super) const CHECKS: Family<InstanceMetrics> = instance(
    "instance_status_check_failed",
    Plain,
    Gauge,
    "Whether the last status check failed, of the instance or of the system beneath it: 1, else 0.",
    |_| None,
);

/// What is checked, and where the outcome is.
pub(super) const CHECKED: [(&str, Metric); 2] =
    [("instance", Metric::StatusCheckFailedInstance), ("system", Metric::StatusCheckFailedSystem)];

/// Operations that have not ended, by their status.
pub(super) const OPERATIONS: Family<MetricsReport> =
    host("operations_unfinished", Plain, Gauge, "Operations that have not ended, by their status.", |_| None);

/// Of the host and of the daemon.
pub(super) const OF_HOST: &[Family<MetricsReport>] = &[
    host("host_cpus", Plain, Gauge, "Processors of the host.", |all| {
        Some(Whole(all.host.facts.cpu_count.into()))
    }),
    host(
        "host_cpu_utilization",
        Ratio,
        Gauge,
        "Share of the host's processors that was used in the last ten seconds.",
        |all| of_host(all, Metric::HostCpuUtilization).and_then(|percent| real(percent / 100.0)),
    ),
    host("host_load1", Plain, Gauge, "Programs that wanted to run in the last minute, on average.", |all| {
        real(of_host(all, Metric::HostLoad)?)
    }),
    host("host_memory", Bytes, Gauge, "Memory of the host.", |all| Some(Whole(all.host.facts.memory_bytes))),
    host("host_memory_used", Bytes, Gauge, "Memory of the host that is used.", |all| {
        real(of_host(all, Metric::HostMemoryUsed)?)
    }),
    host("host_disk", Bytes, Gauge, "Room where disks of instances are.", |all| {
        Some(Whole(all.host.disk_bytes?))
    }),
    host("host_disk_free", Bytes, Gauge, "Room that is left where disks of instances are.", |all| {
        real(of_host(all, Metric::HostDiskFree)?)
    }),
    host("metrics_store", Bytes, Gauge, "Room that what was measured takes on the disk.", |all| {
        Some(Whole(all.metrics_room?))
    }),
    host("process_resident_memory", Bytes, Gauge, "Memory that the daemon takes.", |all| {
        Some(Whole(all.process?.resident))
    }),
    host("process_cpu", Seconds, Counter, "Time that the daemon ran, all its threads together.", |all| {
        real(all.process?.cpu.as_secs_f64())
    }),
    host("process_start_time", Seconds, Gauge, "When the daemon began, since the epoch.", |all| {
        u64::try_from(all.process?.started.as_second()).ok().map(Whole)
    }),
];

/// A family of which each instance may have a number.
const fn instance(
    name: &'static str,
    suffix: Suffix,
    sort: Sort,
    help: &'static str,
    number: fn(&InstanceMetrics) -> Option<Number>,
) -> Family<InstanceMetrics> {
    Family { name, suffix, sort, help, number }
}

/// A family that has one number in all.
const fn host(
    name: &'static str,
    suffix: Suffix,
    sort: Sort,
    help: &'static str,
    number: fn(&MetricsReport) -> Option<Number>,
) -> Family<MetricsReport> {
    Family { name, suffix, sort, help, number }
}

impl<T> Family<T> {
    pub(super) fn unit(&self) -> Option<Unit> {
        match self.suffix {
            Plain => None,
            Bytes => Some(Unit::Bytes),
            // The library's own word is in the plural, which nobody else writes.
            Ratio => Some(Unit::Other("ratio".to_owned())),
            Seconds => Some(Unit::Seconds),
        }
    }

    pub(super) fn metric_type(&self) -> MetricType {
        match self.sort {
            Counter => MetricType::Counter,
            Gauge => MetricType::Gauge,
        }
    }

    /// Writes one of its numbers.
    pub(super) fn write(&self, encoder: &mut MetricEncoder<'_>, number: Number) -> fmt::Result {
        match self.sort {
            Counter => encoder.encode_counter::<NoLabelSet, _, u64>(&number, None),
            Gauge => encoder.encode_gauge(&number),
        }
    }
}

impl EncodeCounterValue for Number {
    fn encode(&self, encoder: &mut CounterValueEncoder<'_>) -> fmt::Result {
        match self {
            Self::Whole(number) => EncodeCounterValue::encode(number, encoder),
            Self::Real(number) => EncodeCounterValue::encode(number, encoder),
        }
    }
}

impl EncodeGaugeValue for Number {
    fn encode(&self, encoder: &mut GaugeValueEncoder<'_>) -> fmt::Result {
        match self {
            Self::Whole(number) => EncodeGaugeValue::encode(number, encoder),
            Self::Real(number) => EncodeGaugeValue::encode(number, encoder),
        }
    }
}

/// The outcome of the last status check, where there was one.
pub(super) fn checked(one: &InstanceMetrics, what: Metric) -> Option<Number> {
    real(value(latest(one)?, what)?)
}

fn latest(one: &InstanceMetrics) -> Option<&Latest> {
    one.latest.as_ref()
}

fn disks(one: &InstanceMetrics) -> Option<DiskUsage> {
    latest(one)?.usage.disks
}

fn value(latest: &Latest, of: Metric) -> Option<f64> {
    latest.values.iter().find(|(metric, _)| *metric == of).map(|(_, value)| *value)
}

/// A percentage as a share of one.
fn share(one: &InstanceMetrics, of: Metric) -> Option<Number> {
    real(value(latest(one)?, of)? / 100.0)
}

fn of_host(all: &MetricsReport, of: Metric) -> Option<f64> {
    value(all.host.latest.as_ref()?, of)
}

/// What is no number is not told.
fn real(number: f64) -> Option<Number> {
    number.is_finite().then_some(Number::Real(number))
}
