//! What the two kinds of snapshots have in common.

use prost_types::Timestamp;
use sloop_proto::v1::{DiskSnapshot, InstanceSnapshot};

use crate::text;

/// What is told of a snapshot of either kind.
pub(super) struct Summary {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) of: String,
    pub(super) size: String,
    pub(super) state: String,
    pub(super) created_at: Option<Timestamp>,
    pub(super) is_auto: bool,
    pub(super) quiesced: Option<bool>,
}

impl From<&InstanceSnapshot> for Summary {
    fn from(snapshot: &InstanceSnapshot) -> Self {
        Self {
            name: snapshot.name().to_owned(),
            kind: "instance",
            of: text::or_dash(snapshot.from_instance_name()),
            size: format!("{} GB", snapshot.size_in_gb()),
            state: text::word("InstanceSnapshotState", snapshot.state),
            created_at: snapshot.created_at,
            is_auto: snapshot.is_from_auto_snapshot(),
            quiesced: snapshot.quiesced,
        }
    }
}

impl From<&DiskSnapshot> for Summary {
    fn from(snapshot: &DiskSnapshot) -> Self {
        Self {
            name: snapshot.name().to_owned(),
            kind: "disk",
            of: match (snapshot.from_disk_name(), snapshot.from_instance_name()) {
                ("", "") => "-".to_owned(),
                ("", instance) => format!("{instance} (system disk)"),
                (disk, _) => disk.to_owned(),
            },
            size: format!("{} GB", snapshot.size_in_gb()),
            state: text::word("DiskSnapshotState", snapshot.state),
            created_at: snapshot.created_at,
            is_auto: snapshot.is_from_auto_snapshot(),
            quiesced: snapshot.quiesced,
        }
    }
}

impl Summary {
    /// Whether it comes from an automatic one.
    pub(super) fn auto(&self) -> &'static str {
        if self.is_auto { "yes" } else { "-" }
    }
}
