use async_trait::async_trait;

use super::{Scene, Step};
use crate::{
    model::{Instance, LayerId, Order, Origin, Result, Snapshot, SnapshotId},
    ports::Change,
};

/// Writes down which layers a snapshot keeps, and which new ones take their places.
pub(in crate::engine) struct Mark;

#[async_trait]
impl Step for Mark {
    fn stage(&self) -> &'static str {
        "looking at the disks"
    }

    async fn ensure(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        let snapshot = snapshot(scene).await?;
        if !snapshot.disks.is_empty() {
            return Ok(());
        }
        let disks = instance.drives.iter().filter(|drive| match &snapshot.origin {
            Origin::Instance(_) => true,
            Origin::Disk { id, .. } => *id == drive.disk,
        });
        let frozen = disks.map(|drive| drive.frozen(Some(LayerId::fresh())));
        scene.ports.store.commit(vec![Change::Freeze(snapshot.id, frozen.collect())]).await
    }
}

/// The snapshot that the operation is to take.
pub(super) async fn snapshot(scene: &Scene<'_>) -> Result<Snapshot> {
    let Order::Snapshot(id) = scene.order else { return Err(scene.odd_order()) };
    find(scene, *id).await
}

pub(super) async fn find(scene: &Scene<'_>, id: SnapshotId) -> Result<Snapshot> {
    let found = scene.ports.store.snapshot_by_id(id).await?;
    found.ok_or_else(|| crate::model::Error::not_found("Snapshot", id))
}
