//! Virtual machines.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    path::Path,
};

use jiff::Timestamp;

use super::{
    Beneath, DiskId, Drive, Error, Firmware, FirstBoot, InstanceId, MetadataOptions, Owner, PortRule,
    Publication, ResourceName, Result, Size, Status, Tags, UserData,
};

/// What makes an instance itself: keys that the daemon makes before the first boot.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// The SSH server's ed25519 key, in OpenSSH's private form. The guest uses it instead of making its own.
    pub host_key_private: String,
    /// Its public half, one line.
    pub host_key_public: String,
    /// The key that `GetInstanceAccessDetails` hands out, in OpenSSH's private form.
    pub access_key_private: String,
    /// Public keys that may log in: the access key, and the key pair chosen at creation.
    pub authorized_keys: Vec<String>,
}

impl std::fmt::Debug for Identity {
    /// Without the private keys: a log must not hold them.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Identity").field("host_key_public", &self.host_key_public).finish_non_exhaustive()
    }
}

/// A virtual machine, as it shall be.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// Its identity.
    pub id: InstanceId,
    /// Its name.
    pub name: ResourceName,
    /// Whose it is.
    pub owner: Owner,
    /// The number of that owner on this host, from 1: instances of one number reach each other. 0 until it is written down.
    pub owner_number: u32,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// What it is doing.
    pub status: Status,
    /// Blueprint it was made from.
    pub blueprint_id: String,
    /// That blueprint's name then.
    pub blueprint_name: String,
    /// Its plan.
    pub bundle_id: String,
    /// Virtual processors.
    pub cpu_count: u32,
    /// Memory in MiB.
    pub ram_mb: u32,
    /// Disk in GiB.
    pub disk_gb: u32,
    /// Monthly transfer allowance in GB.
    pub transfer_gb: u32,
    /// Kilobits a second between it and the outside, each way; no cap when absent.
    pub bandwidth_kbps: Option<u32>,
    /// The user to log in as.
    pub username: String,
    /// The key pair that was chosen; the default one when absent.
    pub key_pair: Option<ResourceName>,
    /// How it starts.
    pub firmware: Firmware,
    /// Its disks, the system disk first.
    pub drives: Vec<Drive>,
    /// Its own address, for life.
    pub private_ip: Ipv4Addr,
    /// The address that others reach it at; changes on stop and start, absent while stopped.
    pub public_ip: Option<Ipv4Addr>,
    /// Whether that is a static address: then it stays while the instance is stopped.
    pub has_static_ip: bool,
    /// Its IPv6 address, for life.
    pub ipv6: Option<Ipv6Addr>,
    /// Ports open on the public address.
    pub ports: Vec<PortRule>,
    /// Ports of the host's own addresses that lead to it.
    pub published: Vec<Publication>,
    /// How it may ask for its metadata.
    pub metadata: MetadataOptions,
    /// Keys.
    pub identity: Identity,
    /// Cloud-config of its blueprint.
    pub vendor_config: String,
    /// What to do at first boot.
    pub user_data: UserData,
    /// How that went.
    pub first_boot: FirstBoot,
    /// Labels.
    pub tags: Tags,
}

impl Instance {
    /// Whether its public address leads to it: whether it is there, and not just kept for it.
    pub fn is_reachable(&self) -> bool {
        self.public_ip.is_some() && self.status != Status::Stopped
    }

    /// Memory in bytes.
    pub fn ram_bytes(&self) -> u64 {
        u64::from(self.ram_mb) << 20
    }

    /// The disk that it boots from.
    pub fn system(&self) -> Result<&Drive> {
        let system = self.drives.iter().find(|drive| drive.slot.is_system());
        system.ok_or_else(|| Error::internal(format!("{} has no system disk", self.name)))
    }

    /// The base image that its system disk stands on; none while that is still being fetched, or where it stands on none.
    pub fn base(&self) -> Option<&Path> {
        self.system().ok()?.stack.base()
    }

    /// The disk with that identity, which is attached to it or its own.
    pub fn drive(&self, disk: DiskId) -> Option<&Drive> {
        self.drives.iter().find(|drive| drive.disk == disk)
    }

    /// Its plan.
    pub fn size(&self) -> Size {
        Size {
            bundle_id: self.bundle_id.clone(),
            cpu_count: self.cpu_count,
            ram_mb: self.ram_mb,
            disk_gb: self.disk_gb,
            transfer_gb: self.transfer_gb,
            bandwidth_kbps: self.bandwidth_kbps,
        }
    }

    /// Whether it begins, or began, with what another instance had written.
    pub fn is_copy(&self) -> bool {
        self.system().is_ok_and(|system| system.stack.layers().count() > 1)
    }

    /// Whether its base image is still being fetched.
    pub fn awaits_image(&self) -> bool {
        self.system().is_ok_and(|system| *system.stack.bottom() == Beneath::Awaited)
    }

    /// Disk in bytes.
    pub fn disk_bytes(&self) -> u64 {
        u64::from(self.disk_gb) << 30
    }
}
