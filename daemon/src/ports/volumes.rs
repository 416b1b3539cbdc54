use async_trait::async_trait;
use tokio::sync::Notify;

use crate::model::{Beneath, Instance, InstanceId, Layer, LayerId, Result, Way};

/// What instances keep: the layers of disks, and each instance's seed.
#[async_trait]
pub trait Volumes: Send + Sync {
    /// Makes the file of a layer, empty, on what has files. One that is there takes its place: nobody has written to it, or it would
    /// be known to be made.
    async fn make_layer(&self, layer: &Layer, beneath: &Beneath) -> Result<()>;

    /// Makes the disk larger, seen from a layer that nobody has open.
    async fn grow_layer(&self, id: LayerId, bytes: u64) -> Result<()>;

    /// Reads a layer that nobody is writing to; says what is wrong with it, if anything is.
    async fn check_layer(&self, id: LayerId) -> Result<Option<String>>;

    /// What the file of a layer says that it stands on.
    async fn beneath_layer(&self, id: LayerId) -> Result<Beneath>;

    /// Has the file of a layer, which nobody has open, say that it stands on that. What it stood on must read the same.
    async fn put_layer_on(&self, id: LayerId, beneath: &Beneath) -> Result<()>;

    /// Makes layers one that nobody has open. Whatever is read from them reads the same before, meanwhile and after, whenever it ends.
    /// Says whether it was done: it breaks off when it is told to stop.
    async fn merge_layers(&self, way: &Way, stop: &Notify) -> Result<bool>;

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

    /// How much room each layer takes, in bytes.
    async fn measure(&self) -> Result<Vec<(LayerId, u64)>>;

    /// Room where disks are, in bytes.
    async fn total_bytes(&self) -> Result<u64>;

    /// Free space where disks are, in bytes.
    async fn free_bytes(&self) -> Result<u64>;
}
