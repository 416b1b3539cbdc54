//! Which names there are: `sloop.internal`, and the addresses of both ranges backwards. Pure.

use std::net::Ipv4Addr;

use hickory_proto::rr::{
    Name, RData,
    rdata::{NS, PTR, SOA},
};

use crate::{model::Pool, verbs::KnownName};

/// Addresses are for life, but a name can be given anew: nobody keeps one for more than seconds.
pub(super) const TTL: u32 = 5;

/// The host's own name.
const HOST: &str = "host";
/// Labels of the zone that an IPv6 address is in: `ip6.arpa` and the 16 digits of a /64.
const V6_ZONE_LABELS: usize = 2 + 16;

/// The zones that are ours.
pub(super) struct Zones {
    private: Pool,
    public: Pool,
}

/// What there is of a name that is in one of the zones.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The zone.
    pub(super) zone: Name,
    /// What the name has: nothing if it only has others below it; none if there is no such name.
    pub(super) data: Option<Vec<RData>>,
}

impl Zones {
    pub(super) fn new(private: Pool, public: Pool) -> Self {
        Self { private, public }
    }

    /// What there is of `name` for somebody who may know `names`; none if others must be asked.
    pub(super) fn find(&self, name: &Name, names: &[KnownName]) -> Option<Found> {
        let lower = |label: &[u8]| String::from_utf8_lossy(label).to_ascii_lowercase();
        let labels: Vec<String> = name.iter().rev().map(lower).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        match labels.as_slice() {
            ["internal", "sloop", below @ ..] => Some(self.by_name(below, names)),
            ["arpa", "in-addr", below @ ..] => self.by_v4(below, names),
            ["arpa", "ip6", _, ..] => by_v6(name, names),
            _ => None,
        }
    }

    /// `below` begins with the label next to the zone's name.
    fn by_name(&self, below: &[&str], names: &[KnownName]) -> Found {
        let data = match below {
            [] => Some(apex()),
            [HOST] => Some(vec![RData::from(self.private.gateway())]),
            [host] => addresses(host, names),
            _ => None,
        };
        Found { zone: own(&[]), data }
    }

    /// `below` begins with an address's first octet.
    fn by_v4(&self, below: &[&str], names: &[KnownName]) -> Option<Found> {
        let octets: Vec<u8> = below.iter().take(4).map_while(|label| octet(label)).collect();
        let mut all = [0; 4];
        all[..octets.len()].copy_from_slice(&octets);
        let address = Ipv4Addr::from(all);
        let is_ours = |pool: &Pool| 8 * octets.len() >= usize::from(pool.prefix()) && pool.contains(address);
        let pool = [self.private, self.public].into_iter().find(is_ours)?;
        // A zone begins at an octet. Of one that is less than a /24 only a part is ours.
        let cut = usize::from(pool.prefix()).div_ceil(8).min(3);
        let data = match octets.len() {
            length if length < below.len() => None,
            4 => self.pointers(address, names),
            length if length == cut => Some(apex()),
            _ => Some(Vec::new()),
        };
        Some(Found { zone: Name::from(address).trim_to(2 + cut), data })
    }

    fn pointers(&self, address: Ipv4Addr, names: &[KnownName]) -> Option<Vec<RData>> {
        if address == self.private.gateway() {
            return Some(vec![RData::PTR(PTR(own(&[HOST])))]);
        }
        let has = |name: &&KnownName| name.private_ip == address || name.public_ip == Some(address);
        pointers(names.iter().filter(has))
    }
}

/// Of IPv6 only what is known is ours: instances have a part of some network of which others know more.
fn by_v6(name: &Name, names: &[KnownName]) -> Option<Found> {
    let has = |known: &&KnownName| known.ipv6.is_some_and(|address| Name::from(address) == *name);
    let data = pointers(names.iter().filter(has))?;
    Some(Found { zone: name.trim_to(V6_ZONE_LABELS), data: Some(data) })
}

/// Host names of several instances can be equal, so there may be several addresses.
fn addresses(host: &str, names: &[KnownName]) -> Option<Vec<RData>> {
    let mut data: Vec<RData> = Vec::new();
    for name in names.iter().filter(|name| name.host_name == host) {
        data.push(name.private_ip.into());
        data.extend(name.ipv6.map(RData::from));
    }
    (!data.is_empty()).then_some(data)
}

/// The host's name is the host's alone: an instance that is called so has none.
fn pointers<'a>(names: impl Iterator<Item = &'a KnownName>) -> Option<Vec<RData>> {
    let named = names.filter(|name| name.host_name != HOST);
    let data: Vec<RData> = named.map(|name| RData::PTR(PTR(own(&[name.host_name.as_str()])))).collect();
    (!data.is_empty()).then_some(data)
}

/// What the beginning of a zone has.
fn apex() -> Vec<RData> {
    vec![authority(), RData::NS(NS(own(&[HOST])))]
}

/// Whose word an answer is. There is no second server, so that its times mean nothing but for the last: how long it is
/// remembered that something is not there.
pub(super) fn authority() -> RData {
    RData::SOA(SOA::new(own(&[HOST]), own(&["hostmaster"]), 1, 3600, 600, 86_400, TTL))
}

/// A name in `sloop.internal`. That fails for no host name, since those are labels by their making.
fn own(below: &[&str]) -> Name {
    let labels = below.iter().copied().chain(["sloop", "internal"]);
    Name::from_labels(labels.map(str::as_bytes)).unwrap_or_default()
}

/// An octet as it is written backwards: neither `010` nor `+1` is one.
fn octet(label: &str) -> Option<u8> {
    label.parse().ok().filter(|octet: &u8| octet.to_string() == label)
}

#[cfg(test)]
mod tests;
