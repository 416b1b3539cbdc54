//! What an advertisement says (RFC 4861, 4.2 and 4.6). Pure.

use etherparse::{Icmpv6Type, icmpv6::RouterAdvertisementHeader};

use super::Settings;

/// How long what is said holds, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lifetimes {
    /// The router.
    router: u16,
    /// Addresses of the subnet.
    valid: u32,
    /// Addresses of the subnet as a choice for new connections.
    preferred: u32,
}

/// Long enough to outlast many advertisements that are lost, and a daemon that is being replaced.
pub(super) const USUAL: Lifetimes = Lifetimes { router: 9000, valid: 86_400, preferred: 14_400 };

/// Nothing holds any more.
pub(super) const OVER: Lifetimes = Lifetimes { router: 0, valid: 0, preferred: 0 };

/// What guests write in packets of theirs.
const HOP_LIMIT: u8 = 64;
/// What a tap carries.
const MTU: u32 = 1500;

/// Options, by their numbers.
pub(super) const SOURCE_LINK_LAYER: u8 = 1;
const PREFIX_INFORMATION: u8 = 3;
const LINK_MTU: u8 = 5;

/// Addresses may be made of the prefix, but nobody else of it is on this wire: everything goes to the router.
const AUTONOMOUS_NOT_ON_LINK: u8 = 0x40;

/// The fixed part. Addresses come from the prefix and names from DHCP of IPv4, so that nothing is managed.
pub(super) fn header(lifetimes: Lifetimes) -> Icmpv6Type {
    Icmpv6Type::RouterAdvertisement(RouterAdvertisementHeader {
        cur_hop_limit: HOP_LIMIT,
        managed_address_config: false,
        other_config: false,
        router_lifetime: lifetimes.router,
    })
}

/// Everything behind it: two timers that the guest is left to choose, and the options. An option's length counts in eights.
pub(super) fn body(settings: &Settings, lifetimes: Lifetimes) -> Vec<u8> {
    let mut body = vec![0; 8];
    body.extend([SOURCE_LINK_LAYER, 1]);
    body.extend(settings.mac);
    body.extend([LINK_MTU, 1, 0, 0]);
    body.extend(MTU.to_be_bytes());
    body.extend([PREFIX_INFORMATION, 4, settings.prefix.prefix_len(), AUTONOMOUS_NOT_ON_LINK]);
    body.extend(lifetimes.valid.to_be_bytes());
    body.extend(lifetimes.preferred.to_be_bytes());
    body.extend([0; 4]);
    body.extend(settings.prefix.network().octets());
    body
}
