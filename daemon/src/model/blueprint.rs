//! What instances are made from.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{FirstPassword, ImageSource, PortRule};

/// Whether a blueprint is a bare operating system or brings an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlueprintKind {
    /// An operating system.
    Os,
    /// An application on an operating system.
    App,
}

/// How the machine starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Firmware {
    /// A PC's BIOS.
    Bios,
    /// UEFI, without secure boot.
    Uefi,
}

/// What an instance can be made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blueprint {
    /// Such as `debian_12`.
    pub id: String,
    /// Such as `Debian`.
    pub name: String,
    /// Blueprints of one product share it.
    pub group: String,
    /// Operating system or application.
    pub kind: BlueprintKind,
    /// `LINUX_UNIX` or `WINDOWS`.
    pub platform: String,
    /// For people.
    pub version: String,
    /// For machines.
    pub version_code: String,
    /// One paragraph.
    pub description: String,
    /// The user to log in as.
    pub user: String,
    /// How it starts.
    pub firmware: Firmware,
    /// The least `power` of a bundle it runs on.
    pub min_power: i32,
    /// Whether new instances may be made from it.
    pub active: bool,
    /// Home page.
    pub product_url: String,
    /// Licence.
    pub license_url: String,
    /// Where its image comes from.
    pub source: ImageSource,
    /// Cloud-config that spares its guests' first boot what they do not need. A user's own wins over it.
    pub vendor_config: String,
    /// Ports that are open on the public address of a new instance.
    pub ports: Vec<PortRule>,
    /// Where an application's first password is.
    pub password: Option<FirstPassword>,
}

/// A verified, read-only qcow2 file that disks are overlays of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseImage {
    /// Where it is. It is never written to, only ever unlinked.
    pub path: PathBuf,
    /// Size of the disk it holds, in bytes.
    pub virtual_bytes: u64,
}
