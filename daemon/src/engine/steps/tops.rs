use async_trait::async_trait;

use super::{Scene, Step};
use crate::{
    model::{Instance, Result, Stack},
    ports::Change,
};

/// Files for the tops of disks that nobody has written to yet. They stay when what follows fails: empty, they hurt nobody.
pub(in crate::engine) struct Tops;

#[async_trait]
impl Step for Tops {
    fn stage(&self) -> &'static str {
        "making the disks ready"
    }

    async fn ensure(&self, scene: &Scene<'_>, instance: &Instance) -> Result<()> {
        for drive in &instance.drives {
            make_top(scene, &drive.stack).await?;
        }
        Ok(())
    }
}

/// Makes the file of a disk's top unless it is there.
pub(super) async fn make_top(scene: &Scene<'_>, stack: &Stack) -> Result<()> {
    let (top, beneath) = (stack.top(), stack.beneath_top());
    if top.is_made {
        return Ok(());
    }
    scene.ports.volumes.make_layer(top, &beneath).await?;
    scene.ports.store.commit(vec![Change::SetMade(top.id)]).await
}
