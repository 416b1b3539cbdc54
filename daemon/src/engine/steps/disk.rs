use async_trait::async_trait;

use super::{Scene, Step};
use crate::model::{Instance, Result};

/// The overlay on the base image. Undone last, with the directory that holds it.
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
        scene.ports.volumes.ensure_disk(instance).await
    }

    async fn undo(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        scene.ports.volumes.remove_all(instance.id).await
    }
}
