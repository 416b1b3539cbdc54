//! What changes, in words. Nothing is said where nothing does.

use std::{collections::BTreeMap, fmt::Display, net::Ipv4Addr};

use super::{MetadataOptions, Origin, PortRange, PortRule, Snapshot, Sources, Tags};

/// `before -> after`.
pub fn between(before: impl Display, after: impl Display) -> String {
    let (before, after) = (before.to_string(), after.to_string());
    if before == after { String::new() } else { format!("{before} -> {after}") }
}

/// The public address of an instance.
pub fn address(before: Option<Ipv4Addr>, after: Option<Ipv4Addr>) -> String {
    match (before, after) {
        (Some(before), Some(after)) if before == after => String::new(),
        (Some(before), Some(after)) => format!("public address {before} -> {after}"),
        (None, Some(after)) => format!("public address {after}"),
        (Some(before), None) => format!("public address {before} given back"),
        (None, None) => String::new(),
    }
}

/// A number of bytes as the size of a disk.
pub fn size(bytes: u64) -> String {
    format!("{} GB", bytes >> 30)
}

/// The firewall of an instance.
pub fn ports(before: &[PortRule], after: &[PortRule]) -> String {
    let closed = before.iter().filter(|rule| find(after, rule.range).is_none());
    let closed = closed.map(|rule| format!("{} closed", rule.range));
    let opened = after.iter().filter_map(|rule| match find(before, rule.range) {
        Some(was) if was.sources == rule.sources => None,
        Some(was) => {
            Some(format!("{} open to {} -> {}", rule.range, open_to(&was.sources), open_to(&rule.sources)))
        }
        None => Some(format!("{} open to {}", rule.range, open_to(&rule.sources))),
    });
    closed.chain(opened).collect::<Vec<_>>().join("; ")
}

fn find(rules: &[PortRule], range: PortRange) -> Option<&PortRule> {
    rules.iter().find(|rule| rule.range == range)
}

fn open_to(sources: &Sources) -> String {
    let v4 = sources.v4.iter().map(ToString::to_string);
    let v6 = sources.v6.iter().map(ToString::to_string);
    let host = sources.host.then(|| "this host".to_owned());
    v4.chain(v6).chain(host).collect::<Vec<_>>().join(", ")
}

/// The tags of a resource.
pub fn tags(before: &Tags, after: &Tags) -> String {
    let (old, new): (BTreeMap<_, _>, BTreeMap<_, _>) = (before.iter().collect(), after.iter().collect());
    let removed = old.keys().filter(|key| !new.contains_key(*key)).map(|key| format!("tag {key} taken off"));
    let put = new.iter().filter_map(|(key, value)| match old.get(key) {
        Some(was) if was == value => None,
        Some(was) => Some(format!("tag {key}: {} -> {}", or_nothing(was), or_nothing(value))),
        None if value.is_empty() => Some(format!("tag {key}")),
        None => Some(format!("tag {key}: {value}")),
    });
    removed.chain(put).collect::<Vec<_>>().join("; ")
}

fn or_nothing(value: &str) -> &str {
    if value.is_empty() { "nothing" } else { value }
}

/// How an instance may ask for its metadata.
pub fn metadata(before: MetadataOptions, after: MetadataOptions) -> String {
    let tokens = |options: MetadataOptions| if options.tokens_required { "required" } else { "optional" };
    let enabled = |is_enabled: bool| if is_enabled { "enabled" } else { "disabled" };
    let all = [
        ("tokens", between(tokens(before), tokens(after))),
        ("endpoint", between(enabled(before.enabled), enabled(after.enabled))),
        ("hop limit", between(before.hop_limit, after.hop_limit)),
        ("IPv6", between(enabled(before.ipv6), enabled(after.ipv6))),
    ];
    let changed = all.iter().filter(|(_, change)| !change.is_empty());
    changed.map(|(what, change)| format!("{what} {change}")).collect::<Vec<_>>().join("; ")
}

/// What a snapshot is of, by its name.
pub fn source(snapshot: &Snapshot) -> String {
    match &snapshot.origin {
        Origin::Instance(instance) => instance.name.to_string(),
        Origin::Disk { name: Some(name), .. } => name.to_string(),
        Origin::Disk { instance: Some((_, name)), .. } => format!("the system disk of {name}"),
        Origin::Disk { .. } => "a disk".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(port: u16, cidrs: &[&str]) -> PortRule {
        let cidrs: Vec<_> = cidrs.iter().map(|&cidr| cidr.to_owned()).collect();
        PortRule { range: PortRange::tcp(port), sources: Sources::parse(&cidrs, &[], &[]).expect("sound") }
    }

    fn labels(pairs: &[(&str, &str)]) -> Tags {
        Tags::stored(pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())))
    }

    #[test]
    fn ports_are_told_where_they_differ() {
        let before = [rule(22, &["10.0.0.0/8"]), rule(80, &["0.0.0.0/0"]), rule(443, &["0.0.0.0/0"])];
        let after =
            [rule(22, &["10.0.0.0/8", "192.0.2.1"]), rule(443, &["0.0.0.0/0"]), rule(53, &["10.0.0.0/8"])];
        assert_eq!(
            ports(&before, &after),
            "80/tcp closed; 22/tcp open to 10.0.0.0/8 -> 10.0.0.0/8, 192.0.2.1/32; 53/tcp open to 10.0.0.0/8"
        );
        let everybody = PortRule::everybody(PortRange::tcp(22));
        assert_eq!(ports(&[], &[everybody]), "22/tcp open to 0.0.0.0/0, ::/0");
        assert_eq!(ports(&before, &before), "");
    }

    #[test]
    fn tags_are_told_where_they_differ() {
        let before = labels(&[("role", "db"), ("old", ""), ("same", "x"), ("bare", "")]);
        let after = labels(&[("role", "web"), ("same", "x"), ("bare", "now"), ("urgent", ""), ("team", "a")]);
        assert_eq!(
            tags(&before, &after),
            "tag old taken off; tag bare: nothing -> now; tag role: db -> web; tag team: a; tag urgent"
        );
    }

    #[test]
    fn addresses_and_options_are_told_where_they_differ() {
        let (one, two) = (Some([172, 27, 0, 5].into()), Some([172, 27, 0, 9].into()));
        assert_eq!(address(one, two), "public address 172.27.0.5 -> 172.27.0.9");
        assert_eq!(address(None, two), "public address 172.27.0.9");
        assert_eq!(address(one, None), "public address 172.27.0.5 given back");
        assert_eq!((address(one, one), address(None, None)), (String::new(), String::new()));
        let before = MetadataOptions::default();
        let after = MetadataOptions { tokens_required: true, hop_limit: 2, ..before };
        assert_eq!(metadata(before, after), "tokens optional -> required; hop limit 1 -> 2");
        assert_eq!(metadata(before, before), "");
        assert_eq!((between("a", "a"), between("a", 1)), (String::new(), "a -> 1".to_owned()));
    }

    proptest! {
        #[test]
        fn something_is_said_exactly_where_something_differs(
            old in prop::collection::btree_map("[a-c]", "[x-z]{0,1}", 0..4),
            new in prop::collection::btree_map("[a-c]", "[x-z]{0,1}", 0..4),
        ) {
            let said = tags(&Tags::stored(old.clone()), &Tags::stored(new.clone()));
            prop_assert_eq!(said.is_empty(), old == new);
        }
    }
}
