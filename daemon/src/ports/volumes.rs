use async_trait::async_trait;
use tokio::sync::Notify;

use super::{Pieces, Told};
use crate::model::{Arrival, Beneath, Cut, Instance, InstanceId, Layer, LayerId, Result, Way};

/// A disk as one file that somebody takes with them.
pub struct Parcel {
    /// Length of the file in bytes.
    pub bytes: u64,
    /// The file, which is gone with the stream. It depends on no layer any more.
    pub pieces: Pieces,
}

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

    /// The digest of what a layer that nobody writes to holds of its own: the same whatever its file names as the one beneath it. None when it is told to
    /// stop.
    async fn digest_layer(&self, id: LayerId, stop: &Notify) -> Result<Option<String>>;

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

    /// Makes one qcow2 file of a disk that nobody writes to, and tells how far it is. The file names no other file. What was made is
    /// gone when the call is dropped.
    async fn export_layer(&self, cut: &Cut, told: Told) -> Result<Parcel>;

    /// Takes in the file of a layer, holds it against what was said of it, and looks through it. It is no layer before it is kept. Gives
    /// the size of its disk in bytes.
    async fn receive_layer(&self, arrival: &Arrival, file: Pieces, told: Told) -> Result<u64>;

    /// Makes a layer of a file that was received. It is unsettled until somebody says whether it has a record.
    async fn keep_received(&self, id: LayerId) -> Result<()>;

    /// The layer is settled: it has a record and stays, or has none and goes.
    async fn settle_received(&self, id: LayerId, is_recorded: bool) -> Result<()>;

    /// Layers that are not settled: nobody has lived to say whether they have records.
    async fn unsettled(&self) -> Result<Vec<LayerId>>;

    /// Lets go of a file that was received and not kept.
    async fn drop_received(&self, id: LayerId);

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
