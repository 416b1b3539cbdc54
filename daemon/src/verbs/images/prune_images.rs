use super::{super::Verbs, ImageInUse, only_admins};
use crate::model::{Caller, OperationKind, Result};

impl Verbs {
    /// What the configuration wants removed when a new image has come.
    pub(super) async fn prune_by_policy(&self) {
        if !self.policy.prune_replaced {
            return;
        }
        match self.prune_images(&Caller::daemon_alone(), false).await {
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
        let alone = self.admission.clone().lock_owned().await;
        let images = self.ports.images.list().await?;
        let users = self.users_of_images().await?;
        let mut doomed = Vec::new();
        for image in &images {
            let replaced =
                images.iter().any(|newer| newer.blueprint_id == image.blueprint_id && newer.is_newest);
            if replaced && !image.is_newest && !users.contains_key(&image.path) {
                doomed.push(image.clone());
            }
        }
        if dry_run {
            return Ok(doomed.into_iter().map(|image| ImageInUse { image, used_by: Vec::new() }).collect());
        }
        self.take_away(caller, alone, OperationKind::PruneImages, doomed).await
    }
}
