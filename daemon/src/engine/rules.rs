//! The packet filter and the wires follow what is written down.

use tokio::sync::Mutex;

use super::Engine;
use crate::{
    model::{Error, Instance, InstanceId, Result, Status},
    ports::Ports,
};

/// Held from the reading of what is written to the end of the transaction that puts it up, so that what was written last is
/// what stands. Wires have one of their own: they take longer, and a rule need not wait for them.
#[derive(Debug, Default)]
pub(super) struct RulesLock {
    rules: Mutex<()>,
    wires: Mutex<()>,
}

impl RulesLock {
    /// Puts an instance's rules up, as they are written now: they may have changed since its worker looked.
    pub(super) async fn ensure(&self, ports: &Ports, instance: &Instance) -> Result<()> {
        let _alone = self.rules.lock().await;
        ports.firewall.ensure(&written(ports, instance).await?).await
    }

    /// Plugs an instance's wire in, as it is written now.
    pub(super) async fn plug(&self, ports: &Ports, instance: &Instance) -> Result<()> {
        let _alone = self.wires.lock().await;
        ports.network.ensure_link(&written(ports, instance).await?).await
    }

    /// Pulls an instance's wire out. Who had read that it runs has plugged it in before, or does not any more.
    pub(super) async fn unplug(&self, ports: &Ports, instance: &Instance) -> Result<()> {
        let _alone = self.wires.lock().await;
        ports.network.remove_link(instance.id).await
    }

    /// Takes an instance's rules out.
    pub(super) async fn remove(&self, ports: &Ports, instance: &Instance) -> Result<()> {
        let _alone = self.rules.lock().await;
        ports.firewall.remove(instance).await
    }
}

async fn written(ports: &Ports, instance: &Instance) -> Result<Instance> {
    let written = ports.store.instance_by_id(instance.id).await?;
    written.ok_or_else(|| Error::not_found("Instance", &instance.name))
}

impl Engine {
    /// Has the rules of some instances follow what is written of them, in one transaction. Those of instances that have none
    /// now are left for their next start. On failure the old ones stand.
    pub async fn refresh_rules(&self, instances: &[InstanceId]) -> Result<()> {
        let _alone = self.shared.rules.rules.lock().await;
        let mut written = Vec::new();
        for id in instances {
            written.extend(self.ports().store.instance_by_id(*id).await?);
        }
        self.ports().firewall.refresh(&written).await
    }

    /// Has the wires of those instances that run follow what is written of them.
    pub async fn refresh_wires(&self, instances: &[InstanceId]) -> Result<()> {
        let _alone = self.shared.rules.wires.lock().await;
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
