use async_trait::async_trait;

use crate::model::{Instance, InstanceId, Result};

/// Disks and seeds of instances.
#[async_trait]
pub trait Volumes: Send + Sync {
    /// Makes the instance's disk: an overlay on its base image, at the plan's size. A disk that is there is kept.
    async fn ensure_disk(&self, instance: &Instance) -> Result<()>;

    /// Writes the seed that gives the instance its identity.
    async fn ensure_seed(&self, instance: &Instance) -> Result<()>;

    /// Removes the seed.
    async fn remove_seed(&self, id: InstanceId) -> Result<()>;

    /// Removes everything of the instance.
    async fn remove_all(&self, id: InstanceId) -> Result<()>;

    /// Instances that have files.
    async fn list(&self) -> Result<Vec<InstanceId>>;

    /// Bytes that the file system still has for new data.
    async fn free_bytes(&self) -> Result<u64>;
}
