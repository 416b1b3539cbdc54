use async_trait::async_trait;

use super::{Scene, Step};
use crate::model::{Instance, Result};

/// Takes the rules out after a stop: the public address goes back to the pool and must lead nowhere.
pub(in crate::engine) struct Cut;

#[async_trait]
impl Step for Cut {
    fn stage(&self) -> &'static str {
        "letting go of its address"
    }

    async fn ensure(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        scene.ports.firewall.remove(instance).await
    }
}
