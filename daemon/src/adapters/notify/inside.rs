//! Which addresses a webhook must not lead to: this host's own, its instances', and those that lead to them by another name.
//!
//! Other private addresses are none of these: the services of a home network live there, and are what webhooks are for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nix::ifaddrs::getifaddrs;

use crate::model::{Error, Ipv6Range, Pool, Result};

/// Where clouds keep services for their own machines, besides 169.254.0.0/16.
const CLOUD: &[IpAddr] = &[
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
];

/// What an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// This host's.
    Host,
    /// An instance's.
    Instance,
    /// A metadata service's, or that of a link.
    Link,
    /// Nobody's, or many's.
    Nobody,
    /// Which one it leads to, a translator decides.
    Translator,
}

impl Whose {
    /// What it is, behind "which is".
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Host => "this host itself",
            Self::Instance => "an address of instances",
            Self::Link => "where metadata is served, or what is on one link alone",
            Self::Nobody => "no address of one machine",
            Self::Translator => "an address that others translate",
        }
    }

    /// Whether the host's administrator can have a reason to allow it.
    pub(super) fn may_be_allowed(self) -> bool {
        matches!(self, Self::Host | Self::Instance)
    }
}

/// What is inside.
pub(super) struct Inside {
    pub(super) private: Pool,
    pub(super) public: Pool,
    pub(super) ipv6: Option<Ipv6Range>,
    /// The host's addresses, of all its interfaces.
    pub(super) own: Vec<IpAddr>,
}

impl Inside {
    /// Whose address it is, if it is inside; nothing if it is outside.
    pub(super) fn whose(&self, address: IpAddr) -> Option<Whose> {
        let address = address.to_canonical();
        let special = match address {
            IpAddr::V4(address) => self.whose4(address),
            IpAddr::V6(address) => self.whose6(address),
        };
        special.or_else(|| self.own.contains(&address).then_some(Whose::Host))
    }

    fn whose4(&self, address: Ipv4Addr) -> Option<Whose> {
        let [first, ..] = address.octets();
        if address.is_link_local() || CLOUD.contains(&address.into()) {
            Some(Whose::Link)
        } else if address.is_loopback() {
            Some(Whose::Host)
        } else if first == 0 || first >= 224 {
            // Unspecified, which the kernel takes for this host, multicast, reserved, broadcast.
            Some(Whose::Nobody)
        } else {
            (self.private.contains(address) || self.public.contains(address)).then_some(Whose::Instance)
        }
    }

    fn whose6(&self, address: Ipv6Addr) -> Option<Whose> {
        if address.is_unicast_link_local() || CLOUD.contains(&address.into()) {
            Some(Whose::Link)
        } else if address.is_loopback() {
            Some(Whose::Host)
        } else if address.is_unspecified() || address.is_multicast() {
            Some(Whose::Nobody)
        } else if self.ipv6.is_some_and(|range| range.contains(address)) {
            Some(Whose::Instance)
        } else {
            match beneath(address) {
                Beneath::Itself => None,
                Beneath::Ipv4(inner) => self.whose(inner.into()),
                Beneath::Unknown => Some(Whose::Translator),
            }
        }
    }
}

/// Which address an IPv6 address stands for.
enum Beneath {
    Itself,
    Ipv4(Ipv4Addr),
    Unknown,
}

fn beneath(address: Ipv6Addr) -> Beneath {
    match address.segments() {
        // NAT64 (RFC 6052), IPv4-compatible (RFC 4291), SIIT (RFC 2765), 6to4 (RFC 3056).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0 | 0xffff, 0, high, low]
        | [0x2002, high, low, ..] => {
            Beneath::Ipv4(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low)))
        }
        // NAT64 of one's own (RFC 8215), which may put the address anywhere; Teredo (RFC 4380), which hides it.
        [0x64, 0xff9b, 1, ..] | [0x2001, 0, ..] => Beneath::Unknown,
        _ => Beneath::Itself,
    }
}

