//! Layers made one while nobody has them open.
//!
//! What is read from a layer never changes by it: data is copied to where it is read already, and only then does a header name
//! another file. So it may be cut off anywhere, and begun again.

use tokio::sync::Notify;

use super::{Files, header, qemu_img};
use crate::{
    adapters::disk::failure as failed,
    model::{Beneath, LayerId, Result, Way},
};

impl Files {
    pub(super) async fn merge(&self, way: &Way, stop: &Notify) -> Result<bool> {
        match way {
            Way::Pull { into, base } => {
                let base = self.layout.beneath(base);
                qemu_img::pull(&self.layout.layer(*into), base.as_deref(), stop).await
            }
            Way::Commit { top, base } => {
                qemu_img::commit(&self.layout.layer(*top), &self.layout.layer(*base), stop).await
            }
        }
    }

    pub(super) fn backing(&self, id: LayerId) -> Result<Beneath> {
        let file = self.layout.layer(id);
        let backing = header::backing(&file).map_err(|error| failed("read", &file, &error))?;
        Ok(backing.map_or(Beneath::Nothing, |path| self.layout.named(&path)))
    }

    pub(super) async fn name_backing(&self, id: LayerId, beneath: &Beneath) -> Result<()> {
        qemu_img::name_backing(&self.layout.layer(id), self.layout.beneath(beneath).as_deref()).await
    }
}
