use super::{super::Verbs, ImageInUse, only_admins};
use crate::model::{Caller, Error, Kind, Result, StoredImage};

impl Verbs {
    /// Removes an image that no instance stands on; with a blueprint of one's own, all its images.
    pub async fn remove_image(&self, caller: &Caller, name: &str) -> Result<Vec<ImageInUse>> {
        only_admins(self, caller, "remove one")?;
        // Nobody may begin an instance on it meanwhile.
        let _admission = self.admission.lock().await;
        let own = self.ports.images.own().await?.iter().any(|own| own.id == name);
        let doomed: Vec<StoredImage> = if own {
            let images = self.ports.images.list().await?;
            images.into_iter().filter(|image| image.blueprint_id == name).collect()
        } else {
            vec![self.find_image(name).await?]
        };
        let users = self.users_of_images().await?;
        for image in &doomed {
            if let Some(users) = users.get(&image.path) {
                let message = format!("{} is in use: {} stand on it", image.id, users.join(", "));
                return Err(Error::new(Kind::WrongState, "ImageInUse", message).tip("delete those first"));
            }
        }
        let mut removed = Vec::new();
        for image in doomed {
            self.ports.images.remove(&image).await?;
            removed.push(ImageInUse { image, used_by: Vec::new() });
        }
        Ok(removed)
    }
}
