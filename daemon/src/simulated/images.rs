use async_trait::async_trait;
use futures::StreamExt as _;

use super::Simulated;
use crate::{
    model::{
        BaseImage, Blueprint, Error, ImageMoment, ImageSource, ImportOrder, ImportTarget, LayerId, Result,
        StoredImage,
    },
    ports::{Images, Pieces, Told},
};

/// What every simulated disk holds.
const VIRTUAL: u64 = 1 << 30;

#[async_trait]
impl Images for Simulated {
    async fn base(&self, blueprint: &Blueprint) -> Result<Option<BaseImage>> {
        let world = self.call("base")?;
        let there = !world.missing_images.contains(&blueprint.id);
        drop(world);
        Ok(there.then(|| BaseImage {
            path: format!("/simulated/{}-000000000000.qcow2", blueprint.id).into(),
            virtual_bytes: VIRTUAL,
        }))
    }

    async fn list(&self) -> Result<Vec<StoredImage>> {
        Ok(self.call("list images")?.images.values().cloned().collect())
    }

    async fn own(&self) -> Result<Vec<Blueprint>> {
        Ok(Vec::new())
    }

    async fn pull(&self, blueprint: &Blueprint, told: Told) -> Result<StoredImage> {
        while self.stalls_pulls() {
            tokio::task::yield_now().await;
        }
        for done in 0..=10 {
            told(ImageMoment::counted("downloading", done << 20, 10 << 20));
            tokio::task::yield_now().await;
        }
        let mut world = self.call("pull")?;
        if !matches!(blueprint.source, ImageSource::Download(_) | ImageSource::Recipe(_)) {
            return Err(Error::internal("not pullable"));
        }
        *world.pulls.entry(blueprint.id.clone()).or_default() += 1;
        Ok(world.shelve(&blueprint.id, "pulled"))
    }

    async fn import(&self, order: ImportOrder, mut file: Pieces, told: Told) -> Result<StoredImage> {
        let mut done = 0;
        while let Some(piece) = file.next().await {
            done += piece?.len() as u64;
            told(ImageMoment::counted("receiving", done, order.size.unwrap_or(0)));
        }
        let id = match &order.target {
            ImportTarget::Blueprint(blueprint) => blueprint.id.clone(),
            ImportTarget::Own(own) => own.id.clone(),
        };
        Ok(self.call("import")?.shelve(&id, "imported"))
    }

    async fn adopt(&self, blueprint: &Blueprint, _: LayerId, _: Told) -> Result<StoredImage> {
        Ok(self.call("adopt")?.shelve(&blueprint.id, "baked"))
    }

    async fn verify(&self, _: &StoredImage, _: Told) -> Result<()> {
        self.call("verify image").map(drop)
    }

    async fn read(&self, image: &StoredImage) -> Result<Pieces> {
        drop(self.call("read image")?);
        let text = format!("simulated {}", image.id).into_bytes();
        Ok(futures::stream::once(async { Ok(text) }).boxed())
    }

    async fn remove(&self, image: &StoredImage) -> Result<()> {
        let mut world = self.call("remove image")?;
        world.images.remove(&image.id);
        world.missing_images.insert(image.blueprint_id.clone());
        Ok(())
    }
}

impl Simulated {
    /// From now on downloads stand still, or go on.
    pub fn stall_pulls(&self, stall: bool) {
        self.world().stalled_pulls = stall;
    }

    fn stalls_pulls(&self) -> bool {
        self.world().stalled_pulls
    }
}

impl super::World {
    /// Puts an image there.
    pub(super) fn shelve(&mut self, blueprint: &str, origin: &str) -> StoredImage {
        let id = format!("{blueprint}-000000000000");
        let image = StoredImage {
            path: format!("/simulated/{id}.qcow2").into(),
            blueprint_id: blueprint.to_owned(),
            sha256: "0".repeat(64),
            file_bytes: 0,
            virtual_bytes: self.virtual_bytes.unwrap_or(VIRTUAL),
            origin: origin.to_owned(),
            verified: "simulated".to_owned(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            is_newest: true,
            id: id.clone(),
        };
        self.missing_images.remove(blueprint);
        self.images.insert(id, image.clone());
        image
    }
}
