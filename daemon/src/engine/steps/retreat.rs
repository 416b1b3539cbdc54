use async_trait::async_trait;

use super::{Scene, Step, mark::find};
use crate::{
    model::{Beneath, DiskId, Error, FrozenDisk, Instance, Layer, LayerId, Order, Result, Snapshot},
    ports::Change,
};

/// Takes the disks of an instance that is off back to a snapshot, and keeps what they hold as another one.
pub(in crate::engine) struct Retreat;

#[async_trait]
impl Step for Retreat {
    fn stage(&self) -> &'static str {
        "going back to the snapshot"
    }

    fn undo_stage(&self) -> &'static str {
        "returning to the present"
    }

    fn rewrites(&self) -> bool {
        true
    }

    async fn ensure(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        let Order::RollBack { to, keep, tops, .. } = scene.order else { return Err(scene.odd_order()) };
        let kept = find(scene, *keep).await?;
        if !kept.disks.is_empty() {
            // Written whole, or not at all.
            return Ok(());
        }
        let back = find(scene, *to).await?;
        let mut changes = vec![Change::Freeze(*keep, present(instance, tops))];
        for (disk, top) in tops {
            changes.push(Change::PutOnTop(*disk, new_top(instance, &back, *disk, *top)?));
        }
        changes.push(Change::Settle(*keep));
        scene.ports.store.commit(changes).await
    }

    async fn undo(&self, scene: &Scene<'_>, _: &Instance) -> Result<()> {
        let Order::RollBack { keep, .. } = scene.order else { return Err(scene.odd_order()) };
        let Some(kept) = scene.ports.store.snapshot_by_id(*keep).await? else { return Ok(()) };
        let mut changes: Vec<_> =
            kept.disks.iter().map(|disk| Change::SetTop(disk.disk, disk.layer)).collect();
        changes.push(Change::RemoveSnapshot(*keep));
        scene.ports.store.commit(changes).await
    }
}

/// What the disks that go back hold now.
fn present(instance: &Instance, tops: &[(DiskId, LayerId)]) -> Vec<FrozenDisk> {
    let drives = tops.iter().filter_map(|(disk, _)| instance.drive(*disk));
    drives.map(|drive| drive.frozen(None)).collect()
}

/// On the snapshot's layer. The disk does not become smaller than it is: its plan may have grown since.
fn new_top(instance: &Instance, back: &Snapshot, disk: DiskId, top: LayerId) -> Result<Layer> {
    let frozen = back.disks.iter().find(|frozen| frozen.disk == disk);
    let (frozen, drive) = frozen
        .zip(instance.drive(disk))
        .ok_or_else(|| Error::internal(format!("the disk {disk} is not in the snapshot {}", back.title())))?;
    let bytes = frozen.bytes.max(drive.stack.bytes());
    Ok(Layer { id: top, beneath: Beneath::Layer(frozen.layer), bytes, is_made: false })
}
