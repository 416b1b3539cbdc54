use async_trait::async_trait;

use super::{Scene, Step};
use crate::model::{Instance, Result};

/// The disk with host keys, authorised keys, host name and user data.
pub(in crate::engine) struct Seed;

#[async_trait]
impl Step for Seed {
    fn stage(&self) -> &'static str {
        "writing its identity"
    }

    fn undo_stage(&self) -> &'static str {
        "removing its identity"
    }

    async fn ensure(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        scene.ports.volumes.ensure_seed(instance).await
    }

    async fn undo(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        scene.ports.volumes.remove_seed(instance.id).await
    }
}
