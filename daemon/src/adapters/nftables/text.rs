//! Commands as `nft` reads them. Pure.

use std::fmt::Write as _;

use super::{
    command::{Command, Element, From, Rule},
    object::{BURST, Object},
    table::{SETS, TABLE},
};
use crate::model::{InstanceId, PortRange, Protocol, Publication};

/// The text of a transaction.
pub(super) fn render(commands: &[Command]) -> String {
    commands.iter().map(|command| line(command) + "\n").collect()
}

/// Empties every set and map and removes the chains and limits that `listing`, of the table, has: what a transaction that puts
/// all up begins with. Counters stay.
pub(super) fn empty(listing: &str) -> String {
    let mut text = String::new();
    for (family, kind, set) in SETS {
        // Writing to a string does not fail.
        let _ = writeln!(text, "flush {kind} {family} {TABLE} {set}");
    }
    let chains = instances_in(listing).into_iter();
    let chains = chains.flat_map(|id| [Command::FlushChain(id), Command::DeleteChain(id)]);
    let limits = limits_in(listing).map(Command::Unmake);
    text + &render(&chains.chain(limits).collect::<Vec<_>>())
}

/// The instances that have a chain in `nft list table`'s output.
pub(super) fn instances_in(listing: &str) -> Vec<InstanceId> {
    let chains = listing.lines().filter_map(|line| line.trim().strip_prefix("chain fw_"));
    chains.filter_map(|rest| rest.split_whitespace().next()?.parse().ok()).collect()
}

fn limits_in(listing: &str) -> impl Iterator<Item = Object> {
    let limits = listing.lines().filter_map(|line| line.trim().strip_prefix("limit "));
    limits.filter_map(|rest| Object::limit(rest.split_whitespace().next()?, 0))
}

/// A chain's name says whose it is.
pub(super) fn chain(id: InstanceId) -> String {
    format!("fw_{}", id.0.simple())
}

fn line(command: &Command) -> String {
    match command {
        Command::AddChain(id) => format!("add chain inet {TABLE} {}", chain(*id)),
        Command::FlushChain(id) => format!("flush chain inet {TABLE} {}", chain(*id)),
        Command::DeleteChain(id) => format!("delete chain inet {TABLE} {}", chain(*id)),
        Command::AddRule(id, rule) => format!("add rule inet {TABLE} {} {}", chain(*id), words(*rule)),
        Command::Make(object) => format!("add {} {{ {} }}", named(*object), properties(*object)),
        Command::Unmake(object) => format!("delete {}", named(*object)),
        Command::Add(element) => {
            let (set, key, value) = parts(element);
            format!(
                "add element {set} {{ {key}{} }}",
                value.map(|value| format!(" : {value}")).unwrap_or_default()
            )
        }
        Command::Delete(element) => {
            let (set, key, _) = parts(element);
            format!("delete element {set} {{ {key} }}")
        }
    }
}

fn named(object: Object) -> String {
    let kind = match object {
        Object::Counter { .. } => "counter",
        Object::Limit { .. } => "limit",
    };
    format!("{kind} inet {TABLE} {}", object.name())
}

fn properties(object: Object) -> String {
    match object {
        Object::Counter { bytes, .. } => format!("packets 0 bytes {bytes}"),
        Object::Limit { rate, .. } => format!("rate over {rate} bytes/second burst {BURST} bytes"),
    }
}

fn words(rule: Rule) -> String {
    match rule {
        Rule::Established => "ct state established,related accept".to_owned(),
        Rule::Drop => "drop".to_owned(),
        Rule::Accept(range, from) => format!("{}{}accept", source(from), ports(range)),
    }
}

fn source(from: From) -> String {
    match from {
        From::Anywhere => String::new(),
        From::V4(net) if net.prefix_len() == 0 => "meta nfproto ipv4 ".to_owned(),
        From::V4(net) => format!("ip saddr {net} "),
        From::V6(net) if net.prefix_len() == 0 => "meta nfproto ipv6 ".to_owned(),
        From::V6(net) => format!("ip6 saddr {net} "),
    }
}

fn ports(range: PortRange) -> String {
    let PortRange { protocol, from, to } = range;
    match protocol {
        Protocol::All => String::new(),
        Protocol::Tcp | Protocol::Udp if from == to => format!("{} dport {from} ", protocol.word()),
        Protocol::Tcp | Protocol::Udp => format!("{} dport {from}-{to} ", protocol.word()),
        Protocol::Icmp => icmp("icmp", from, to),
        Protocol::Icmpv6 => icmp("icmpv6", from, to),
    }
}

