//! IPv6 addresses of instances. Each instance has a /64 of its own and uses one address of it, the one that it makes from its
//! MAC address; the host is the router on every wire.

use std::{fmt, net::Ipv6Addr, str::FromStr};

use ipnet::Ipv6Net;
use sha2::{Digest as _, Sha256};

use super::{Error, HostId, Kind, Result};

/// The router on every wire. A link-local address means something on its own wire only, so that all wires share it.
pub const IPV6_ROUTER: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);

const LINK_LOCAL: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 64);

/// A range that instances' subnets are taken from. Subnets are numbered; number 0 is the host's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv6Range {
    network: Ipv6Addr,
    prefix: u8,
}

impl Ipv6Range {
    /// The host's own range, the same for ever: `fd` and 40 bits that no other host is likely to have, as RFC 4193 asks. The
    /// world has no way there.
    pub fn local(host: HostId) -> Self {
        let hash = Sha256::digest(host.0.as_bytes());
        let mut octets = [0; 16];
        octets[0] = 0xfd;
        octets[1..6].copy_from_slice(&hash[..5]);
        Self { network: octets.into(), prefix: 48 }
    }

    /// The first address, which names the range.
    pub fn network(&self) -> Ipv6Addr {
        self.network
    }

    /// Length of the prefix in bits.
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// The host's own address, with which it speaks to instances.
    pub fn host(&self) -> Ipv6Addr {
        Ipv6Addr::from_bits(self.network.to_bits() | 1)
    }

    /// How many subnets there are, the host's own among them.
    pub fn subnets(&self) -> u32 {
        1 << (64 - self.prefix)
    }

    /// The subnet of that number, for an instance: from 1 up to what the range has room for.
    pub fn subnet(&self, index: u32) -> Result<Ipv6Net> {
        let last = self.subnets() - 1;
        if !(1..=last).contains(&index) {
            let message = format!("{self} has no subnet {index} for an instance: they are 1 to {last}");
            return Err(Error::new(Kind::Capacity, "AddressesExhausted", message));
        }
        let bits = self.network.to_bits() | (u128::from(index) << 64);
        Ok(Ipv6Net::new_assert(Ipv6Addr::from_bits(bits), 64))
    }

    /// Whether the world may know the way there: not so for a range of one's own (RFC 4193).
    pub fn is_global(&self) -> bool {
        self.network.octets()[0] != 0xfd
    }

    /// Whether the address lies in the range.
    pub fn contains(&self, address: Ipv6Addr) -> bool {
        (address.to_bits() ^ self.network.to_bits()) >> (128 - self.prefix) == 0
    }
}

impl FromStr for Ipv6Range {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let net: Ipv6Net =
            text.parse().map_err(|_| format!("{text:?} is not an IPv6 range such as 2001:db8:12::/48"))?;
        let (network, prefix) = (net.addr(), net.prefix_len());
        if !(48..=60).contains(&prefix) {
            return Err(format!(
                "{text:?}: the prefix must be between 48 and 60 bits, for each instance takes a /64 of it"
            ));
        }
        if network != net.network() {
            return Err(format!("{text:?} has bits set behind its prefix"));
        }
        if !is_routable(network) {
            return Err(format!("{text:?} must lie in 2000::/3 or fd00::/8: no other addresses are routed"));
        }
        Ok(Self { network, prefix })
    }
}

impl fmt::Display for Ipv6Range {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.network, self.prefix)
    }
}

/// Whether it is a global unicast address (RFC 4291, 2.4, as far as it is given out) or a unique local one (RFC 4193).
fn is_routable(address: Ipv6Addr) -> bool {
    let first = address.octets()[0];
    first >> 5 == 0b001 || first == 0xfd
}

/// The address that whoever has that MAC address makes for itself in a /64.
pub fn address_in(subnet: Ipv6Net, mac: [u8; 6]) -> Ipv6Addr {
    let mut octets = subnet.network().octets();
    octets[8..11].copy_from_slice(&mac[..3]);
    // RFC 4291, appendix A: the bit that says whether the identifier is universal is turned round, and ff:fe fills the middle.
    octets[8] ^= 0x02;
    octets[11..13].copy_from_slice(&[0xff, 0xfe]);
    octets[13..].copy_from_slice(&mac[3..]);
    octets.into()
}

