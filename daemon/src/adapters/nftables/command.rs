//! What is said to the packet filter about one instance. Pure; `text` writes it for `nft`.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

use super::{
    Addresses,
    object::{Object, counters, limits},
};
use crate::model::{
    Bytes, Instance, InstanceId, PortRange, PortRule, Publication, Sources, group_of, link_local, mac_of,
};

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
    /// Make an object, or find one of its name and leave it as it is.
    Make(Object),
    /// Take an object away, which must be there, and which no element refers to.
    Unmake(Object),
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
    /// Who may send IPv6 packets on a wire.
    Source6 { tap: String, mac: [u8; 6], address: Ipv6Addr },
    /// The rules of an IPv6 address.
    Via6 { address: Ipv6Addr, chain: InstanceId },
    /// Where a port of the host's own addresses leads.
    Published { publication: Publication, private: Ipv4Addr },
    /// The rules of what comes by a port of the host.
    ViaOwn { private: Ipv4Addr, chain: InstanceId },
    /// The object of a wire.
    Leads { tap: String, to: Object },
}

/// Puts one instance in, or finds it in; its chain is written anew. Counters that are not there begin at what was `counted`.
pub(super) fn add(addresses: &Addresses, instance: &Instance, counted: Bytes) -> Vec<Command> {
    let mut commands = vec![Command::AddChain(instance.id)];
    commands.extend(rules(addresses, instance));
    commands.extend(count(instance.id, counted));
    commands.extend(limits(instance).into_iter().map(Command::Make));
    commands.extend(elements(instance).into_iter().map(Command::Add));
    commands
}

/// Counters, from what was `counted` on where they are not there.
pub(super) fn count(id: InstanceId, counted: Bytes) -> [Command; 2] {
    counters(id, counted).map(Command::Make)
}

/// Takes away the counters of one that is no more.
pub(super) fn forget(id: InstanceId) -> Vec<Command> {
    let counters = counters(id, Bytes::default()).into_iter();
    counters.flat_map(|counter| [Command::Make(counter), Command::Unmake(counter)]).collect()
}

/// Takes one instance out, but for its counters. All is added before it is deleted, because deleting what is not there fails.
pub(super) fn remove(instance: &Instance, counted: Bytes) -> Vec<Command> {
    let mut commands = vec![Command::AddChain(instance.id)];
    commands.extend(count(instance.id, counted));
    commands.extend(limits(instance).into_iter().map(Command::Make));
    // The other instances of its owner may need the pair of groups.
    let own = elements(instance).into_iter().filter(|element| !matches!(element, Element::Peers(_)));
    commands.extend(own.flat_map(|element| [Command::Add(element.clone()), Command::Delete(element)]));
    commands.extend(limits(instance).into_iter().map(Command::Unmake));
    commands.extend([Command::FlushChain(instance.id), Command::DeleteChain(instance.id)]);
    commands
}

/// Makes what stands as each first of `pairs` what each second asks for. All that goes is taken out before anything comes,
/// so that an address can move from one to another.
pub(super) fn change(addresses: &Addresses, pairs: &[(&Instance, &Instance)]) -> Vec<Command> {
    let mut commands = Vec::new();
    for (old, new) in pairs {
        commands.extend(without(elements(old), &elements(new)).map(Command::Delete));
        commands.extend(without(limits(old), &limits(new)).map(Command::Unmake));
    }
    for (old, new) in pairs {
        if old.ports != new.ports {
            commands.extend(rules(addresses, new));
        }
        commands.extend(without(limits(new), &limits(old)).map(Command::Make));
        commands.extend(without(elements(new), &elements(old)).map(Command::Add));
    }
    commands
}

/// What `these` have and `those` have not.
fn without<T: PartialEq>(these: Vec<T>, those: &[T]) -> impl Iterator<Item = T> {
    these.into_iter().filter(move |one| !those.contains(one))
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
    let host4 = host.then(|| Ipv4Net::from(addresses.gateway()));
    let host6 = addresses.ipv6.filter(|_| *host).map(|range| Ipv6Net::from(range.host()));
    let v4 = v4.iter().copied().chain(host4).map(From::V4);
    let v6 = v6.iter().copied().chain(host6).map(From::V6);
    v4.chain(v6).map(|from| Rule::Accept(*range, from)).collect()
}

fn elements(instance: &Instance) -> Vec<Element> {
    let (tap, mac, address) = (instance.id.tap(), mac_of(instance.id), instance.private_ip);
    let group = group_of(instance.owner_number);
    let mut elements = vec![
        Element::Arp { tap: tap.clone(), mac, address },
        Element::Source { tap: tap.clone(), mac, address },
        Element::Peers(group),
    ];
    let objects = counters(instance.id, Bytes::default()).into_iter().chain(limits(instance));
    elements.extend(objects.map(|to| Element::Leads { tap: tap.clone(), to }));
    if let Some(address) = instance.ipv6 {
        let own = [address, link_local(mac)];
        elements.extend(own.map(|address| Element::Source6 { tap: tap.clone(), mac, address }));
        elements.push(Element::Via6 { address, chain: instance.id });
    }
    let private = instance.private_ip;
    elements.extend(instance.published.iter().map(|one| Element::Published { publication: *one, private }));
    if !instance.published.is_empty() {
        elements.push(Element::ViaOwn { private, chain: instance.id });
    }
    if let Some(public) = instance.public_ip {
        elements.extend([
            Element::Pair { public, private },
            Element::ToPrivate { public, private },
            Element::ToPublic { private, public },
            Element::Via { public, private, chain: instance.id },
        ]);
    }
    elements
}
