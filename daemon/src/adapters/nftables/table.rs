//! The tables and the rules that hold for every instance, as `tables.nft` has them. Pure.

use super::Addresses;

/// The name of the tables.
pub(super) const TABLE: &str = "sloop";

/// The tables, their sets, maps and chains, with the rules that hold for all. Can be given again at any time: elements,
/// counters and per-instance chains stay.
pub(super) fn base(addresses: &Addresses) -> String {
    let (private, public, gateway) = (addresses.private, addresses.public, addresses.gateway());
    include_str!("tables.nft")
        .replace("PRIVATE", &private.to_string())
        .replace("PUBLIC", &public.to_string())
        .replace("GATEWAY", &gateway.to_string())
        .replace("METADATA_PORT", &addresses.metadata_port.to_string())
        .replace("DNS_PORT", &addresses.dns_port.to_string())
}

/// The sets and maps of the tables, each with its family.
pub(super) const SETS: [(&str, &str, &str); 7] = [
    ("arp", "set", "arp_ok"),
    ("inet", "set", "src_ok"),
    ("inet", "set", "peers"),
    ("inet", "set", "pair"),
    ("inet", "map", "via_pub"),
    ("inet", "map", "pub2priv"),
    ("inet", "map", "priv2pub"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables() {
        let addresses = Addresses {
            private: "172.26.0.0/16".parse().expect("a range"),
            public: "172.27.0.0/22".parse().expect("a range"),
            metadata_port: 8169,
            dns_port: 8053,
        };
        insta::assert_snapshot!(base(&addresses));
    }
}
