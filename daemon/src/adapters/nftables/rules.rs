//! The rules as text. Pure. Every value in it is a number, an address or an id of ours: no user's word gets here.

use std::fmt::Write as _;

use super::Addresses;
use crate::model::{Error, Instance, InstanceId, Result};

/// The one table.
pub(super) const TABLE: &str = "sloop";

/// The table, its sets, maps and chains, with the rules that hold for all. Can be given again at any time: elements,
/// counters and per-instance chains stay.
pub(super) fn base(addresses: &Addresses) -> String {
    let (private, public, gateway) = (addresses.private, addresses.public, addresses.gateway());
    let port = addresses.metadata_port;
    format!(
        "\
table inet {TABLE} {{
 set pub {{ type ipv4_addr; flags interval; elements = {{ {public} }}; }}
 set src_ok {{ type ifname . ipv4_addr; }}
 set pair {{ type ipv4_addr . ipv4_addr; }}
 map pub2priv {{ type ipv4_addr : ipv4_addr; }}
 map priv2pub {{ type ipv4_addr : ipv4_addr; }}
 map via_pub {{ type ipv4_addr . ipv4_addr : verdict; }}
 chain raw_pre {{ type filter hook prerouting priority raw; policy accept; }}
 chain antispoof {{ }}
 chain pre_nat {{ type nat hook prerouting priority dstnat - 5; policy accept; }}
 chain out_nat {{ type nat hook output priority -105; policy accept; }}
 chain stale {{ }}
 chain input {{ type filter hook input priority filter; policy accept; }}
 chain from_guest {{ }}
 chain forward {{ type filter hook forward priority filter; policy accept; }}
 chain guest_fwd {{ }}
 chain post_nat {{ type nat hook postrouting priority srcnat - 5; policy accept; }}
 chain fw_post {{ type filter hook postrouting priority srcnat + 10; policy accept; }}
 chain fw_pub {{ }}
}}
flush chain inet {TABLE} raw_pre
flush chain inet {TABLE} antispoof
flush chain inet {TABLE} pre_nat
flush chain inet {TABLE} out_nat
flush chain inet {TABLE} stale
flush chain inet {TABLE} input
flush chain inet {TABLE} from_guest
flush chain inet {TABLE} forward
flush chain inet {TABLE} guest_fwd
flush chain inet {TABLE} post_nat
flush chain inet {TABLE} fw_post
flush chain inet {TABLE} fw_pub
table inet {TABLE} {{
 chain raw_pre {{
  iifname \"slp-*\" goto antispoof
  ip saddr {private} iif != \"lo\" drop
 }}
 chain antispoof {{
  meta protocol ip iifname . ip saddr @src_ok accept
  drop
 }}
 chain pre_nat {{
  iifname \"slp-*\" ip daddr 169.254.169.254 tcp dport 80 dnat ip to {gateway}:{port}
  dnat ip to ip daddr map @pub2priv
 }}
 chain out_nat {{
  dnat ip to ip daddr map @pub2priv
 }}
 chain stale {{
  ct status dnat ct original ip daddr @pub ct original ip daddr . ct reply ip saddr != @pair drop
  ct reply ip daddr @pub ct reply ip daddr . ct original ip saddr != @pair drop
 }}
 chain input {{
  ip daddr @pub drop
  iifname \"slp-*\" goto from_guest
 }}
 chain from_guest {{
  jump stale
  ct state established,related accept
  tcp dport {port} ct status dnat ct original ip daddr 169.254.169.254 accept
  ip daddr {gateway} icmp type echo-request limit rate 10/second accept
  drop
 }}
 chain forward {{
  iifname \"slp-*\" goto guest_fwd
  oifname \"slp-*\" goto guest_fwd
  ip daddr @pub drop
 }}
 chain guest_fwd {{
  iifname \"slp-*\" ip daddr 169.254.0.0/16 drop
  ct state invalid drop
  jump stale
  ct direction reply accept
  ct status dnat accept
  oifname \"slp-*\" drop
  oifname \"lo\" drop
  accept
 }}
 chain post_nat {{
  ip saddr != {private} return
  oifname \"slp-*\" ct status dnat snat ip to ip saddr map @priv2pub
  oifname \"slp-*\" return
  masquerade
 }}
 chain fw_post {{
  oifname \"slp-*\" ct status dnat ct direction original goto fw_pub
 }}
 chain fw_pub {{
  ct original ip daddr . ip daddr vmap @via_pub
  drop
 }}
}}
"
    )
}

