use async_trait::async_trait;

use crate::model::{Instance, InstanceId, Layer, LayerId, Result};

/// What instances keep: the layers of disks, and each instance's seed.
#[async_trait]
pub trait Volumes: Send + Sync {
    /// Makes a layer, empty, on what it stands on. One that is there is left as it is, with all that was written to it.
    async fn ensure_layer(&self, layer: &Layer) -> Result<()>;

    /// Removes a layer. Nobody may stand on it.
    async fn remove_layer(&self, id: LayerId) -> Result<()>;

    /// Layers there are.
    async fn layers(&self) -> Result<Vec<LayerId>>;

    /// Makes the seed that a guest reads its identity from.
    async fn ensure_seed(&self, instance: &Instance) -> Result<()>;

    /// Removes the seed.
    async fn remove_seed(&self, id: InstanceId) -> Result<()>;

    /// Removes all that is an instance's own, but for its disks: seed and console log.
    async fn remove_all(&self, id: InstanceId) -> Result<()>;

    /// Instances that have files of their own.
    async fn list(&self) -> Result<Vec<InstanceId>>;

    /// Free space where disks are, in bytes.
    async fn free_bytes(&self) -> Result<u64>;
}