fn icmp(word: &str, kind: i32, code: i32) -> String {
    match (kind, code) {
        (-1, _) => format!("meta l4proto {} ", if word == "icmp" { "icmp" } else { "ipv6-icmp" }),
        (kind, -1) => format!("{word} type {kind} "),
        (kind, code) => format!("{word} type {kind} {word} code {code} "),
    }
}

/// Set, key and value of an element.
fn parts(element: &Element) -> (String, String, Option<String>) {
    let inet = |set: &str| format!("inet {TABLE} {set}");
    match element {
        Element::Source { tap, mac, address } => {
            (inet("src_ok"), format!("\"{tap}\" . {} . {address}", colons(*mac)), None)
        }
        Element::Arp { tap, mac, address } => {
            (format!("arp {TABLE} arp_ok"), format!("\"{tap}\" . {} . {address}", colons(*mac)), None)
        }
        Element::Peers(group) => (inet("peers"), format!("{group} . {group}"), None),
        Element::Pair { public, private } => (inet("pair"), format!("{public} . {private}"), None),
        Element::ToPrivate { public, private } => {
            (inet("pub2priv"), public.to_string(), Some(private.to_string()))
        }
        Element::ToPublic { private, public } => {
            (inet("priv2pub"), private.to_string(), Some(public.to_string()))
        }
        Element::Via { public, private, chain: id } => {
            (inet("via_pub"), format!("{public} . {private}"), Some(format!("jump {}", chain(*id))))
        }
        Element::Source6 { tap, mac, address } => {
            (inet("src6_ok"), format!("\"{tap}\" . {} . {address}", colons(*mac)), None)
        }
        Element::Via6 { address, chain: id } => {
            (inet("via6"), address.to_string(), Some(format!("jump {}", chain(*id))))
        }
        Element::Published { publication: Publication { protocol, host_port, port }, private } => (
            inet("published"),
            format!("{} . {host_port}", protocol.word()),
            Some(format!("{private} . {port}")),
        ),
        Element::ViaOwn { private, chain: id } => {
            (inet("via_own"), private.to_string(), Some(format!("jump {}", chain(*id))))
        }
        Element::Leads { tap, to } => {
            (inet(to.map()), format!("\"{tap}\""), Some(format!("\"{}\"", to.name())))
        }
    }
}

