use tokio::sync::OwnedMutexGuard;

use super::{
    super::{Verbs, admission::Cursor, trace::to_its_end},
    ImageInUse, only_admins,
};
use crate::model::{Caller, Error, Kind, OperationKind, Resource, Result, StoredImage};

impl Verbs {
    /// Removes an image that no instance stands on; with a blueprint of one's own, all its images.
    pub async fn remove_image(&self, caller: &Caller, name: &str) -> Result<Vec<ImageInUse>> {
        only_admins(self, caller, "remove one")?;
        // Nobody may begin an instance on it meanwhile.
        let alone = self.admission.clone().lock_owned().await;
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
        self.take_away(caller, alone, OperationKind::RemoveImage, doomed).await
    }

    /// Removes images, those of one blueprint after those of another, each with its entry in the history.
    pub(super) async fn take_away(
        &self,
        caller: &Caller,
        alone: OwnedMutexGuard<Cursor>,
        kind: OperationKind,
        mut doomed: Vec<StoredImage>,
    ) -> Result<Vec<ImageInUse>> {
        let (verbs, caller) = (self.clone(), caller.clone());
        doomed.sort_by(|one, other| one.blueprint_id.cmp(&other.blueprint_id));
        to_its_end(async move {
            let _alone = alone;
            for images in doomed.chunk_by(|one, other| one.blueprint_id == other.blueprint_id) {
                verbs.take_away_of_one(&caller, kind, images).await?;
            }
            Ok(doomed.into_iter().map(|image| ImageInUse { image, used_by: Vec::new() }).collect())
        })
        .await
    }

    async fn take_away_of_one(
        &self,
        caller: &Caller,
        kind: OperationKind,
        images: &[StoredImage],
    ) -> Result<()> {
        let Some(first) = images.first() else { return Ok(()) };
        let ids = images.iter().map(|image| image.id.as_str()).collect::<Vec<_>>().join(", ");
        let operation =
            self.accept(caller, kind, Resource::image(&first.blueprint_id), "").changing(ids.as_str());
        let removing = async {
            for image in images {
                self.ports.images.remove(image).await?;
            }
            Ok(())
        };
        self.traced(operation, removing, |()| ids).await
    }
}
