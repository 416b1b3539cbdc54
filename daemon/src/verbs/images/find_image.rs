use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

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

    /// The names of the instances, disks and snapshots on each image, by the image's path.
    pub(super) async fn users_of_images(&self) -> Result<HashMap<PathBuf, Vec<String>>> {
        let mut users: HashMap<PathBuf, Vec<String>> = HashMap::new();
        let mut stands = |base: Option<&Path>, name: &str| {
            if let Some(base) = base {
                let names = users.entry(base.to_owned()).or_default();
                if names.last().is_none_or(|last| last != name) {
                    names.push(name.to_owned());
                }
            }
        };
        for instance in self.ports.store.instances().await? {
            stands(instance.base(), instance.name.as_str());
        }
        for disk in self.ports.store.disks().await? {
            stands(disk.stack.base(), disk.name.as_str());
        }
        for snapshot in self.ports.store.snapshots().await? {
            for disk in &snapshot.disks {
                stands(self.ports.store.stack(disk.layer).await?.base(), snapshot.title());
            }
        }
        Ok(users)
    }
}