fn colons(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        adapters::nftables::{Addresses, command},
        model::{Bytes, HOST_ALIAS, Instance, PortRule, Sources},
        testing,
    };

    fn addresses() -> Addresses {
        Addresses {
            private: "172.26.0.0/16".parse().expect("a range"),
            public: "172.27.0.0/22".parse().expect("a range"),
            metadata_port: 8169,
            dns_port: 8053,
            ipv6: Some("fd12:3456:789a::/48".parse().expect("a range")),
        }
    }

    #[test]
    fn an_instance_in_and_out() {
        let instance = testing::instance("web");
        insta::assert_snapshot!("add", render(&command::add(&addresses(), &instance, Bytes::default())));
        insta::assert_snapshot!("remove", render(&command::remove(&instance, Bytes::default())));
        insta::assert_snapshot!("empty", empty(&listing(&instance)));
    }

    #[test]
    fn an_instance_with_an_ipv6_address_in_and_out() {
        let mut instance = testing::instance("web");
        let before = instance.clone();
        instance.ipv6 = Some("fd12:3456:789a:1::5".parse().expect("an address"));
        insta::assert_snapshot!(
            "add_with_ipv6",
            render(&command::add(&addresses(), &instance, Bytes::default()))
        );
        insta::assert_snapshot!("remove_with_ipv6", render(&command::remove(&instance, Bytes::default())));
        insta::assert_snapshot!(
            "ipv6_comes",
            render(&command::change(&addresses(), &[(&before, &instance)]))
        );
    }

    #[test]
    fn an_instance_with_published_ports() {
        let mut instance = testing::instance("web");
        let before = instance.clone();
        instance.published =
            vec!["8080:80/tcp".parse().expect("a port"), "53:53/udp".parse().expect("a port")];
        insta::assert_snapshot!("publish", render(&command::change(&addresses(), &[(&before, &instance)])));
        insta::assert_snapshot!("unpublish", render(&command::change(&addresses(), &[(&instance, &before)])));
    }

    #[test]
    fn an_instance_with_a_cap_in_and_out() {
        let mut instance = testing::instance("web");
        instance.bandwidth_kbps = Some(20_000);
        let counted = Bytes { inward: 5, outward: 7 };
        insta::assert_snapshot!("add_with_cap", render(&command::add(&addresses(), &instance, counted)));
        insta::assert_snapshot!("remove_with_cap", render(&command::remove(&instance, counted)));
    }

    #[test]
    fn another_cap_takes_the_place_of_the_first() {
        let (mut old, mut new) = (testing::instance("web"), testing::instance("web"));
        (old.bandwidth_kbps, new.bandwidth_kbps) = (Some(20_000), Some(50_000));
        insta::assert_snapshot!("cap_changes", render(&command::change(&addresses(), &[(&old, &new)])));
    }

    #[test]
    fn every_kind_of_rule() {
        let rule = |word: &str, from, to, v4: &[&str], v6: &[&str], host: bool| {
            let text = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
            let range = PortRange::parse(word.parse().expect("a protocol"), Some(from), Some(to));
            let aliases = if host { vec![HOST_ALIAS.to_owned()] } else { Vec::new() };
            let sources = Sources::parse(&text(v4), &text(v6), &aliases).expect("sound");
            PortRule { range: range.expect("sound"), sources }
        };
        let mut instance = testing::instance("web");
        instance.ports = vec![
            rule("tcp", 22, 22, &["0.0.0.0/0"], &["::/0"], false),
            rule("tcp", 8000, 8100, &["0.0.0.0/0"], &[], false),
            rule("udp", 53, 53, &["10.0.0.0/8", "192.0.2.1"], &["2001:db8::/32"], true),
            rule("icmp", 8, -1, &["0.0.0.0/0"], &[], false),
            rule("icmp", 3, 4, &["10.0.0.0/8"], &[], false),
            rule("icmpv6", 128, 0, &[], &["::/0"], false),
            rule("icmp", -1, -1, &["0.0.0.0/0"], &[], false),
            rule("icmpv6", -1, -1, &[], &["::/0"], false),
            rule("all", 0, 65_535, &["192.0.2.1"], &[], false),
            rule("tcp", 0, 65_535, &["192.0.2.1"], &[], false),
        ];
        insta::assert_snapshot!(render(&command::add(&addresses(), &instance, Bytes::default())));
    }

    #[test]
    fn an_address_moves_in_one_transaction() {
        let (mut old, mut new) = (testing::instance("web"), testing::instance("db"));
        new.private_ip = [172, 26, 0, 11].into();
        new.public_ip = Some([172, 27, 0, 11].into());
        let (old_before, new_before) = (old.clone(), new.clone());
        new.public_ip = old.public_ip;
        old.public_ip = Some([172, 27, 0, 12].into());
        let commands = command::change(&addresses(), &[(&old_before, &old), (&new_before, &new)]);
        insta::assert_snapshot!(render(&commands));
    }

    #[test]
    fn a_change_of_ports_touches_the_chain_alone() {
        let before = testing::instance("web");
        let mut after = before.clone();
        after.ports.pop();
        let commands = command::change(&addresses(), &[(&before, &after)]);
        assert!(commands.iter().all(|one| matches!(one, Command::FlushChain(_) | Command::AddRule(..))));
        assert!(command::change(&addresses(), &[(&before, &before)]).is_empty());
    }

    /// What `nft -t list table` says of a table with one instance, whose plan has a cap.
    fn listing(instance: &Instance) -> String {
        let simple = instance.id.0.simple();
        format!(
            "table inet sloop {{\n\tcounter in_{simple} {{\n\t\tpackets 3 bytes 400\n\t}}\n\n\
             \tlimit cap_in_{simple} {{\n\t\trate over 2500000 bytes/second burst 64 kbytes\n\t}}\n\n\
             \tmap cap_in {{\n\t\ttype ifname : limit\n\t}}\n\n\
             \tchain outward {{\n\t\tlimit name iifname map @cap_out drop\n\t}}\n\n\
             \tchain fw_pub {{\n\t\tdrop\n\t}}\n\n\tchain fw_{simple} {{\n\t\tdrop\n\t}}\n}}\n"
        )
    }

    #[test]
    fn instances_and_their_limits_are_found_again() {
        let instance = testing::instance("web");
        let listing = listing(&instance);
        assert_eq!(instances_in(&listing), [instance.id]);
        let limits: Vec<_> = limits_in(&listing).map(Object::name).collect();
        assert_eq!(limits, [format!("cap_in_{}", instance.id.0.simple())]);
        assert!(instances_in("").is_empty() && limits_in("").next().is_none());
    }
}
