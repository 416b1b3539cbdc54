use std::{pin::Pin, sync::Arc};

use async_trait::async_trait;
use futures::Stream;

use crate::model::{BaseImage, Blueprint, ImageMoment, ImportOrder, LayerId, Result, StoredImage};

/// Whom the work on an image tells how far it is.
pub type Told = Arc<dyn Fn(ImageMoment) + Send + Sync>;

/// A file in pieces.
pub type Pieces = Pin<Box<dyn Stream<Item = Result<Vec<u8>>> + Send>>;

/// Base images: those on this host, and how they get there.
///
/// What is taken in is visible whole and verified, or not at all; work that was cut off can be begun again.
#[async_trait]
pub trait Images: Send + Sync {
    /// The newest base image of a blueprint, its header read and found sound; none when there is none.
    async fn base(&self, blueprint: &Blueprint) -> Result<Option<BaseImage>>;

    /// All images, by id.
    async fn list(&self) -> Result<Vec<StoredImage>>;

    /// Blueprints that were taken in with an image of their own.
    async fn own(&self) -> Result<Vec<Blueprint>>;

    /// Fetches the newest image from its publisher, or finds it here already.
    async fn pull(&self, blueprint: &Blueprint, told: Told) -> Result<StoredImage>;

    /// Takes in a file.
    async fn import(&self, order: ImportOrder, file: Pieces, told: Told) -> Result<StoredImage>;

    /// Makes the image of a blueprint from a disk, given its top, of an instance that is off.
    async fn adopt(&self, blueprint: &Blueprint, from: LayerId, told: Told) -> Result<StoredImage>;

    /// Reads an image and holds it against the digest that was recorded.
    async fn verify(&self, image: &StoredImage, told: Told) -> Result<()>;

    /// The file, in pieces.
    async fn read(&self, image: &StoredImage) -> Result<Pieces>;

    /// Removes an image, and with its last one a blueprint of one's own.
    async fn remove(&self, image: &StoredImage) -> Result<()>;
}
