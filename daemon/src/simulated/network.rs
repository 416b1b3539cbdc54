use async_trait::async_trait;
use tokio::sync::broadcast;

use super::Simulated;
use crate::{
    model::{Bytes, DomainState, Finding, Instance, InstanceId, Result},
    ports::{LinkEvent, Network},
};

#[async_trait]
impl Network for Simulated {
    async fn ensure_host(&self) -> Result<()> {
        self.call("ensure_host").map(drop)
    }

    async fn ensure_link(&self, instance: &Instance) -> Result<()> {
        self.call("ensure_link")?.links.insert(instance.id);
        Ok(())
    }

    async fn remove_link(&self, id: InstanceId) -> Result<()> {
        self.call("remove_link")?.links.remove(&id);
        Ok(())
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        Ok(self.call("list_links")?.links.iter().copied().collect())
    }

    async fn arp_answers(&self, instance: &Instance) -> Result<bool> {
        let world = self.call("arp_answers")?;
        let runs = world.domains.get(&instance.id) == Some(&DomainState::Running);
        Ok(runs && !world.mute.contains(&instance.id))
    }

    async fn ssh_answers(&self, instance: &Instance) -> bool {
        self.world().domains.get(&instance.id) == Some(&DomainState::Running)
    }

    async fn traffic(&self) -> Result<Vec<(InstanceId, Bytes)>> {
        let world = self.call("traffic")?;
        Ok(world.links.iter().map(|id| (*id, world.traffic.get(id).copied().unwrap_or_default())).collect())
    }

    fn events(&self) -> broadcast::Receiver<LinkEvent> {
        self.inner.link_events.subscribe()
    }

    async fn examine(&self) -> Vec<Finding> {
        Vec::new()
    }
}
