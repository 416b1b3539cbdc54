//! The packet filter follows what is written down.

use tokio::sync::Mutex;

use super::Engine;
use crate::{
    model::{Error, Instance, InstanceId, Result, Status},
    ports::Ports,
};

/// Held from the reading of what is written to the end of the transaction that puts it up, so that what was written last is
/// what stands.
#[derive(Debug, Default)]
pub(super) struct RulesLock(Mutex<()>);

impl RulesLock {
    /// Puts an instance's rules up, as they are written now: they may have changed since its worker looked.
    pub(super) async fn ensure(&self, ports: &Ports, instance: &Instance) -> Result<()> {
        let _alone = self.0.lock().await;
        let written = ports.store.instance_by_id(instance.id).await?;
        let written = written.ok_or_else(|| Error::not_found("Instance", &instance.name))?;
        ports.firewall.ensure(&written).await
    }

    /// Takes an instance's rules out.
    pub(super) async fn remove(&self, ports: &Ports, instance: &Instance) -> Result<()> {
        let _alone = self.0.lock().await;
        ports.firewall.remove(instance).await
    }
}

impl Engine {
    /// Has the rules of some instances follow what is written of them, in one transaction. Those of instances that have none
    /// now are left for their next start. On failure the old ones stand.
    pub async fn refresh_rules(&self, instances: &[InstanceId]) -> Result<()> {
        let _alone = self.shared.rules.0.lock().await;
        let mut written = Vec::new();
        for id in instances {
            written.extend(self.ports().store.instance_by_id(*id).await?);
        }
        self.ports().firewall.refresh(&written).await
    }

    /// Has the wires of those instances that run follow what is written of them.
    pub async fn refresh_wires(&self, instances: &[InstanceId]) -> Result<()> {
        for id in instances {
            if let Some(written) = self.ports().store.instance_by_id(*id).await?
                && written.status == Status::Running
            {
                self.ports().network.ensure_link(&written).await?;
            }
        }
        Ok(())
    }
}
