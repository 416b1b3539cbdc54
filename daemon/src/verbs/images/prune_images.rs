use super::{super::Verbs, ImageInUse, only_admins};
use crate::model::{Caller, Owner, Result};

impl Verbs {
    /// What the configuration wants removed when a new image has come.
    pub(super) async fn prune_by_policy(&self) {
        if !self.policy.prune_replaced {
            return;
        }
        let daemon = Caller { owner: Owner("sloopd".to_owned()), admin: true };
        match self.prune_images(&daemon, false).await {
            Ok(pruned) => {
                for one in pruned {
                    tracing::info!(
                        image = one.image.id,
                        "removed: a newer one is here, and no instance stands on it"
                    );
                }
            }
            Err(error) => tracing::warn!(%error, "cannot remove replaced images"),
        }
    }

    /// Removes every image that a newer one has replaced and no instance stands on, and gives them. With `dry_run` it only
    /// gives them.
    pub async fn prune_images(&self, caller: &Caller, dry_run: bool) -> Result<Vec<ImageInUse>> {
        if !dry_run {
            only_admins(self, caller, "remove them")?;
        }
        let _admission = self.admission.lock().await;
        let images = self.ports.images.list().await?;
        let users = self.users_of_images().await?;
        let mut pruned = Vec::new();
        for image in &images {
            let replaced =
                images.iter().any(|newer| newer.blueprint_id == image.blueprint_id && newer.is_newest);
            if image.is_newest || !replaced || users.contains_key(&image.path) {
                continue;
            }
            if !dry_run {
                self.ports.images.remove(image).await?;
            }
            pruned.push(ImageInUse { image: image.clone(), used_by: Vec::new() });
        }
        Ok(pruned)
    }
}