/// Puts one instance in, or finds it in: adding what is there is no failure, and its chain is written anew.
pub(super) fn add(instance: &Instance) -> Result<String> {
    let public = instance
        .public_ip
        .ok_or_else(|| Error::internal(format!("{} has no public address to open", instance.name)))?;
    let (private, tap, chain) = (instance.private_ip, instance.id.tap(), chain(instance.id));
    let mut text = format!("add chain inet {TABLE} {chain}\nflush chain inet {TABLE} {chain}\n");
    let mut line = |words: std::fmt::Arguments<'_>| {
        // Writing to a string does not fail.
        let _ = text.write_fmt(words);
        text.push('\n');
    };
    line(format_args!("add rule inet {TABLE} {chain} ct state established,related accept"));
    for rule in &instance.ports {
        let (protocol, from, to) = (rule.protocol.word(), rule.from, rule.to);
        if from == to {
            line(format_args!("add rule inet {TABLE} {chain} {protocol} dport {from} accept"));
        } else {
            line(format_args!("add rule inet {TABLE} {chain} {protocol} dport {from}-{to} accept"));
        }
    }
    line(format_args!("add rule inet {TABLE} {chain} drop"));
    line(format_args!("add element inet {TABLE} src_ok {{ \"{tap}\" . {private} }}"));
    // DHCP: before it has its address a guest sends from 0.0.0.0. The responder sees these frames before the filter does,
    // and nothing behind it should.
    line(format_args!("add element inet {TABLE} pair {{ {public} . {private} }}"));
    line(format_args!("add element inet {TABLE} pub2priv {{ {public} : {private} }}"));
    line(format_args!("add element inet {TABLE} priv2pub {{ {private} : {public} }}"));
    line(format_args!("add element inet {TABLE} via_pub {{ {public} . {private} : jump {chain} }}"));
    Ok(text)
}

/// Takes one instance out. Each element is added before it is deleted, because deleting what is not there fails.
pub(super) fn remove(instance: &Instance) -> String {
    let (private, tap, chain) = (instance.private_ip, instance.id.tap(), chain(instance.id));
    let mut text = format!("add chain inet {TABLE} {chain}\n");
    let mut drop_element = |set: &str, key: String, value: String| {
        let _ = writeln!(text, "add element inet {TABLE} {set} {{ {key}{value} }}");
        let _ = writeln!(text, "delete element inet {TABLE} {set} {{ {key} }}");
    };
    drop_element("src_ok", format!("\"{tap}\" . {private}"), String::new());
    if let Some(public) = instance.public_ip {
        drop_element("pair", format!("{public} . {private}"), String::new());
        drop_element("pub2priv", public.to_string(), format!(" : {private}"));
        drop_element("priv2pub", private.to_string(), format!(" : {public}"));
        drop_element("via_pub", format!("{public} . {private}"), format!(" : jump {chain}"));
    }
    let _ = writeln!(text, "flush chain inet {TABLE} {chain}\ndelete chain inet {TABLE} {chain}");
    text
}

/// Empties every set and map, removes the chains of `known`, and puts `instances` in: one transaction.
pub(super) fn replace_all<'a>(known: &[InstanceId], instances: impl Iterator<Item = &'a Instance>) -> String {
    let mut text = String::new();
    for set in ["src_ok", "pair"] {
        let _ = writeln!(text, "flush set inet {TABLE} {set}");
    }
    for map in ["via_pub", "pub2priv", "priv2pub"] {
        let _ = writeln!(text, "flush map inet {TABLE} {map}");
    }
    for id in known {
        let chain = chain(*id);
        let _ = writeln!(text, "flush chain inet {TABLE} {chain}\ndelete chain inet {TABLE} {chain}");
    }
    instances.filter_map(|instance| add(instance).ok()).for_each(|rules| text.push_str(&rules));
    text
}

/// A chain's name says whose it is.
fn chain(id: InstanceId) -> String {
    format!("fw_{}", id.0.simple())
}

/// The instances that have a chain in `nft list table`'s output.
pub(super) fn instances_in(listing: &str) -> Vec<InstanceId> {
    let chains = listing.lines().filter_map(|line| line.trim().strip_prefix("chain fw_"));
    chains.filter_map(|rest| rest.split_whitespace().next()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn addresses() -> Addresses {
        Addresses {
            private: "172.26.0.0/16".parse().expect("a range"),
            public: "172.27.0.0/22".parse().expect("a range"),
            metadata_port: 8169,
        }
    }

    #[test]
    fn the_table() {
        insta::assert_snapshot!(base(&addresses()));
    }

    #[test]
    fn an_instance_in_and_out() {
        let instance = testing::instance("web");
        insta::assert_snapshot!("add", add(&instance).expect("has a public address"));
        insta::assert_snapshot!("remove", remove(&instance));
        let other = testing::instance("db");
        insta::assert_snapshot!("replace", replace_all(&[instance.id], std::iter::once(&other)));
    }

    #[test]
    fn instances_are_found_again() {
        let id = testing::instance("web").id;
        let listing =
            format!("table inet sloop {{\n\tchain fw_pub {{\n\t}}\n\tchain {} {{\n\t}}\n}}\n", chain(id));
        assert_eq!(instances_in(&listing), [id]);
    }
}
