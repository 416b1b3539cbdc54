//! How much there may be of everything.

use serde::Deserialize;

/// How much there may be.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quotas {
    /// Instances.
    pub instances: usize,
    /// Key pairs.
    pub key_pairs: usize,
    /// Static addresses.
    pub static_ips: usize,
    /// Disks, system disks aside.
    pub disks: usize,
    /// Snapshots, automatic ones among them.
    pub snapshots: usize,
    /// Automatic snapshots that are kept of each instance or disk.
    pub auto_snapshots: usize,
    /// Tags on one resource.
    pub tags: usize,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            instances: 20,
            key_pairs: 100,
            static_ips: 5,
            disks: 100,
            snapshots: 500,
            auto_snapshots: 7,
            tags: 50,
        }
    }
}
