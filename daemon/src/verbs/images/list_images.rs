use super::super::Verbs;
use crate::model::{ImageSource, Result, StoredImage};

/// An image and the instances on it.
#[derive(Clone, Debug)]
pub struct ImageInUse {
    /// The image.
    pub image: StoredImage,
    /// Their names.
    pub used_by: Vec<String>,
}

/// A blueprint without an image.
#[derive(Clone, Debug)]
pub struct MissingImage {
    /// The blueprint.
    pub blueprint_id: String,
    /// What brings its image.
    pub how: String,
}

/// What there is, and what is missing.
#[derive(Clone, Debug)]
pub struct ImageList {
    /// All images, by id.
    pub images: Vec<ImageInUse>,
    /// Active blueprints without one.
    pub missing: Vec<MissingImage>,
}

impl Verbs {
    /// Every image, and every blueprint that has none.
    pub async fn list_images(&self) -> Result<ImageList> {
        let stored = self.ports.images.list().await?;
        let mut missing = Vec::new();
        for blueprint in self.catalogue.blueprints.iter().filter(|blueprint| blueprint.active) {
            if !stored.iter().any(|image| image.blueprint_id == blueprint.id && image.is_newest)
                && self.ports.images.base(blueprint).await.ok().flatten().is_none()
            {
                missing
                    .push(MissingImage { blueprint_id: blueprint.id.clone(), how: how(&blueprint.source) });
            }
        }
        let mut users = self.users_of_images().await?;
        let images = stored
            .into_iter()
            .map(|image| ImageInUse { used_by: users.remove(&image.path).unwrap_or_default(), image })
            .collect();
        Ok(ImageList { images, missing })
    }
}

fn how(source: &ImageSource) -> String {
    match source {
        ImageSource::Recipe(recipe) => format!("built here: make image ID={recipe}"),
        ImageSource::Download(download) => format!("pulled from {}", download.directory),
        ImageSource::Bake(bake) => format!("baked on {}", bake.base),
        ImageSource::Own => "imported from a file".to_owned(),
    }
}
