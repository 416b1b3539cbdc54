use async_trait::async_trait;

use super::{Scene, Step, mark::snapshot, tops::make_top};
use crate::{
    model::{Instance, LayerId, Result, Slot, Snapshot},
    ports::Change,
};

/// Files for the new tops of a disk that a guest is writing to.
pub(in crate::engine) struct NewTops;

/// The moment of a snapshot: a running guest writes to the new tops from here on, of all its disks at once. The disks of one that is
/// off need no more than the record.
pub(in crate::engine) struct Pivot;

#[async_trait]
impl Step for NewTops {
    fn stage(&self) -> &'static str {
        "preparing the disks"
    }

    async fn ensure(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        if !is_alive(scene, instance).await? {
            return Ok(());
        }
        let snapshot = snapshot(scene).await?;
        for disk in &snapshot.disks {
            let Some(next) = disk.next else { continue };
            make_top(scene, &scene.ports.store.stack(next).await?).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Step for Pivot {
    fn stage(&self) -> &'static str {
        "freezing the disks"
    }

    async fn ensure(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        if !is_alive(scene, instance).await? {
            return Ok(());
        }
        let snapshot = snapshot(scene).await?;
        let tops = new_tops(&snapshot);
        if tops.is_empty() {
            return Ok(());
        }
        let quiesced = scene.ports.hypervisor.pivot(instance.id, &tops).await?;
        scene.ports.store.commit(vec![Change::SetQuiesced(snapshot.id, quiesced)]).await
    }
}

/// The new tops of a snapshot that is being made, with their places.
pub(in crate::engine) fn new_tops(snapshot: &Snapshot) -> Vec<(Slot, LayerId)> {
    snapshot.disks.iter().filter_map(|disk| disk.slot.zip(disk.next)).collect()
}

async fn is_alive(scene: &Scene<'_>, instance: &Instance) -> Result<bool> {
    Ok(scene.ports.hypervisor.state(instance.id).await?.is_alive())
}
