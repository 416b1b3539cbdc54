//! The tables and the rules that hold for every instance, as `tables.nft` has them. Pure.

use super::Addresses;
use crate::model::IPV6_ROUTER;

/// The name of the tables.
pub(super) const TABLE: &str = "sloop";

/// The tables, their sets, maps and chains, with the rules that hold for all. Can be given again at any time: elements,
/// counters and per-instance chains stay.
pub(super) fn base(addresses: &Addresses) -> String {
    let (private, public, gateway) = (addresses.private, addresses.public, addresses.gateway());
    let outward = match addresses.ipv6 {
        Some(range) if range.is_global() => "goto outward",
        _ => "reject with icmpv6 type no-route",
    };
    let range = addresses.ipv6.map(|range| range.to_string());
    // Without a range there is nothing to protect of it, and an address that is known here alone is of no use outside.
    let is_wanted = |line: &&str| {
        (range.is_some() || !line.contains("RANGE6")) && (public.is_lan() || !line.contains("OUTWARD4"))
    };
    let lines: String = include_str!("tables.nft").split_inclusive('\n').filter(is_wanted).collect();
    lines
        .replace("OUTWARD4", "snat ip to ip saddr map @priv2pub")
        .replace("RANGE6", &range.unwrap_or_default())
        .replace("ROUTER6", &IPV6_ROUTER.to_string())
        .replace("OUTWARD6", outward)
        .replace("PRIVATE", &private.to_string())
        .replace("PUBLIC", &public.to_string())
        .replace("GATEWAY", &gateway.to_string())
        .replace("METADATA_PORT", &addresses.metadata_port.to_string())
        .replace("DNS_PORT", &addresses.dns_port.to_string())
}

/// The sets and maps of the tables, each with its family.
pub(super) const SETS: [(&str, &str, &str); 15] = [
    ("arp", "set", "arp_ok"),
    ("inet", "set", "src_ok"),
    ("inet", "set", "peers"),
    ("inet", "set", "pair"),
    ("inet", "map", "via_pub"),
    ("inet", "map", "pub2priv"),
    ("inet", "map", "priv2pub"),
    ("inet", "set", "src6_ok"),
    ("inet", "map", "via6"),
    ("inet", "map", "published"),
    ("inet", "map", "via_own"),
    ("inet", "map", "acct_in"),
    ("inet", "map", "acct_out"),
    ("inet", "map", "cap_in"),
    ("inet", "map", "cap_out"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables() {
        let mut addresses = Addresses {
            private: "172.26.0.0/16".parse().expect("a range"),
            public: "172.27.0.0/22".parse().expect("a range"),
            metadata_port: 8169,
            dns_port: 8053,
            ipv6: None,
        };
        insta::assert_snapshot!("without_ipv6", base(&addresses));
        addresses.ipv6 = Some("fd12:3456:789a::/48".parse().expect("a range"));
        insta::assert_snapshot!("with_a_range_of_ones_own", base(&addresses));
        addresses.ipv6 = Some("2001:db8:12::/48".parse().expect("a range"));
        let as_itself = "oifname \"slp-*\" return\n  snat ip to ip saddr map @priv2pub\n";
        assert!(!base(&addresses).contains(as_itself));
        addresses.public = "192.0.2.200-192.0.2.220".parse().expect("a range");
        assert!(base(&addresses).contains("elements = { 192.0.2.200-192.0.2.220 }"));
        assert!(base(&addresses).contains(as_itself));
        assert!(base(&addresses).contains("ct direction reply goto outward\n  goto outward\n"));
    }
}
