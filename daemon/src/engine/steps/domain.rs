use async_trait::async_trait;

use super::{Scene, Step};
use crate::model::{Instance, Result};

/// The libvirt domain.
pub(in crate::engine) struct Domain;

#[async_trait]
impl Step for Domain {
    fn stage(&self) -> &'static str {
        "defining the machine"
    }

    fn undo_stage(&self) -> &'static str {
        "forgetting the machine"
    }

    async fn ensure(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        scene.ports.hypervisor.ensure_defined(instance).await
    }

    async fn undo(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        scene.ports.hypervisor.ensure_undefined(instance.id).await
    }
}
