use async_trait::async_trait;

use super::{Scene, Step, tops::make_top};
use crate::{
    model::{Drive, Instance, Order, Result},
    ports::Change,
};

/// Hands a disk to a guest that runs; one that is off finds it when it starts.
pub(in crate::engine) struct Plug;

/// Makes a disk larger, and tells the guest.
pub(in crate::engine) struct Grow;

#[async_trait]
impl Step for Plug {
    fn stage(&self) -> &'static str {
        "plugging the disk in"
    }

    fn undo_stage(&self) -> &'static str {
        "taking the disk out"
    }

    async fn ensure(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        let drive = drive(scene, instance)?;
        make_top(scene, &drive.stack).await?;
        if !scene.ports.hypervisor.state(instance.id).await?.is_alive() {
            return Ok(());
        }
        scene.ports.hypervisor.plug(instance.id, drive).await
    }

    async fn undo(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        if !scene.ports.hypervisor.state(instance.id).await?.is_alive() {
            return Ok(());
        }
        scene.ports.hypervisor.unplug(instance.id, drive(scene, instance)?.slot).await
    }
}

#[async_trait]
impl Step for Grow {
    fn stage(&self) -> &'static str {
        "making the disk larger"
    }

    async fn ensure(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        let Order::Grow { bytes, .. } = *scene.order else { return Err(scene.odd_order()) };
        let drive = drive(scene, instance)?;
        let top = drive.stack.top();
        if scene.ports.hypervisor.state(instance.id).await?.is_alive() {
            scene.ports.hypervisor.grow(instance.id, drive.slot, bytes).await?;
        } else if top.is_made {
            scene.ports.volumes.grow_layer(top.id, bytes).await?;
        }
        scene.ports.store.commit(vec![Change::SetLayerSize(top.id, bytes)]).await
    }
}

/// The disk that the order is about.
fn drive<'a>(scene: &Scene<'_>, instance: &'a Instance) -> Result<&'a Drive> {
    let (Order::Disk(disk) | Order::Grow { disk, .. }) = scene.order else { return Err(scene.odd_order()) };
    instance.drive(*disk).ok_or_else(|| crate::model::Error::not_found("Disk", disk))
}
