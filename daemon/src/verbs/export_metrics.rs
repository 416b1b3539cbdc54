use jiff::SignedDuration;

use super::Verbs;
use crate::{
    engine::Latest,
    model::{
        HostFacts, Instance, InstanceId, Operation, OperationStatus, Owner, ProcessUse, ResourceName, Result,
        Status, Subject,
    },
};

/// Six samples long. What was measured earlier says nothing of now.
const FRESH: SignedDuration = SignedDuration::from_mins(1);

/// What there is and what was measured of it last.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricsReport {
    /// Version of the daemon.
    pub version: String,
    /// The zone that everything is in.
    pub zone: String,
    /// Instances, by name.
    pub instances: Vec<InstanceMetrics>,
    /// The host.
    pub host: HostMetrics,
    /// Operations that wait for their turn.
    pub operations_waiting: usize,
    /// Operations that are under way.
    pub operations_under_way: usize,
    /// What the daemon itself takes; nothing where that is not known.
    pub process: Option<ProcessUse>,
    /// Room that everything measured takes on the disk, in bytes; nothing where that cannot be told now.
    pub metrics_room: Option<u64>,
}

/// An instance and what was measured of it.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceMetrics {
    /// Its identity.
    pub id: InstanceId,
    /// Its name.
    pub name: ResourceName,
    /// Whose it is.
    pub owner: Owner,
    /// Blueprint it was made from.
    pub blueprint_id: String,
    /// Its plan.
    pub bundle_id: String,
    /// What it is doing.
    pub status: Status,
    /// Virtual processors of its plan.
    pub cpu_count: u32,
    /// Memory of its plan, in bytes.
    pub ram_bytes: u64,
    /// What was measured last; nothing while it does not run.
    pub latest: Option<Latest>,
}

/// The host and what was measured of it.
#[derive(Clone, Debug, PartialEq)]
pub struct HostMetrics {
    /// What it has.
    pub facts: HostFacts,
    /// Room where disks are, in bytes; nothing where that cannot be told now.
    pub disk_bytes: Option<u64>,
    /// What was measured last; nothing before the first time.
    pub latest: Option<Latest>,
}

impl Verbs {
    /// What there is and what was measured of it last, for programs that collect it. Of everybody's: the door knows whom it lets in.
    /// What a part cannot tell now is left out; the rest is told all the same.
    pub async fn export_metrics(&self) -> Result<MetricsReport> {
        let (ports, now) = (&self.ports, self.ports.clock.now());
        let mut latest = self.engine.latest();
        latest.retain(|_, one| now.duration_since(one.at) <= FRESH);
        // Looked at later than what was measured: what is deleted meanwhile is not there.
        let mut instances = Vec::new();
        for instance in ports.store.instances().await? {
            let measured = latest.remove(&Subject::from(instance.id));
            instances.push(of_instance(instance, measured));
        }
        let unfinished = ports.store.unfinished().await?;
        Ok(MetricsReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            zone: self.policy.place.zone.clone(),
            instances,
            host: HostMetrics {
                facts: ports.host.facts(),
                disk_bytes: ports.volumes.total_bytes().await.ok(),
                latest: latest.remove(&Subject::from(ports.store.host_id())),
            },
            operations_waiting: count(&unfinished, OperationStatus::NotStarted),
            operations_under_way: count(&unfinished, OperationStatus::Started),
            process: ports.host.own_use(),
            metrics_room: ports.metrics.room().await.ok(),
        })
    }
}

fn of_instance(instance: Instance, measured: Option<Latest>) -> InstanceMetrics {
    let ram_bytes = instance.ram_bytes();
    let Instance { id, name, owner, blueprint_id, bundle_id, status, cpu_count, .. } = instance;
    // It may have stopped since.
    let latest = measured.filter(|_| status != Status::Stopped);
    InstanceMetrics { id, name, owner, blueprint_id, bundle_id, status, cpu_count, ram_bytes, latest }
}

fn count(operations: &[Operation], status: OperationStatus) -> usize {
    operations.iter().filter(|one| one.status == status).count()
}
