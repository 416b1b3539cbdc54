//! Open ports as people read them, whichever message tells of them.

use std::fmt;

use sloop_proto::v1::{InstancePortInfo, InstancePortState, NetworkProtocol};

use super::rule::Rule;

const ANYWHERE: &str = "anywhere";

/// An open range of ports, and for whom it is open.
pub(crate) struct Opening<'a> {
    pub(super) rule: Rule,
    cidrs: &'a [String],
    ipv6_cidrs: &'a [String],
    aliases: &'a [String],
}

impl<'a> From<&'a InstancePortState> for Opening<'a> {
    fn from(state: &'a InstancePortState) -> Self {
        Self {
            rule: Rule::new(state.protocol(), state.from_port(), state.to_port()),
            cidrs: &state.cidrs,
            ipv6_cidrs: &state.ipv6_cidrs,
            aliases: &state.cidr_list_aliases,
        }
    }
}

impl<'a> From<&'a InstancePortInfo> for Opening<'a> {
    fn from(info: &'a InstancePortInfo) -> Self {
        Self {
            rule: Rule::new(info.protocol(), info.from_port(), info.to_port()),
            cidrs: &info.cidrs,
            ipv6_cidrs: &info.ipv6_cidrs,
            aliases: &info.cidr_list_aliases,
        }
    }
}

impl<'a> Opening<'a> {
    /// Who may come in: one word where that is everybody whom the protocol can carry.
    pub(super) fn sources(&self) -> Vec<&'a str> {
        let v4 = self.cidrs.iter().any(|cidr| cidr == "0.0.0.0/0");
        let v6 = self.ipv6_cidrs.iter().any(|cidr| cidr == "::/0");
        let everybody = match self.rule.protocol {
            NetworkProtocol::Icmp => v4,
            NetworkProtocol::Icmpv6 => v6,
            _ => v4 && v6,
        };
        let v4 = family(v4, "anywhere (IPv4)", self.cidrs);
        let v6 = family(v6, "anywhere (IPv6)", self.ipv6_cidrs);
        let named = [v4, v6, family(false, "", self.aliases)].concat();
        if everybody || named.is_empty() { vec![ANYWHERE] } else { named }
    }
}

/// The sources of one family; where all of them may come in, the others say nothing.
fn family<'a>(all: bool, word: &'a str, sources: &'a [String]) -> Vec<&'a str> {
    if all { vec![word] } else { sources.iter().map(String::as_str).collect() }
}

/// The rule, and for whom it is open where that is not everybody.
impl fmt::Display for Opening<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sources().as_slice() {
            [ANYWHERE] => write!(to, "{}", self.rule),
            sources => write!(to, "{} from {}", self.rule, sources.join(" and ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(protocol: NetworkProtocol, [cidrs, ipv6_cidrs, aliases]: [&[&str]; 3]) -> String {
        let list = |texts: &[&str]| -> Vec<String> { texts.iter().copied().map(str::to_owned).collect() };
        let state = InstancePortState {
            from_port: Some(8),
            to_port: Some(-1),
            protocol: Some(protocol.into()),
            cidrs: list(cidrs),
            ipv6_cidrs: list(ipv6_cidrs),
            cidr_list_aliases: list(aliases),
            ..InstancePortState::default()
        };
        Opening::from(&state).to_string()
    }

    #[test]
    fn everybody_is_not_mentioned() {
        let (v4, v6): (&[&str], &[&str]) = (&["0.0.0.0/0", "10.0.0.0/8"], &["::/0"]);
        assert_eq!(shown(NetworkProtocol::All, [v4, v6, &["lightsail-connect"]]), "all");
        assert_eq!(shown(NetworkProtocol::All, [&[], &[], &[]]), "all");
        assert_eq!(shown(NetworkProtocol::Icmp, [v4, &[], &[]]), "icmp:8");
        assert_eq!(shown(NetworkProtocol::Icmpv6, [&[], v6, &[]]), "icmpv6:8");
    }

    #[test]
    fn all_of_one_family_are_not_everybody() {
        let (v4, v6): (&[&str], &[&str]) = (&["0.0.0.0/0", "10.0.0.0/8"], &["::/0"]);
        assert_eq!(shown(NetworkProtocol::All, [v4, &[], &[]]), "all from anywhere (IPv4)");
        let told = "all from 10.0.0.0/8 and anywhere (IPv6) and lightsail-connect";
        assert_eq!(shown(NetworkProtocol::All, [&["10.0.0.0/8"], v6, &["lightsail-connect"]]), told);
    }
}
