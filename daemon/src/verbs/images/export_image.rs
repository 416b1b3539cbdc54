use super::{super::Verbs, ImageInUse};
use crate::{model::Result, ports::Pieces};

impl Verbs {
    /// An image and its file, in pieces.
    pub async fn export_image(&self, name: &str) -> Result<(ImageInUse, Pieces)> {
        let image = self.find_image(name).await?;
        let file = self.ports.images.read(&image).await?;
        Ok((ImageInUse { image, used_by: Vec::new() }, file))
    }
}