/// The same on its own wire, where neighbours find each other.
pub fn link_local(mac: [u8; 6]) -> Ipv6Addr {
    address_in(LINK_LOCAL, mac)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;
    use uuid::Uuid;

    use super::*;

    #[rstest]
    #[case("2001:db8:12::/48", "")]
    #[case("2001:db8:12:80::/57", "")]
    #[case("fd12:3456:789a:bcd0::/60", "")]
    #[case("", "is not an IPv6 range")]
    #[case("172.26.0.0/16", "is not an IPv6 range")]
    #[case("2001:db8:12::", "is not an IPv6 range")]
    #[case("2001:db8:12::/129", "is not an IPv6 range")]
    #[case("2001:db8::/47", "between 48 and 60")]
    #[case("2001:db8:12::/64", "between 48 and 60")]
    #[case("2001:db8:12::1/48", "behind its prefix")]
    #[case("fe80::/48", "2000::/3 or fd00::/8")]
    #[case("fc00::/48", "2000::/3 or fd00::/8")]
    #[case("ff02::/48", "2000::/3 or fd00::/8")]
    #[case("::/48", "2000::/3 or fd00::/8")]
    fn ranges(#[case] text: &str, #[case] refusal: &str) {
        match text.parse::<Ipv6Range>() {
            Ok(range) => assert_eq!((range.to_string().as_str(), ""), (text, refusal)),
            Err(why) => assert!(!refusal.is_empty() && why.contains(refusal), "{text:?} gave {why}"),
        }
    }

    #[test]
    fn a_host_has_one_range_for_ever() {
        let id = "345cb873-b9e0-4def-bbaa-ba8002168ee0".parse().expect("an id");
        assert_eq!(Ipv6Range::local(id).to_string(), "fd32:ab90:6d4f::/48");
        assert_ne!(Ipv6Range::local(id), Ipv6Range::local(HostId::fresh()));
    }

    #[test]
    fn a_small_range_ends_early() {
        let range: Ipv6Range = "2001:db8:12:ab0::/60".parse().expect("a range");
        assert_eq!(range.subnet(1).expect("room").to_string(), "2001:db8:12:ab1::/64");
        assert_eq!(range.subnet(15).expect("room").to_string(), "2001:db8:12:abf::/64");
        assert_eq!(range.host().to_string(), "2001:db8:12:ab0::1");
        for index in [0, 16, u32::MAX] {
            assert_eq!(range.subnet(index).expect_err("no room").kind, Kind::Capacity);
        }
    }

    #[test]
    fn addresses_are_those_of_the_rfc() {
        let mac = [0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde];
        let subnet = "2001:db8:12:1::/64".parse().expect("a subnet");
        assert_eq!(address_in(subnet, mac).to_string(), "2001:db8:12:1:3656:78ff:fe9a:bcde");
        assert_eq!(link_local(mac).to_string(), "fe80::3656:78ff:fe9a:bcde");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9a-f:/.]{0,30}") {
            if let Ok(range) = text.parse::<Ipv6Range>() {
                prop_assert_eq!(range.to_string().parse::<Ipv6Range>(), Ok(range));
                prop_assert!(range.contains(range.host()));
            }
        }

        #[test]
        fn instances_never_share_an_address(
            host in any::<u128>(),
            one in 1..65_536u32,
            other in 1..65_536u32,
            mac in any::<[u8; 6]>(),
        ) {
            let range = Ipv6Range::local(HostId(Uuid::from_u128(host)));
            prop_assert!(is_routable(range.network()));
            let address = |index| range.subnet(index).map(|subnet| address_in(subnet, mac)).expect("room");
            prop_assert_eq!(address(one) == address(other), one == other);
            prop_assert!(range.contains(address(one)) && address(one) != range.host());
        }

        #[test]
        fn an_address_tells_its_mac(one in any::<[u8; 6]>(), other in any::<[u8; 6]>()) {
            let octets = link_local(one).octets();
            let told = [octets[8] ^ 2, octets[9], octets[10], octets[13], octets[14], octets[15]];
            prop_assert_eq!(told, one);
            prop_assert_eq!(link_local(one) == link_local(other), one == other);
        }
    }
}
