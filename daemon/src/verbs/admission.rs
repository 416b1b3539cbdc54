//! What must hold before anything is made: quotas, memory, disk, addresses.

use std::{
    collections::HashSet,
    net::{Ipv4Addr, Ipv6Addr},
};

use ipnet::Ipv6Net;

use super::Verbs;
use crate::model::{Bundle, Error, Instance, InstanceId, Ipv6Range, Kind, Pool, Result, address_in, mac_of};

/// How much there may be of everything.
#[derive(Clone, Copy, Debug)]
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
    /// Tags on one resource.
    pub tags: usize,
}

/// How much of the host may be promised.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Memory that no instance may have, in bytes.
    pub memory_reserve: u64,
    /// Free disk space that no create may touch, in bytes.
    pub disk_headroom: u64,
}

/// The addresses given out last, so that the next ones are others.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    private: Option<Ipv4Addr>,
    public: Option<Ipv4Addr>,
}

impl Verbs {
    /// Memory that plans may still take, in bytes, and what is promised already.
    pub(super) fn memory(&self, instances: &[Instance]) -> (u64, u64) {
        let total = self.ports.host.facts().memory_bytes.saturating_sub(self.policy.capacity.memory_reserve);
        let promised = instances.iter().filter(|i| i.status.takes_memory()).map(Instance::ram_bytes).sum();
        (total.saturating_sub(promised), promised)
    }

    pub(super) fn admit_memory(&self, what: &str, wanted: u64, instances: &[Instance]) -> Result<()> {
        let (free, promised) = self.memory(instances);
        if wanted <= free {
            return Ok(());
        }
        let message = format!(
            "Not enough memory on this host for {what}: it needs {}, and {} is free ({} is promised to instances)",
            mib(wanted),
            mib(free),
            mib(promised)
        );
        Err(Error::new(Kind::Capacity, "InsufficientMemory", message)
            .tip("stop an instance or choose a smaller bundle"))
    }

    /// Refuses a plan that this host could not carry even when empty.
    pub(super) fn admit_bundle(&self, bundle: &Bundle) -> Result<()> {
        let host = self.ports.host.facts();
        let usable = host.memory_bytes.saturating_sub(self.policy.capacity.memory_reserve);
        if bundle.ram_bytes() <= usable {
            return Ok(());
        }
        let message = format!(
            "{} is bigger than this host: it needs {}, and the host has {} for instances",
            bundle.id,
            mib(bundle.ram_bytes()),
            mib(usable)
        );
        Err(Error { field: Some("bundleId"), ..Error::new(Kind::Capacity, "BundleTooLarge", message) }
            .tip("choose a smaller bundle: sloop bundle list"))
    }

    pub(super) async fn admit_disk(&self, count: usize) -> Result<()> {
        // What a new overlay, its seed and its first boot write at the least.
        const EACH: u64 = 64 << 20;
        let free = self.ports.volumes.free_bytes().await?;
        let needed = self.policy.capacity.disk_headroom + EACH * count as u64;
        if free >= needed {
            return Ok(());
        }
        let message =
            format!("Not enough disk space on this host: {} is free and {} must be", mib(free), mib(needed));
        Err(Error::new(Kind::Capacity, "InsufficientDisk", message)
            .tip("delete instances, or lower capacity.disk_headroom_mb in the configuration"))
    }

    pub(super) fn admit_count(&self, instances: &[Instance], wanted: usize) -> Result<()> {
        let quota = self.policy.quotas.instances;
        if instances.len() + wanted <= quota {
            return Ok(());
        }
        let message = format!("There are {} instances and the quota is {quota}", instances.len());
        Err(Error::new(Kind::Quota, "InstanceLimitExceeded", message)
            .tip("delete an instance, or raise quotas.instances in the configuration"))
    }

    pub(super) fn admit_static_ips(&self, count: usize) -> Result<()> {
        let quota = self.policy.quotas.static_ips;
        if count < quota {
            return Ok(());
        }
        let message = format!("There are {count} static addresses and the quota is {quota}");
        Err(Error::new(Kind::Quota, "StaticIpLimitExceeded", message)
            .tip("release one, or raise quotas.static_ips in the configuration"))
    }

    pub(super) fn admit_key_pairs(&self, count: usize) -> Result<()> {
        let quota = self.policy.quotas.key_pairs;
        if count < quota {
            return Ok(());
        }
        let message = format!("There are {count} key pairs and the quota is {quota}");
        Err(Error::new(Kind::Quota, "KeyPairLimitExceeded", message)
            .tip("delete a key pair, or raise quotas.key_pairs in the configuration"))
    }
}

impl Cursor {
    pub(super) fn private(&mut self, pool: Pool, instances: &[Instance]) -> Result<Ipv4Addr> {
        let used = instances.iter().map(|instance| instance.private_ip).collect();
        pick(pool, &used, &mut self.private)
    }

    pub(super) fn public(&mut self, pool: Pool, used: &HashSet<Ipv4Addr>) -> Result<Ipv4Addr> {
        pick(pool, used, &mut self.public)
    }
}

/// An instance's IPv6 address: of the subnet that has the number of its own address, where the range has that many and it is
/// free; of the first that is free otherwise.
pub(super) fn ipv6(
    range: Ipv6Range,
    pool: Pool,
    (id, private): (InstanceId, Ipv4Addr),
    others: &[Instance],
) -> Result<Ipv6Addr> {
    let used: HashSet<_> = others
        .iter()
        .filter(|other| other.id != id)
        .filter_map(|other| Some(Ipv6Net::new_assert(other.ipv6?, 64).trunc()))
        .collect();
    let own = private.to_bits() - pool.network().to_bits();
    let numbers = std::iter::once(own).chain(1..range.subnets());
    let mut subnets = numbers.filter_map(|number| range.subnet(number).ok());
    let subnet = subnets.find(|subnet| !used.contains(subnet)).ok_or_else(|| {
        Error::new(Kind::Capacity, "AddressesExhausted", format!("No subnet is free in {range}"))
            .tip("make instances with IPv4 alone, or route a larger range here")
    })?;
    Ok(address_in(subnet, mac_of(id)))
}

fn pick(pool: Pool, used: &HashSet<Ipv4Addr>, last: &mut Option<Ipv4Addr>) -> Result<Ipv4Addr> {
    // After a restart nobody remembers the last one; the highest in use is a fair guess.
    let after = last.or_else(|| used.iter().max().copied());
    let address = pool.pick(used, after).ok_or_else(|| {
        Error::new(Kind::Capacity, "AddressesExhausted", format!("No address is free in {pool}"))
            .tip("delete an instance, or choose a larger range in the configuration")
    })?;
    *last = Some(address);
    Ok(address)
}

fn mib(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}
