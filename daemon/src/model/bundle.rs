//! Plans.

use super::CpuShare;

/// A plan: how much of everything an instance gets.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    /// Such as `nano_3_0`.
    pub id: String,
    /// Such as `Nano`.
    pub name: String,
    /// Such as `nano`.
    pub instance_type: String,
    /// Virtual processors.
    pub cpu_count: u32,
    /// Share of each of them that an instance may use for ever; what is beyond it must be saved up. No such rule when absent.
    pub cpu_baseline: Option<CpuShare>,
    /// Memory in MiB.
    pub ram_mb: u32,
    /// Disk in GiB, thin: the host pays for what the guest writes.
    pub disk_gb: u32,
    /// Monthly transfer allowance in GB.
    pub transfer_gb: u32,
    /// Kilobits a second between the instance and the outside, each way; no cap when absent.
    pub bandwidth_kbps: Option<u32>,
    /// What the plan costs at Lightsail, in US dollars a month.
    pub price_usd: f32,
    /// Lightsail's measure of size; a blueprint's `min_power` is held against it.
    pub power: i32,
    /// Whether new instances may have it.
    pub active: bool,
    /// Platforms it is for, such as `LINUX_UNIX`.
    pub supported_platforms: Vec<String>,
}

impl Bundle {
    /// Memory in bytes.
    pub fn ram_bytes(&self) -> u64 {
        u64::from(self.ram_mb) << 20
    }

    /// Disk in bytes.
    pub fn disk_bytes(&self) -> u64 {
        u64::from(self.disk_gb) << 30
    }
}
