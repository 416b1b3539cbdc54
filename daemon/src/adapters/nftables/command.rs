//! What is said to the packet filter about one instance. Pure; `text` writes it for `nft`.

use std::net::Ipv4Addr;

use ipnet::{Ipv4Net, Ipv6Net};

use super::Addresses;
use crate::model::{Instance, InstanceId, PortRange, PortRule, Sources, group_of, mac_of};

/// One command of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Make the instance's chain, or find it.
    AddChain(InstanceId),
    /// Empty the instance's chain.
    FlushChain(InstanceId),
    /// Remove the instance's chain, which must be empty.
    DeleteChain(InstanceId),
    /// Append a rule to the instance's chain.
    AddRule(InstanceId, Rule),
    /// Put an element in, or find it in.
    Add(Element),
    /// Take an element out, which must be in.
    Delete(Element),
}

/// A rule of an instance's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// What belongs to a connection that was let in.
    Established,
    /// A range of ports, for a source.
    Accept(PortRange, From),
    /// Everything else.
    Drop,
}

/// Where packets come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// Anywhere.
    Anywhere,
    /// An IPv4 range.
    V4(Ipv4Net),
    /// An IPv6 range.
    V6(Ipv6Net),
}

/// An element of a set or a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Element {
    /// Who may send packets on a wire.
    Source { tap: String, mac: [u8; 6], address: Ipv4Addr },
    /// Who may say who they are by ARP on a wire.
    Arp { tap: String, mac: [u8; 6], address: Ipv4Addr },
    /// Wires of one owner, by the group of their taps.
    Peers(u32),
    /// A public address and whose it is.
    Pair { public: Ipv4Addr, private: Ipv4Addr },
    /// Where a public address leads.
    ToPrivate { public: Ipv4Addr, private: Ipv4Addr },
    /// What an instance is known as outside.
    ToPublic { private: Ipv4Addr, public: Ipv4Addr },
    /// The rules of a public address.
    Via { public: Ipv4Addr, private: Ipv4Addr, chain: InstanceId },
}

/// Puts one instance in, or finds it in; its chain is written anew.
pub(super) fn add(addresses: &Addresses, instance: &Instance) -> Vec<Command> {
    let mut commands = vec![Command::AddChain(instance.id)];
    commands.extend(rules(addresses, instance));
    commands.extend(elements(instance).into_iter().map(Command::Add));
    commands
}

/// Takes one instance out. Each element is added before it is deleted, because deleting what is not there fails.
pub(super) fn remove(instance: &Instance) -> Vec<Command> {
    let mut commands = vec![Command::AddChain(instance.id)];
    // The other instances of its owner may need the pair of groups.
    let own = elements(instance).into_iter().filter(|element| !matches!(element, Element::Peers(_)));
    commands.extend(own.flat_map(|element| [Command::Add(element.clone()), Command::Delete(element)]));
    commands.extend([Command::FlushChain(instance.id), Command::DeleteChain(instance.id)]);
    commands
}

/// Makes what stands as each first of `pairs` what each second asks for. All that goes is taken out before anything comes,
/// so that an address can move from one to another.
pub(super) fn change(addresses: &Addresses, pairs: &[(&Instance, &Instance)]) -> Vec<Command> {
    let mut commands = Vec::new();
    for (old, new) in pairs {
        let wanted = elements(new);
        let gone = elements(old).into_iter().filter(|element| !wanted.contains(element));
        commands.extend(gone.map(Command::Delete));
    }
    for (old, new) in pairs {
        if old.ports != new.ports {
            commands.extend(rules(addresses, new));
        }
        let had = elements(old);
        let come = elements(new).into_iter().filter(|element| !had.contains(element));
        commands.extend(come.map(Command::Add));
    }
    commands
}

fn rules(addresses: &Addresses, instance: &Instance) -> Vec<Command> {
    let accepted = instance.ports.iter().flat_map(|rule| accept(addresses, rule));
    let rules = std::iter::once(Rule::Established).chain(accepted).chain([Rule::Drop]);
    let rules = rules.map(|rule| Command::AddRule(instance.id, rule));
    std::iter::once(Command::FlushChain(instance.id)).chain(rules).collect()
}

/// One plain rule for each source: an anonymous set would be read out again by every later change.
fn accept(addresses: &Addresses, rule: &PortRule) -> Vec<Rule> {
    let PortRule { range, sources: Sources { v4, v6, host } } = rule;
    let anywhere = v4.contains(&Ipv4Net::default()) && v6.contains(&Ipv6Net::default());
    if anywhere {
        return vec![Rule::Accept(*range, From::Anywhere)];
    }
    let host = host.then(|| Ipv4Net::from(addresses.gateway()));
    let v4 = v4.iter().copied().chain(host).map(From::V4);
    v4.chain(v6.iter().copied().map(From::V6)).map(|from| Rule::Accept(*range, from)).collect()
}

fn elements(instance: &Instance) -> Vec<Element> {
    let (tap, mac, address) = (instance.id.tap(), mac_of(instance.id), instance.private_ip);
    let group = group_of(instance.owner_number);
    let mut elements = vec![
        Element::Arp { tap: tap.clone(), mac, address },
        Element::Source { tap, mac, address },
        Element::Peers(group),
    ];
    if let Some(public) = instance.public_ip {
        let private = instance.private_ip;
        elements.extend([
            Element::Pair { public, private },
            Element::ToPrivate { public, private },
            Element::ToPublic { private, public },
            Element::Via { public, private, chain: instance.id },
        ]);
    }
    elements
}
