use async_trait::async_trait;

use super::{Scene, Step};
use crate::model::{Instance, Result};

/// The tap, and DHCP on it.
pub(in crate::engine) struct Link;

#[async_trait]
impl Step for Link {
    fn stage(&self) -> &'static str {
        "plugging the wire"
    }

    fn undo_stage(&self) -> &'static str {
        "pulling the wire"
    }

    async fn ensure(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        scene.rules.plug(scene.ports, instance).await
    }

    async fn undo(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        scene.rules.unplug(scene.ports, instance).await
    }
}
