use async_trait::async_trait;

use super::{Scene, Step};
use crate::{
    engine::beneath::name_beneath,
    model::{Beneath, Instance, Result, Stack},
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
            align(scene, &drive.stack).await;
        }
        Ok(())
    }
}

/// Has every file name the one beneath it, before a guest has them open. Where that was missed another is named that reads the same.
pub(super) async fn align(scene: &Scene<'_>, stack: &Stack) {
    let files: Vec<_> = stack.made().collect();
    for (layer, beneath) in files.iter().zip(files.iter().skip(1)) {
        let wanted = Beneath::Layer(beneath.id);
        if let Err(error) = name_beneath(&*scene.ports.volumes, layer.id, &wanted).await {
            // The guest is told every file by its name, and starts all the same.
            tracing::warn!(layer = %layer.id, %error, "cannot have a layer name the one beneath it");
        }
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
