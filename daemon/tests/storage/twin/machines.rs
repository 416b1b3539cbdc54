//! The machines of a host with real files: the world's, but for what they do to files.

use async_trait::async_trait;
use sloopd::{
    model::{
        Beneath, CpuShare, DomainState, Drive, Ending, Finding, HypervisorFacts, Instance, InstanceId,
        LayerId, Result, Slot, Usage, Way,
    },
    ports::{ConsoleStream, DomainEvent, Hypervisor, Volumes},
};
use tokio::sync::{Notify, broadcast};

use super::Twin;

#[async_trait]
impl Hypervisor for Twin {
    async fn ensure_defined(&self, instance: &Instance) -> Result<()> {
        self.world.ensure_defined(instance).await
    }

    async fn ensure_undefined(&self, id: InstanceId) -> Result<()> {
        self.world.ensure_undefined(id).await
    }

    async fn ensure_running(&self, id: InstanceId) -> Result<()> {
        self.world.ensure_running(id).await
    }

    async fn request_shutdown(&self, id: InstanceId) -> Result<()> {
        self.world.request_shutdown(id).await
    }

    async fn ensure_off(&self, id: InstanceId) -> Result<()> {
        self.world.ensure_off(id).await
    }

    async fn usage(&self) -> Result<Vec<(InstanceId, Usage)>> {
        self.world.usage().await
    }

    async fn pivot(&self, id: InstanceId, tops: &[(Slot, LayerId)]) -> Result<bool> {
        self.world.pivot(id, tops).await
    }

    async fn tops(&self, id: InstanceId) -> Result<Vec<(Slot, LayerId)>> {
        self.world.tops(id).await
    }

    async fn plug(&self, id: InstanceId, drive: &Drive) -> Result<()> {
        self.world.plug(id, drive).await
    }

    async fn unplug(&self, id: InstanceId, slot: Slot) -> Result<()> {
        self.world.unplug(id, slot).await
    }

    async fn grow(&self, id: InstanceId, slot: Slot, bytes: u64) -> Result<()> {
        let files = async { self.enlarge(self.top(id, slot)?).await };
        self.both(self.world.grow(id, slot, bytes), files)
    }

    async fn merge(&self, id: InstanceId, slot: Slot, way: &Way) -> Result<()> {
        let real = self.to_files_way(way);
        let heir = match way {
            Way::Commit { top, base } => self.above(id, slot, *top).map(|above| (above, *base)),
            Way::Pull { .. } => None,
        };
        let files = async {
            self.files.merge_layers(&real, &Notify::new()).await?;
            match heir {
                Some((above, base)) => self.files.put_layer_on(above, &Beneath::Layer(base)).await,
                None => Ok(()),
            }
        };
        self.both(self.world.merge(id, slot, way), files)
    }

    async fn is_merging(&self, id: InstanceId, slot: Slot) -> Result<bool> {
        self.world.is_merging(id, slot).await
    }

    async fn stop_merging(&self, id: InstanceId, slot: Slot) -> Result<()> {
        self.world.stop_merging(id, slot).await
    }

    async fn open_files(&self, id: InstanceId, slot: Slot) -> Result<Vec<Beneath>> {
        self.world.open_files(id, slot).await
    }

    async fn state(&self, id: InstanceId) -> Result<DomainState> {
        self.world.state(id).await
    }

    async fn ending(&self, id: InstanceId) -> Result<Ending> {
        self.world.ending(id).await
    }

    async fn list(&self) -> Result<Vec<(InstanceId, DomainState)>> {
        Hypervisor::list(&self.world).await
    }

    async fn resume_halted(&self, id: InstanceId) -> Result<()> {
        self.world.resume_halted(id).await
    }

    async fn halted(&self) -> Result<Vec<InstanceId>> {
        self.world.halted().await
    }

    async fn limit_cpu(&self, id: InstanceId, share: Option<CpuShare>) -> Result<()> {
        self.world.limit_cpu(id, share).await
    }

    async fn agent_answers(&self, id: InstanceId) -> Result<bool> {
        self.world.agent_answers(id).await
    }

    fn events(&self) -> broadcast::Receiver<DomainEvent> {
        self.world.events()
    }

    async fn console(&self, id: InstanceId) -> Result<ConsoleStream> {
        self.world.console(id).await
    }

    async fn console_log(&self, id: InstanceId, tail: usize) -> Result<Vec<u8>> {
        self.world.console_log(id, tail).await
    }

    async fn facts(&self) -> Result<HypervisorFacts> {
        self.world.facts().await
    }

    async fn examine(&self) -> Vec<Finding> {
        self.world.examine().await
    }
}
