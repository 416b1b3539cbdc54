//! Whether a match of a rule fits a packet. Pure. What cannot be told, because the packet stands for many or the match asks for
//! something unknown, is told as such.

use std::net::IpAddr;

use serde_json::Value;

use super::{
    probe::{Device, Probe, Span},
    rules::{Place, Ruleset},
};

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It cannot be told.
    Maybe,
}

impl Fit {
    /// Both.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Maybe,
        }
    }

    fn negated(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
        }
    }
}

impl From<bool> for Fit {
    fn from(fits: bool) -> Self {
        if fits { Self::Yes } else { Self::No }
    }
}

/// Protocols of which a packet has one, as fields of theirs are worded.
const TRANSPORTS: [&str; 11] =
    ["tcp", "udp", "udplite", "sctp", "dccp", "icmp", "icmpv6", "igmp", "esp", "ah", "gre"];
/// Likewise.
const FAMILIES: [&str; 3] = ["ip", "ip6", "arp"];

/// Whether a `match` of a rule in the table of `at` fits the packet.
pub(super) fn fits(rules: &Ruleset, at: &Place, probe: &Probe, body: &Value) -> Fit {
    let (Some(left), Some(right)) = (body.get("left"), body.get("right")) else { return Fit::Maybe };
    // A field of another protocol is not there, so that nothing fits, not even "is not".
    if is_absent(probe, left) {
        return Fit::No;
    }
    let fit = any(items(rules, at, right), |item| one(probe, left, item));
    match body.get("op").and_then(Value::as_str) {
        Some("==" | "in") => fit,
        Some("!=") => fit.negated(),
        _ => Fit::Maybe,
    }
}

/// Whether the packet has the value `item` in what `left` names.
pub(super) fn fits_key(probe: &Probe, left: &Value, item: &Value) -> Fit {
    if is_absent(probe, left) { Fit::No } else { one(probe, left, item) }
}

/// The alternatives of a right-hand side, or of a map; none where they are not known.
pub(super) fn items<'a>(rules: &'a Ruleset, at: &Place, right: &'a Value) -> Option<&'a [Value]> {
    if let Some(name) = right.as_str().and_then(|text| text.strip_prefix('@')) {
        return rules.elements(&at.beside(name));
    }
    match right.get("set").unwrap_or(right) {
        Value::Array(items) => Some(items),
        single => Some(std::slice::from_ref(single)),
    }
}

fn any(items: Option<&[Value]>, fit: impl Fn(&Value) -> Fit) -> Fit {
    let Some(items) = items else { return Fit::Maybe };
    let fits: Vec<Fit> = items.iter().map(fit).collect();
    match () {
        () if fits.contains(&Fit::Yes) => Fit::Yes,
        () if fits.contains(&Fit::Maybe) => Fit::Maybe,
        () => Fit::No,
    }
}

fn is_absent(probe: &Probe, left: &Value) -> bool {
    let protocol = left.pointer("/payload/protocol").and_then(Value::as_str).unwrap_or_default();
    let transport = if probe.l4proto == "ipv6-icmp" { "icmpv6" } else { probe.l4proto };
    (FAMILIES.contains(&protocol) && protocol != probe.family)
        || (TRANSPORTS.contains(&protocol) && protocol != transport)
}

fn one(probe: &Probe, left: &Value, item: &Value) -> Fit {
    // An element may bring a counter or a time limit along.
    let item = item.pointer("/elem/val").unwrap_or(item);
    let Some((kind, of)) = left.as_object().and_then(|left| left.iter().next()) else { return Fit::Maybe };
    let key = of.get("key").and_then(Value::as_str).unwrap_or_default();
    match kind.as_str() {
        "meta" => meta(probe, key, item),
        "payload" => payload(probe, of, item),
        "ct" => connection(probe, key, item),
        "fib" => kind_of_address(probe, of, item),
        _ => Fit::Maybe,
    }
}

fn meta(probe: &Probe, key: &str, item: &Value) -> Fit {
    match key {
        "iifname" | "iif" => device(&probe.iif, item),
        "oifname" | "oif" => device(&probe.oif, item),
        "l4proto" => word(item, probe.l4proto),
        "nfproto" => word(item, if probe.family == "ip6" { "ipv6" } else { "ipv4" }),
        "protocol" => word(item, probe.family),
        _ => Fit::Maybe,
    }
}

