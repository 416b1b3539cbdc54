//! Packets of instances whose way through other programs' chains is looked at. Pure.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Scope, Uplinks};
use crate::model::{IPV6_ROUTER, Ipv6Range};

/// A packet as a chain sees it.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    /// Where chains are asked about it.
    pub(super) hook: &'static str,
    /// What is lost when it is dropped.
    pub(super) loss: &'static str,
    /// Whether instances are of no use without it.
    pub(super) is_vital: bool,
    /// `ip` or `ip6`.
    pub(super) family: &'static str,
    /// Where it comes in.
    pub(super) iif: Device,
    /// Where it goes out.
    pub(super) oif: Device,
    /// Who sends it.
    pub(super) saddr: Span,
    /// Whom it goes to, once it is translated.
    pub(super) daddr: Span,
    /// `tcp`, `udp` or `ipv6-icmp`.
    pub(super) l4proto: &'static str,
    /// From which port.
    pub(super) sport: Span,
    /// To which port, once it is translated.
    pub(super) dport: Span,
    /// `new`, `established` or `untracked`.
    pub(super) state: &'static str,
    /// Whether its connection's destination was translated.
    pub(super) is_dnat: bool,
}

/// An interface.
#[derive(Clone, Debug)]
pub(super) enum Device {
    /// A tap, whichever.
    Tap,
    /// The way to the world, whose name may not be known.
    Uplink(Option<String>),
    /// None: the packet ends here.
    Nowhere,
}

/// What an address or a port may be, from the first to the last.
pub(super) type Span = (u128, u128);

const ANY_PORT: Span = (0, 0xffff);
/// What Linux chooses from, unless told otherwise.
const EPHEMERAL: Span = (0x8000, 60_999);
/// Stands for the world: an ordinary address, because some firewalls drop the ranges that are kept for documentation.
const WORLD: Ipv4Addr = Ipv4Addr::new(93, 184, 215, 14);
/// The same.
const WORLD6: Ipv6Addr = Ipv6Addr::new(0x2606, 0x2800, 0x21f, 0xcb07, 0x6820, 0x80da, 0xaf6b, 0x8b2c);
/// Addresses of an IPv6 wire.
const LINK_LOCAL: Span = (0xfe80 << 112, (0xfe80 << 112) | 0xffff_ffff_ffff_ffff);

/// The packets that instances cannot do without, and those that somebody may miss. DHCP and router advertisements are not among
/// them: those go through packet sockets, which hear and speak where no chain is asked.
pub(super) fn probes(scope: &Scope, uplinks: &Uplinks) -> Vec<Probe> {
    let private = scope.addresses.private;
    let (first, mask) = (private.network().to_bits(), private.mask().to_bits());
    let instances = (first.into(), (first | !mask).into());
    let out = outward("ip", instances, point(WORLD.to_bits()), uplinks.v4.as_deref());
    let [back, inward] = homeward(&out);
    let asked = asked(scope, &out);
    let mut probes = vec![out, back, Probe { is_dnat: true, ..inward }];
    probes.extend(asked);
    let ipv6 = scope.addresses.ipv6;
    if let Some(range) = ipv6.filter(Ipv6Range::is_global) {
        let first = range.network().to_bits();
        let instances = (first, first | (u128::MAX >> range.prefix()));
        let out = outward("ip6", instances, point(WORLD6.to_bits()), uplinks.v6.as_deref());
        // Instances without IPv6 work; so do hosts, and many have none themselves.
        let out = Probe { is_vital: false, ..out };
        let homeward = homeward(&out);
        probes.push(out);
        probes.extend(homeward);
    }
    probes.extend(ipv6.map(|_| router_wanted()));
    probes
}

/// What instances send.
fn outward(family: &'static str, instances: Span, world: Span, uplink: Option<&str>) -> Probe {
    let is_ipv6 = family == "ip6";
    Probe {
        hook: "forward",
        loss: if is_ipv6 { "they do not reach the world by IPv6" } else { "they do not reach the world" },
        is_vital: true,
        family,
        iif: Device::Tap,
        oif: Device::Uplink(uplink.map(str::to_owned)),
        saddr: instances,
        daddr: world,
        l4proto: "tcp",
        sport: EPHEMERAL,
        dport: point(443u32),
        state: "new",
        is_dnat: false,
    }
}

/// The answers, and what others begin.
fn homeward(out: &Probe) -> [Probe; 2] {
    let is_ipv6 = out.family == "ip6";
    let back = Probe {
        loss: if is_ipv6 { "no answers reach them by IPv6" } else { "no answers reach them" },
        iif: out.oif.clone(),
        oif: Device::Tap,
        saddr: out.daddr,
        daddr: out.saddr,
        sport: point(443u32),
        dport: EPHEMERAL,
        state: "established",
        ..out.clone()
    };
    let inward = Probe {
        loss: if is_ipv6 { "others do not reach them by IPv6" } else { "nobody but this host reaches them" },
        is_vital: false,
        saddr: (0, if is_ipv6 { u128::MAX } else { u32::MAX.into() }),
        sport: EPHEMERAL,
        dport: ANY_PORT,
        state: "new",
        ..back.clone()
    };
    [back, inward]
}

/// What instances ask the gateway; all of it is translated on its way.
fn asked(scope: &Scope, out: &Probe) -> [Probe; 3] {
    let addresses = &scope.addresses;
    let to = |loss, l4proto, port: u16| Probe {
        hook: "input",
        loss,
        oif: Device::Nowhere,
        daddr: point(addresses.gateway().to_bits()),
        l4proto,
        dport: point(port),
        is_dnat: true,
        ..out.clone()
    };
    let (names, metadata) = ("they resolve no names", "they get no metadata");
    [
        to(names, "udp", addresses.dns_port),
        to(names, "tcp", addresses.dns_port),
        to(metadata, "tcp", addresses.metadata_port),
    ]
}

/// A guest looks for its router's MAC address.
fn router_wanted() -> Probe {
    Probe {
        hook: "input",
        loss: "they do not find their IPv6 router",
        is_vital: false,
        family: "ip6",
        iif: Device::Tap,
        oif: Device::Nowhere,
        saddr: LINK_LOCAL,
        daddr: point(IPV6_ROUTER.to_bits()),
        l4proto: "ipv6-icmp",
        sport: ANY_PORT,
        dport: ANY_PORT,
        state: "untracked",
        is_dnat: false,
    }
}

fn point(value: impl Into<u128>) -> Span {
    let value = value.into();
    (value, value)
}
