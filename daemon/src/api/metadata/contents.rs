//! What EC2's instance metadata service tells, for one instance. Pure.
//!
//! The names and what they stand for are those of
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-categories.html>. All versions tell the same:
//! a newer one only ever added names.

use super::{
    identity,
    tree::{Entry, Node, dir, leaf},
};
use crate::{
    model::{Instance, ResourceName},
    verbs::Metadata,
};

/// The versions that EC2 has had until tags came in, as it lists them itself.
const VERSIONS: &[&str] = &[
    "1.0",
    "2007-01-19",
    "2007-03-01",
    "2007-08-29",
    "2007-10-10",
    "2007-12-15",
    "2008-02-01",
    "2008-09-01",
    "2009-04-04",
    "2011-01-01",
    "2011-05-01",
    "2012-01-12",
    "2014-02-25",
    "2014-11-05",
    "2015-10-20",
    "2016-04-19",
    "2016-06-30",
    "2016-09-02",
    "2018-03-28",
    "2018-08-17",
    "2018-09-24",
    "2019-10-01",
    "2020-10-27",
    "2021-01-03",
    "2021-03-23",
    "latest",
];

/// The disk that the guest starts from, as it sees it.
const DISK: &str = "/dev/vda";

/// What is at `path`, a URL's path as it was sent; none where there is nothing.
pub(super) fn look_up(told: &Metadata, path: &str) -> Option<String> {
    let path = decoded(path)?;
    let path = path.trim_start_matches('/');
    if path.is_empty() {
        return Some(VERSIONS.join("\n"));
    }
    let (version, rest) = path.split_once('/').unwrap_or((path, ""));
    if !VERSIONS.contains(&version) {
        return None;
    }
    all(told).find(rest).map(Node::text)
}

/// The path without its escapes (RFC 3986, section 2.1); none when one is broken or the outcome is no text.
fn decoded(path: &str) -> Option<String> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// What is under each version. EC2 lists these three without slashes.
fn all(told: &Metadata) -> Node {
    let document = leaf("document", identity::document(told));
    let mut entries = vec![
        dir("dynamic", vec![dir("instance-identity", vec![document])]).listed_as("dynamic"),
        dir("meta-data", meta_data(told)).listed_as("meta-data"),
    ];
    let user_data = told.instance.user_data.as_str();
    if !user_data.is_empty() {
        entries.push(leaf("user-data", user_data));
    }
    Node::dir(entries)
}

fn meta_data(told: &Metadata) -> Vec<Entry> {
    let instance = &told.instance;
    let mut entries = vec![
        leaf("ami-id", identity::image_id(instance)),
        leaf("ami-launch-index", "0"),
        leaf("ami-manifest-path", "(unknown)"),
        dir("block-device-mapping", vec![leaf("ami", DISK), leaf("root", DISK)]),
        leaf("hostname", identity::host_name(instance)),
        leaf("instance-action", "none"),
        leaf("instance-id", instance.id.guest()),
        leaf("instance-life-cycle", "on-demand"),
        leaf("instance-type", instance.bundle_id.as_str()),
        leaf("local-hostname", identity::host_name(instance)),
        leaf("local-ipv4", instance.private_ip.to_string()),
        leaf("mac", identity::mac(instance)),
        dir("network", vec![dir("interfaces", vec![dir("macs", vec![interface(told)])])]),
        dir("placement", placement(told)),
        leaf("profile", "default-hvm"),
        dir("public-keys", public_keys(instance)),
        leaf("reservation-id", identity::reservation_id(instance)),
        leaf("security-groups", "default"),
        dir("services", vec![leaf("domain", "amazonaws.com"), leaf("partition", "aws")]),
        dir("tags", vec![dir("instance", tags(instance))]),
    ];
    if let Some(public) = instance.public_ip {
        // Its public address has no name of its own; by its number it is reached.
        entries.push(leaf("public-hostname", public.to_string()));
        entries.push(leaf("public-ipv4", public.to_string()));
    }
    entries
}

fn interface(told: &Metadata) -> Entry {
    let instance = &told.instance;
    let mut entries = vec![
        leaf("device-number", "0"),
        leaf("interface-id", identity::interface_id(instance)),
        leaf("local-hostname", identity::host_name(instance)),
        leaf("local-ipv4s", instance.private_ip.to_string()),
        leaf("mac", identity::mac(instance)),
        leaf("owner-id", told.place.account.as_str()),
        leaf("security-groups", "default"),
        leaf("subnet-id", identity::subnet_id(told)),
        leaf("subnet-ipv4-cidr-block", told.subnet.to_string()),
        leaf("vpc-id", identity::vpc_id(&told.place)),
        leaf("vpc-ipv4-cidr-block", told.subnet.to_string()),
    ];
    if let Some(public) = instance.public_ip.map(|public| public.to_string()) {
        entries.push(dir("ipv4-associations", vec![leaf(&public, instance.private_ip.to_string())]));
        entries.push(leaf("public-hostname", public.as_str()));
        entries.push(leaf("public-ipv4s", public));
    }
    if let Some(ipv6) = instance.ipv6 {
        entries.push(leaf("ipv6s", ipv6.to_string()));
    }
    dir(&identity::mac(instance), entries)
}

fn placement(told: &Metadata) -> Vec<Entry> {
    vec![
        leaf("availability-zone", told.place.zone.as_str()),
        leaf("availability-zone-id", identity::zone_id(&told.place)),
        leaf("region", told.place.region.as_str()),
    ]
}

/// One entry with all the keys, named after the key pair that was chosen.
fn public_keys(instance: &Instance) -> Vec<Entry> {
    let name = instance.key_pair.as_ref().map_or("default", ResourceName::as_str);
    let keys = leaf("openssh-key", instance.identity.authorized_keys.join("\n"));
    vec![dir("0", vec![keys]).listed_as(format!("0={name}"))]
}

fn tags(instance: &Instance) -> Vec<Entry> {
    instance.tags.iter().map(|(key, value)| leaf(key, value)).collect()
}

#[cfg(test)]
mod tests;
