//! What an operation needs to know besides its resource.

use serde::{Deserialize, Serialize};

use super::{DiskId, LayerId, SnapshotId};

/// What exactly was ordered. Written down with the operation, with every identity that carrying it out will need: it can then
/// be carried out twice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// All is said by the kind of the operation.
    #[default]
    Plain,
    /// Begin when this snapshot, of the instance that it is a clone of, is whole.
    Clone {
        /// The snapshot, which is not needed any longer then.
        of: SnapshotId,
    },
    /// Take this snapshot.
    Snapshot(SnapshotId),
    /// This disk.
    Disk(DiskId),
    /// Make a disk larger.
    Grow {
        /// Which.
        disk: DiskId,
        /// How large it is to be, in bytes.
        bytes: u64,
    },
    /// Give the instance another plan.
    Resize {
        /// What it has.
        from: Size,
        /// What it shall have.
        to: Size,
        /// The new top of its disk, if that grows, and the one that it has.
        tops: Option<(LayerId, LayerId)>,
        /// Whether it runs, and shall again.
        restart: bool,
    },
    /// Take it back.
    RollBack {
        /// To what.
        to: SnapshotId,
        /// What keeps the present.
        keep: SnapshotId,
        /// The new top of each disk that goes back.
        tops: Vec<(DiskId, LayerId)>,
        /// Whether it runs, and shall again.
        restart: bool,
    },
}

/// A plan, as an instance has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Which plan.
    pub bundle_id: String,
    /// Virtual processors.
    pub cpu_count: u32,
    /// Memory in MiB.
    pub ram_mb: u32,
    /// Disk in GiB.
    pub disk_gb: u32,
    /// Monthly transfer allowance in GB.
    pub transfer_gb: u32,
    /// Kilobits a second, each way; no cap when absent.
    pub bandwidth_kbps: Option<u32>,
}
