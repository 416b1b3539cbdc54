//! What the files of layers name as the ones beneath them.

use crate::{
    model::{Beneath, LayerId, Result},
    ports::Volumes,
};

/// Has the file of a layer, which nobody has open, name what it stands on. Another may be named where a daemon was killed: it reads the
/// same.
pub(super) async fn name_beneath(volumes: &dyn Volumes, id: LayerId, beneath: &Beneath) -> Result<()> {
    if volumes.beneath_layer(id).await? == *beneath {
        return Ok(());
    }
    volumes.put_layer_on(id, beneath).await
}
