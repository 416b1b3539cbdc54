use super::Verbs;
use crate::model::{HostFacts, HypervisorFacts, Result};

/// What the host is and has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostReport {
    /// The machine.
    pub host: HostFacts,
    /// What runs virtual machines.
    pub hypervisor: HypervisorFacts,
    /// Memory promised to instances that are not stopped, in bytes.
    pub memory_promised: u64,
    /// Memory that plans may still take, in bytes.
    pub memory_available: u64,
    /// Free disk space in bytes.
    pub disk_free: u64,
    /// Free disk space that no create may touch, in bytes.
    pub disk_headroom: u64,
    /// Instances there are.
    pub instances: usize,
    /// Instances there may be.
    pub instance_quota: usize,
}

impl Verbs {
    /// Capacity, accelerator and versions.
    pub async fn get_host(&self) -> Result<HostReport> {
        let instances = self.ports.store.instances().await?;
        let (memory_available, memory_promised) = self.memory(&instances);
        Ok(HostReport {
            host: self.ports.host.facts(),
            hypervisor: self.ports.hypervisor.facts().await?,
            memory_promised,
            memory_available,
            disk_free: self.ports.volumes.free_bytes().await?,
            disk_headroom: self.policy.capacity.disk_headroom,
            instances: instances.len(),
            instance_quota: self.policy.quotas.instances,
        })
    }
}