/// The host's addresses at this moment, of all its interfaces.
pub(super) fn own_addresses() -> Result<Vec<IpAddr>> {
    let found = getifaddrs()
        .map_err(|errno| Error::internal(format!("cannot read this host's addresses: {}", errno.desc())))?;
    let addresses = found.filter_map(|interface| interface.address).filter_map(|address| {
        let ipv4 = address.as_sockaddr_in().map(|address| IpAddr::V4(address.ip()));
        ipv4.or_else(|| address.as_sockaddr_in6().map(|address| IpAddr::V6(address.ip())))
    });
    Ok(addresses.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whose(address: &str) -> Option<Whose> {
        let inside = Inside {
            private: "172.26.0.0/16".parse().expect("a range"),
            public: "192.168.1.200-192.168.1.220".parse().expect("a range"),
            ipv6: Some("2001:db8:12::/48".parse().expect("a range")),
            own: ["192.168.1.5", "203.0.113.5", "2001:db8::5"]
                .map(|own| own.parse::<IpAddr>().expect("an address"))
                .into(),
        };
        inside.whose(address.parse().expect("an address"))
    }

    #[test]
    fn what_is_inside_is_known_however_it_is_written() {
        for (address, whose_it_is) in [
            ("127.0.0.1", Whose::Host),
            ("127.8.8.8", Whose::Host),
            ("::1", Whose::Host),
            ("::ffff:127.0.0.1", Whose::Host),
            ("::127.0.0.1", Whose::Host),
            ("::ffff:0:127.0.0.1", Whose::Host),
            ("64:ff9b::127.0.0.1", Whose::Host),
            ("2002:7f00:1::1", Whose::Host),
            ("192.168.1.5", Whose::Host),
            ("::ffff:192.168.1.5", Whose::Host),
            ("64:ff9b::203.0.113.5", Whose::Host),
            ("2001:db8::5", Whose::Host),
            ("172.26.0.1", Whose::Instance),
            ("172.26.255.254", Whose::Instance),
            ("192.168.1.200", Whose::Instance),
            ("2001:db8:12:7::1", Whose::Instance),
            ("2002:ac1a:a::", Whose::Instance),
            ("169.254.169.254", Whose::Link),
            ("::ffff:169.254.169.254", Whose::Link),
            ("64:ff9b::169.254.169.254", Whose::Link),
            ("fe80::1", Whose::Link),
            ("fd00:ec2::254", Whose::Link),
            ("100.100.100.200", Whose::Link),
            ("0.0.0.0", Whose::Nobody),
            ("0.1.2.3", Whose::Nobody),
            ("::", Whose::Nobody),
            ("224.0.0.1", Whose::Nobody),
            ("255.255.255.255", Whose::Nobody),
            ("ff02::1", Whose::Nobody),
            ("64:ff9b:1::1", Whose::Translator),
            ("2001::1", Whose::Translator),
        ] {
            assert_eq!(whose(address), Some(whose_it_is), "{address}");
        }
    }

    #[test]
    fn a_home_network_and_the_world_are_outside() {
        for address in [
            "10.0.0.5",
            "172.16.0.1",
            "172.25.255.255",
            "172.27.0.1",
            "192.168.1.199",
            "192.168.1.221",
            "100.64.0.1",
            "192.0.2.7",
            "223.255.255.255",
            "fd12:3456::1",
            "2001:db8:13::1",
            "2606:4700::1111",
            "64:ff9b::192.0.2.7",
            "::ffff:10.0.0.5",
        ] {
            assert_eq!(whose(address), None, "{address}");
        }
    }

    #[test]
    fn only_the_host_and_its_instances_may_be_allowed() {
        let all = [Whose::Host, Whose::Instance, Whose::Link, Whose::Nobody, Whose::Translator];
        assert_eq!(all.map(Whose::may_be_allowed), [true, true, false, false, false]);
    }

    #[test]
    fn this_host_has_its_loopback_address() {
        let own = own_addresses().expect("the kernel says it");
        assert!(own.contains(&Ipv4Addr::LOCALHOST.into()), "{own:?}");
    }
}