fn payload(probe: &Probe, of: &Value, item: &Value) -> Fit {
    let part = |name| of.get(name).and_then(Value::as_str).unwrap_or_default();
    match (part("protocol"), part("field")) {
        ("ip" | "ip6", "saddr") => within(probe.saddr, item),
        ("ip" | "ip6", "daddr") => within(probe.daddr, item),
        ("ip", "protocol") | ("ip6", "nexthdr") => word(item, probe.l4proto),
        ("icmpv6", "type") => word(item, "nd-neighbor-solicit"),
        // Neighbours are asked with the largest there is; everything else may have come a long way.
        ("ip6", "hoplimit") => within((if probe.l4proto == "ipv6-icmp" { 255 } else { 1 }, 255), item),
        ("tcp" | "udp" | "th", "sport") => within(probe.sport, item),
        ("tcp" | "udp" | "th", "dport") => within(probe.dport, item),
        _ => Fit::Maybe,
    }
}

fn connection(probe: &Probe, key: &str, item: &Value) -> Fit {
    match (key, item.as_str()) {
        ("state", Some(state)) => (state == probe.state).into(),
        ("status", Some("dnat")) => probe.is_dnat.into(),
        ("direction", Some(direction)) => {
            let is_answer = probe.state == "established";
            ((direction == "reply") == is_answer).into()
        }
        _ => Fit::Maybe,
    }
}

/// What the routes say of an address.
fn kind_of_address(probe: &Probe, of: &Value, item: &Value) -> Fit {
    let flags = of.get("flags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is_asked = |flag: &str| flags.iter().any(|one| one == flag);
    match of.get("result").and_then(Value::as_str) {
        // The gateway's address is on lo, which is not where the packet comes in.
        Some("type") if is_asked("daddr") && !is_asked("iif") && !is_asked("saddr") => {
            word(item, if probe.hook == "input" { "local" } else { "unicast" })
        }
        _ => Fit::Maybe,
    }
}

fn word(item: &Value, ours: &str) -> Fit {
    item.as_str().map_or(Fit::Maybe, |text| (text == ours).into())
}

/// Whether an interface has the name, which may end in a star.
fn device(ours: &Device, item: &Value) -> Fit {
    let Some(text) = item.as_str() else { return Fit::Maybe };
    let (stem, is_open) = text.strip_suffix('*').map_or((text, false), |stem| (stem, true));
    let is = |name: &str| if is_open { name.starts_with(stem) } else { name == text };
    match ours {
        Device::Tap if is_open && "slp-".starts_with(stem) => Fit::Yes,
        // One tap, or some of them.
        Device::Tap if stem.starts_with("slp-") => Fit::Maybe,
        Device::Tap | Device::Nowhere => Fit::No,
        Device::Uplink(Some(name)) => is(name).into(),
        Device::Uplink(None) if is_open && stem.is_empty() => Fit::Yes,
        Device::Uplink(None) if is("lo") || stem.starts_with("slp-") => Fit::No,
        Device::Uplink(None) => Fit::Maybe,
    }
}

fn within(ours: Span, item: &Value) -> Fit {
    match span(item) {
        Some((first, last)) if first <= ours.0 && ours.1 <= last => Fit::Yes,
        Some((first, last)) if ours.1 < first || last < ours.0 => Fit::No,
        _ => Fit::Maybe,
    }
}

/// A number, an address, a prefix or a range.
fn span(item: &Value) -> Option<Span> {
    if let Some([first, last]) = item.get("range").and_then(Value::as_array).map(Vec::as_slice) {
        return Some((scalar(first)?, scalar(last)?));
    }
    if let Some(prefix) = item.get("prefix") {
        let address: IpAddr = prefix.get("addr")?.as_str()?.parse().ok()?;
        let length = u32::try_from(prefix.get("len")?.as_u64()?).ok()?;
        let (first, all) = (bits(address), if address.is_ipv4() { u32::MAX.into() } else { u128::MAX });
        return Some((first, first | all.checked_shr(length).unwrap_or(0)));
    }
    scalar(item).map(|value| (value, value))
}

fn scalar(item: &Value) -> Option<u128> {
    match item {
        Value::String(text) => text.parse::<IpAddr>().ok().map(bits),
        number => number.as_u64().map(u128::from),
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}
