//! Snapshots: what an instance or a disk held at one moment.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    DiskId, Firmware, InstanceId, LayerId, Owner, ResourceName, ResourceType, Slot, SnapshotId, Tags,
};

/// Layers that are kept. Who made them may be gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Its identity.
    pub id: SnapshotId,
    /// Its name; none of an automatic one, which is known by its day.
    pub name: Option<ResourceName>,
    /// Whose it is.
    pub owner: Owner,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Whether it is whole.
    pub state: SnapshotState,
    /// What it was made of.
    pub origin: Origin,
    /// The day of an automatic one, such as 2026-11-23, by UTC.
    pub day: Option<String>,
    /// Whether it was copied from an automatic one.
    pub is_from_auto: bool,
    /// Whether the guest held its file systems still meanwhile; none where no guest ran.
    pub quiesced: Option<bool>,
    /// What is in it, the system disk first.
    pub disks: Vec<FrozenDisk>,
    /// Labels.
    pub tags: Tags,
}

/// Whether a snapshot is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SnapshotState {
    /// Being made.
    Pending,
    /// Whole.
    Available,
}

/// What a snapshot was made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// An instance with the disks that were attached to it.
    Instance(Box<FrozenInstance>),
    /// A disk.
    Disk {
        /// Which.
        id: DiskId,
        /// Its name; none of an instance's system disk.
        name: Option<ResourceName>,
        /// The instance whose system disk it is.
        instance: Option<(InstanceId, ResourceName)>,
    },
}

/// What must be known of an instance to make another like it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenInstance {
    /// Which.
    pub id: InstanceId,
    /// Its name then.
    pub name: ResourceName,
    /// Blueprint it was made from.
    pub blueprint_id: String,
    /// That blueprint's name then.
    pub blueprint_name: String,
    /// Its plan then.
    pub bundle_id: String,
    /// The user to log in as.
    pub username: String,
    /// How it starts.
    pub firmware: Firmware,
    /// Cloud-config of its blueprint.
    pub vendor_config: String,
}

/// A disk in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrozenDisk {
    /// Which disk it was.
    pub disk: DiskId,
    /// Its name; none of a system disk.
    pub name: Option<ResourceName>,
    /// Where it was; none of one that was not attached.
    pub slot: Option<Slot>,
    /// Its size in bytes.
    pub bytes: u64,
    /// The layer that was its top.
    pub layer: LayerId,
    /// The one that becomes its top instead, until it is.
    pub next: Option<LayerId>,
}

impl SnapshotState {
    /// The word by which it is written down.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Available => "available",
        }
    }
}

impl Snapshot {
    /// What sort of resource it is.
    pub fn resource_type(&self) -> ResourceType {
        match self.origin {
            Origin::Instance(_) => ResourceType::InstanceSnapshot,
            Origin::Disk { .. } => ResourceType::DiskSnapshot,
        }
    }

    /// What it is called, in messages.
    pub fn title(&self) -> &str {
        self.name.as_ref().map(ResourceName::as_str).or(self.day.as_deref()).unwrap_or("a snapshot")
    }

    /// What it was made of.
    pub fn source(&self) -> Uuid {
        match &self.origin {
            Origin::Instance(instance) => instance.id.0,
            Origin::Disk { id, .. } => id.0,
        }
    }

    /// The size of all its disks in bytes.
    pub fn bytes(&self) -> u64 {
        self.disks.iter().map(|disk| disk.bytes).sum()
    }

    /// The instance that it is of, if it is of one.
    pub fn instance(&self) -> Option<&FrozenInstance> {
        if let Origin::Instance(instance) = &self.origin { Some(instance) } else { None }
    }
}
