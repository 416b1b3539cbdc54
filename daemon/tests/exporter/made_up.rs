//! A report with a value for everything.

use std::time::Duration;

use sloopd::{
    engine::Latest,
    model::{
        Bytes, DiskUsage, HostFacts, InstanceId, Metric, Owner, ProcessUse, ResourceName, Status, Usage,
    },
    verbs::{HostMetrics, InstanceMetrics, MetricsReport},
};
use uuid::Uuid;

/// An instance that runs, one that is stopped and has an odd owner, and the host.
pub(crate) fn report() -> MetricsReport {
    let stopped = InstanceMetrics {
        status: Status::Stopped,
        owner: Owner("uid:1000 \"o\\k\"\n".into()),
        latest: None,
        ..instance(1, "db")
    };
    MetricsReport {
        version: "1.2.3".into(),
        zone: "us-east-1a".into(),
        instances: vec![stopped, instance(2, "web")],
        host: HostMetrics {
            facts: HostFacts { cpu_count: 4, memory_bytes: 8 << 30, kernel: "6.1.0".into() },
            disk_bytes: Some(1 << 38),
            latest: Some(Latest {
                values: vec![
                    (Metric::HostCpuUtilization, 25.0),
                    (Metric::HostMemoryUsed, 4_294_967_296.0),
                    (Metric::HostDiskFree, 107_374_182_400.0),
                    (Metric::HostLoad, 0.75),
                ],
                ..Latest::default()
            }),
        },
        operations_waiting: 1,
        operations_under_way: 2,
        process: Some(ProcessUse {
            resident: 20 << 20,
            cpu: Duration::from_millis(12_500),
            started: "2026-11-05T10:00:00Z".parse().expect("an instant"),
        }),
        metrics_room: Some(1 << 20),
    }
}

/// An instance that runs.
pub(crate) fn instance(number: u128, name: &str) -> InstanceMetrics {
    InstanceMetrics {
        id: InstanceId(Uuid::from_u128(number)),
        name: ResourceName::parse("instanceName", name).expect("a sound name"),
        owner: Owner("ann".into()),
        blueprint_id: "debian_12".into(),
        bundle_id: "nano_3_0".into(),
        status: Status::Running,
        cpu_count: 2,
        ram_bytes: 512 << 20,
        latest: Some(measured()),
    }
}

fn measured() -> Latest {
    Latest {
        values: vec![
            (Metric::CpuUtilization, 12.5),
            (Metric::DiskQueueLength, 0.25),
            (Metric::StatusCheckFailedInstance, 1.0),
            (Metric::StatusCheckFailedSystem, 0.0),
            (Metric::BurstCapacityTime, 3600.0),
            (Metric::BurstCapacityPercentage, 50.0),
        ],
        usage: Usage {
            cpu: Some(Duration::from_millis(90_500)),
            resident: Some(200 << 20),
            disks: Some(DiskUsage {
                read_ops: 10,
                write_ops: 20,
                read_bytes: 40_960,
                write_bytes: 81_920,
                read_time: Duration::from_millis(250),
                write_time: Duration::from_millis(1500),
            }),
            ..Usage::default()
        },
        traffic: Some(Bytes { inward: 1000, outward: 2000 }),
        ..Latest::default()
    }
}
