use async_trait::async_trait;

use super::{
    Scene, Step,
    tops::{align, make_top},
};
use crate::model::{Instance, Result};

/// The top of its disk, on a base image or on layers of a snapshot. Undone last, with the directory that holds the rest.
/// Disks that are attached to it stay, and so does what snapshots keep.
pub(in crate::engine) struct Disk;

#[async_trait]
impl Step for Disk {
    fn stage(&self) -> &'static str {
        "making the disk"
    }

    fn undo_stage(&self) -> &'static str {
        "removing the disk"
    }

    async fn ensure(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        for drive in &instance.drives {
            make_top(scene, &drive.stack).await?;
            align(scene, &drive.stack).await;
        }
        Ok(())
    }

    async fn undo(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        scene.ports.volumes.remove_layer(instance.system()?.stack.top().id).await?;
        scene.ports.volumes.remove_all(instance.id).await
    }
}
