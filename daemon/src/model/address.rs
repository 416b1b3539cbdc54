//! Addresses of instances.

use std::{collections::HashSet, fmt, net::Ipv4Addr, str::FromStr};

use super::InstanceId;

/// A range of IPv4 addresses to choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    network: Ipv4Addr,
    prefix: u8,
}

impl Pool {
    /// The first address, which names the range.
    pub fn network(&self) -> Ipv4Addr {
        self.network
    }

    /// Length of the prefix in bits.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// The netmask.
    pub fn mask(&self) -> Ipv4Addr {
        Ipv4Addr::from_bits(u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0))
    }

    /// The gateway that guests see: the first host of the range.
    pub fn gateway(&self) -> Ipv4Addr {
        Ipv4Addr::from_bits(self.network.to_bits() + 1)
    }

    /// Whether the address lies in the range.
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        address.to_bits() & self.mask().to_bits() == self.network.to_bits()
    }

    /// The next free address behind `after`, going round, so that an address rests long before another instance gets it.
    /// The first ten, and the last, are never given out.
    pub fn pick(&self, used: &HashSet<Ipv4Addr>, after: Option<Ipv4Addr>) -> Option<Ipv4Addr> {
        let size = 1u32.checked_shl(32 - u32::from(self.prefix))?;
        let (first, last) = (self.network.to_bits() + 10, self.network.to_bits() + size - 2);
        let start = match after {
            Some(address)
                if self.contains(address) && address.to_bits() >= first && address.to_bits() < last =>
            {
                address.to_bits() + 1
            }
            _ => first,
        };
        (start..=last).chain(first..start).map(Ipv4Addr::from_bits).find(|address| !used.contains(address))
    }
}

impl FromStr for Pool {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not an IPv4 range such as 172.26.0.0/16");
        let (network, prefix) = text.split_once('/').ok_or_else(wrong)?;
        let pool = Self {
            network: network.parse().map_err(|_| wrong())?,
            prefix: prefix.parse().map_err(|_| wrong())?,
        };
        if !(8..=26).contains(&pool.prefix) {
            return Err(format!("{text:?}: the prefix must be between 8 and 26 bits"));
        }
        if pool.network.to_bits() & !pool.mask().to_bits() != 0 {
            return Err(format!("{text:?} has bits set behind its prefix"));
        }
        Ok(pool)
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.network, self.prefix)
    }
}

/// The MAC address of an instance: locally administered, from QEMU's range, and the same for its whole life.
pub fn mac_of(id: InstanceId) -> [u8; 6] {
    let bytes = id.0.as_bytes();
    [0x52, 0x54, 0x00, bytes[0], bytes[1], bytes[2]]
}

/// The domain that instances are in: `<host name>.sloop.internal`.
pub const DOMAIN: &str = "sloop.internal";

/// The link group of an owner's taps, by which the kernel knows whose they are: above those that people use by hand.
pub fn group_of(owner_number: u32) -> u32 {
    0x0051_0000 + owner_number
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_rests_before_it_is_given_again() {
        let pool: Pool = "172.27.0.0/26".parse().expect("a range");
        let first = pool.pick(&HashSet::new(), None).expect("room");
        let second = pool.pick(&HashSet::new(), Some(first)).expect("room");
        assert_ne!(first, second);
    }

    #[test]
    fn a_full_pool_has_none() {
        let pool: Pool = "172.27.0.0/26".parse().expect("a range");
        let mut used = HashSet::new();
        while let Some(address) = pool.pick(&used, used.iter().max().copied()) {
            assert!(pool.contains(address) && used.insert(address));
        }
        assert_eq!(used.len(), 64 - 11);
    }

    proptest! {
        #[test]
        fn ranges_are_read_or_refused(text in "[0-9./]{0,20}") {
            if let Ok(pool) = text.parse::<Pool>() {
                prop_assert!(pool.contains(pool.gateway()));
            }
        }
    }
}
