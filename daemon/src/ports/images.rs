use async_trait::async_trait;

use crate::model::{BaseImage, Blueprint, Result};

/// Base images that are on this host.
#[async_trait]
pub trait Images: Send + Sync {
    /// The newest base image of a blueprint, its header read and found sound.
    async fn base(&self, blueprint: &Blueprint) -> Result<BaseImage>;
}
