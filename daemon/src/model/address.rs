//! Addresses of instances.

use std::{collections::HashSet, fmt, net::Ipv4Addr, str::FromStr};

use ipnet::{Ipv4Net, Ipv4Subnets};

use super::InstanceId;

/// A range of IPv4 addresses to choose from: a network of this host's own, such as `172.26.0.0/16`, or addresses of the network
/// that it is in, such as `192.0.2.200-192.0.2.220`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    network: Ipv4Addr,
    prefix: u8,
    /// The first and the last that may be given out.
    given: (Ipv4Addr, Ipv4Addr),
    is_lan: bool,
}

/// As many as the host is to answer ARP for.
const LAN_MAX: u32 = 256;

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

    /// Whether these are addresses of a network that others are in too: only those between the first and the last are ours.
    pub fn is_lan(&self) -> bool {
        self.is_lan
    }

    /// The first and the last address that may be given out.
    pub fn given(&self) -> (Ipv4Addr, Ipv4Addr) {
        self.given
    }

    /// The networks that make up the range.
    pub fn nets(&self) -> Vec<Ipv4Net> {
        if self.is_lan {
            return Ipv4Subnets::new(self.given.0, self.given.1, 0).collect();
        }
        vec![Ipv4Net::new_assert(self.network, self.prefix)]
    }

    /// Whether the two have an address in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        let has = |one: &Self, other: &Self| other.nets().iter().any(|net| one.contains(net.network()));
        has(self, other) || has(other, self)
    }

    /// Whether the address lies in the range.
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        if self.is_lan {
            return (self.given.0..=self.given.1).contains(&address);
        }
        address.to_bits() & self.mask().to_bits() == self.network.to_bits()
    }

    /// The next free address behind `after`, going round, so that an address rests long before another instance gets it.
    /// Of a network the first ten, and the last, are never given out.
    pub fn pick(&self, used: &HashSet<Ipv4Addr>, after: Option<Ipv4Addr>) -> Option<Ipv4Addr> {
        let (first, last) = (self.given.0.to_bits(), self.given.1.to_bits());
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
        if let Some((first, last)) = text.split_once('-') {
            return lan(text, first.trim(), last.trim());
        }
        let wrong = || format!("{text:?} is not an IPv4 range such as 172.26.0.0/16");
        let (network, prefix) = text.split_once('/').ok_or_else(wrong)?;
        let network: Ipv4Addr = network.parse().map_err(|_| wrong())?;
        let prefix = prefix.parse().map_err(|_| wrong())?;
        if !(8..=26).contains(&prefix) {
            return Err(format!("{text:?}: the prefix must be between 8 and 26 bits"));
        }
        let net = Ipv4Net::new_assert(network, prefix);
        if network != net.network() {
            return Err(format!("{text:?} has bits set behind its prefix"));
        }
        let given = (network.to_bits() + 10, net.broadcast().to_bits() - 1);
        Ok(Self { network, prefix, given: (given.0.into(), given.1.into()), is_lan: false })
    }
}

fn lan(text: &str, first: &str, last: &str) -> Result<Pool, String> {
    let wrong = |_| format!("{text:?} is not a range of IPv4 addresses such as 192.0.2.200-192.0.2.220");
    let (first, last): (Ipv4Addr, Ipv4Addr) = (first.parse().map_err(wrong)?, last.parse().map_err(wrong)?);
    if last < first {
        return Err(format!("{text:?} ends before it begins"));
    }
    if last.to_bits() - first.to_bits() >= LAN_MAX {
        return Err(format!(
            "{text:?} has more than {LAN_MAX} addresses, which the host would answer ARP for"
        ));
    }
    let is_plain =
        |address: &Ipv4Addr| !address.is_loopback() && !address.is_multicast() && !address.is_unspecified();
    if !is_plain(&first) || !is_plain(&last) {
        return Err(format!("{text:?} has addresses that no machine may have"));
    }
    // The smallest network that has them all.
    let prefix = u8::try_from((first.to_bits() ^ last.to_bits()).leading_zeros()).unwrap_or(32);
    let network = Ipv4Net::new_assert(first, prefix).network();
    Ok(Pool { network, prefix, given: (first, last), is_lan: true })
}

impl fmt::Display for Pool {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.given {
            (first, last) if self.is_lan => write!(out, "{first}-{last}"),
            _ => write!(out, "{}/{}", self.network, self.prefix),
        }
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

    #[test]
    fn addresses_of_the_network_that_the_host_is_in() {
        let pool: Pool = "192.0.2.200-192.0.2.202".parse().expect("a range");
        assert!(pool.is_lan() && pool.contains([192, 0, 2, 201].into()));
        assert!(!pool.contains([192, 0, 2, 203].into()) && !pool.contains([192, 0, 2, 199].into()));
        assert_eq!(pool.to_string(), "192.0.2.200-192.0.2.202");
        let nets: Vec<_> = pool.nets().iter().map(ToString::to_string).collect();
        assert_eq!(nets, ["192.0.2.200/31", "192.0.2.202/32"]);
        let mut used = HashSet::new();
        while let Some(address) = pool.pick(&used, used.iter().max().copied()) {
            assert!(pool.contains(address) && used.insert(address));
        }
        assert_eq!(used.len(), 3);
        let one: Pool = "192.0.2.7-192.0.2.7".parse().expect("a range of one");
        assert_eq!(one.pick(&HashSet::new(), None), Some([192, 0, 2, 7].into()));
        for wrong in [
            "192.0.2.9-192.0.2.8",
            "10.0.0.0-10.0.1.0",
            "127.0.0.1-127.0.0.9",
            "a-b",
            "10.0.0.1-",
            "224.0.0.1-224.0.0.2",
        ] {
            assert!(wrong.parse::<Pool>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn ranges_overlap_or_do_not() {
        let pool = |text: &str| text.parse::<Pool>().expect("a range");
        let private = pool("172.26.0.0/16");
        for (other, overlaps) in [
            ("172.26.4.0/22", true),
            ("172.0.0.0/8", true),
            ("172.27.0.0/22", false),
            ("172.26.1.5-172.26.1.9", true),
            ("172.25.255.250-172.26.0.5", true),
            ("192.0.2.1-192.0.2.9", false),
        ] {
            assert_eq!(private.overlaps(&pool(other)), overlaps, "{other}");
            assert_eq!(pool(other).overlaps(&private), overlaps, "{other}");
        }
    }

    proptest! {
        #[test]
        fn ranges_are_read_or_refused(text in "[0-9./-]{0,32}") {
            if let Ok(pool) = text.parse::<Pool>() {
                prop_assert!(pool.contains(pool.given().0) && pool.contains(pool.given().1));
            }
        }
    }
}
