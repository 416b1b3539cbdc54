use async_trait::async_trait;

use super::{Scene, Step};
use crate::model::{Instance, Result};

/// Power on; its undo cuts the power.
pub(in crate::engine) struct Power;

#[async_trait]
impl Step for Power {
    fn stage(&self) -> &'static str {
        "starting the machine"
    }

    fn starts_guest(&self) -> bool {
        true
    }

    fn undo_stage(&self) -> &'static str {
        "cutting the power"
    }

    async fn ensure(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        scene.ports.hypervisor.ensure_running(instance.id).await
    }

    async fn undo(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        scene.ports.hypervisor.ensure_off(instance.id).await
    }
}
