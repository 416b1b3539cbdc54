use async_trait::async_trait;

use super::{Scene, Step};
use crate::model::{Instance, Result};

/// The instance's address and firewall, in place before it boots.
pub(in crate::engine) struct Rules;

#[async_trait]
impl Step for Rules {
    fn stage(&self) -> &'static str {
        "closing the firewall"
    }

    fn undo_stage(&self) -> &'static str {
        "removing its firewall"
    }

    fn sets_rules(&self) -> bool {
        true
    }

    async fn ensure(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        scene.rules.ensure(scene.ports, instance).await
    }

    async fn undo(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        scene.rules.remove(scene.ports, instance).await
    }
}
