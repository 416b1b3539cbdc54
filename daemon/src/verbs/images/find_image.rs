use std::collections::HashMap;

use super::super::Verbs;
use crate::model::{Error, Result, StoredImage, shown};

impl Verbs {
    /// The image with that name, or the newest one of a blueprint with it.
    pub(super) async fn find_image(&self, name: &str) -> Result<StoredImage> {
        let images = self.ports.images.list().await?;
        let found = images.iter().find(|image| image.id == name);
        let found =
            found.or_else(|| images.iter().find(|image| image.blueprint_id == name && image.is_newest));
        found.cloned().ok_or_else(|| {
            Error::not_found("Image", shown(name)).tip("see which there are: sloop image list")
        })
    }

    pub(super) async fn newest(&self, blueprint: &str) -> Result<Option<StoredImage>> {
        let images = self.ports.images.list().await?;
        Ok(images.into_iter().find(|image| image.blueprint_id == blueprint && image.is_newest))
    }

    /// The names of the instances on each image, by the image's path.
    pub(super) async fn users_of_images(&self) -> Result<HashMap<std::path::PathBuf, Vec<String>>> {
        let mut users: HashMap<_, Vec<String>> = HashMap::new();
        for instance in self.ports.store.instances().await? {
            if let Some(base) = instance.base() {
                users.entry(base.to_owned()).or_default().push(instance.name.to_string());
            }
        }
        Ok(users)
    }
}
