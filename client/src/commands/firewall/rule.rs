//! Rules as the command line writes them.

use std::fmt;

use sloop_proto::v1::{NetworkProtocol, PortInfo};

use crate::text;

const LAST_PORT: i32 = 65_535;
/// Types and codes of ICMP are bytes.
const LAST_TYPE: i32 = 255;
/// Stands for every type, and for every code.
const ANY: i32 = -1;
/// Names for what is opened most.
const SHORT: [(&str, &str); 5] =
    [("ssh", "22/tcp"), ("http", "80/tcp"), ("https", "443/tcp"), ("ping", "icmp:8"), ("dns", "53/udp")];

/// A range of ports of one protocol. For ICMP the two numbers are type and code, and -1 stands for every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) protocol: NetworkProtocol,
    first: i32,
    last: i32,
}

impl Rule {
    /// The rule with these numbers.
    pub(super) fn new(protocol: NetworkProtocol, first: i32, last: i32) -> Self {
        Self { protocol, first, last }
    }

    /// The rule in a request, for everybody.
    pub(super) fn port_info(self) -> PortInfo {
        PortInfo {
            from_port: Some(self.first),
            to_port: Some(self.last),
            protocol: Some(self.protocol.into()),
            ..PortInfo::default()
        }
    }

    /// Lightsail's word for the protocol.
    pub(super) fn word(self) -> String {
        text::word("NetworkProtocol", Some(self.protocol.into()))
    }

    /// The ports without their protocol; for ICMP type and code.
    pub(super) fn ports(self) -> String {
        match (self.protocol, self.first, self.last) {
            (NetworkProtocol::All, ..) => "all".to_owned(),
            (NetworkProtocol::Icmp | NetworkProtocol::Icmpv6, ANY, _) => "any".to_owned(),
            (NetworkProtocol::Icmp | NetworkProtocol::Icmpv6, kind, ANY) => format!("{kind}:any"),
            (NetworkProtocol::Icmp | NetworkProtocol::Icmpv6, kind, code) => format!("{kind}:{code}"),
            (_, first, last) if first == last => first.to_string(),
            (_, first, last) => format!("{first}-{last}"),
        }
    }
}

/// As [`parse`] reads it.
impl fmt::Display for Rule {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word();
        match (self.protocol, self.first, self.last) {
            (NetworkProtocol::All, ..) | (NetworkProtocol::Icmp | NetworkProtocol::Icmpv6, ANY, _) => {
                to.write_str(&word)
            }
            (NetworkProtocol::Icmp | NetworkProtocol::Icmpv6, kind, ANY) => write!(to, "{word}:{kind}"),
            (NetworkProtocol::Icmp | NetworkProtocol::Icmpv6, kind, code) => {
                write!(to, "{word}:{kind}:{code}")
            }
            _ => write!(to, "{}/{word}", self.ports()),
        }
    }
}

/// Parses `22/tcp`, `22`, `8000-8100/udp`, `icmp`, `icmp:8`, `icmp:8:0`, `all`, or a name such as `ssh`.
pub(super) fn parse(text: &str) -> Result<Rule, String> {
    let text = SHORT.iter().find(|(name, _)| *name == text).map_or(text, |&(_, rule)| rule);
    let (head, numbers) = match text.split_once(':') {
        Some((head, numbers)) => (head, Some(numbers)),
        None => (text, None),
    };
    match (head, numbers) {
        ("all", None) => Ok(Rule::new(NetworkProtocol::All, 0, LAST_PORT)),
        ("icmp", numbers) => icmp(NetworkProtocol::Icmp, numbers),
        ("icmpv6", numbers) => icmp(NetworkProtocol::Icmpv6, numbers),
        _ => ports(text),
    }
}

fn icmp(protocol: NetworkProtocol, numbers: Option<&str>) -> Result<Rule, String> {
    let Some(numbers) = numbers else {
        return Ok(Rule::new(protocol, ANY, ANY));
    };
    match numbers.split_once(':') {
        None => Ok(Rule::new(protocol, number(numbers, LAST_TYPE, "ICMP type")?, ANY)),
        Some((kind, code)) => {
            let kind = number(kind, LAST_TYPE, "ICMP type")?;
            Ok(Rule::new(protocol, kind, number(code, LAST_TYPE, "ICMP code")?))
        }
    }
}

fn ports(text: &str) -> Result<Rule, String> {
    let (range, word) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = match word {
        "tcp" => NetworkProtocol::Tcp,
        "udp" => NetworkProtocol::Udp,
        _ => return Err(format!("{word:?} has no ports; write tcp or udp, or icmp, icmpv6 or all alone")),
    };
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let (first, last) = (number(first, LAST_PORT, "port")?, number(last, LAST_PORT, "port")?);
    if first > last {
        return Err(format!("{range:?} runs backwards; write {last}-{first}"));
    }
    Ok(Rule::new(protocol, first, last))
}

/// Parses a number from zero to `most`; what it should have been is in the message.
pub(super) fn number(text: &str, most: i32, what: &str) -> Result<i32, String> {
    // A sign would be read too, and is none of it.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse::<i32>().ok().filter(|number| digits && *number <= most);
    number.ok_or_else(|| format!("{text:?} is no {what}, which is a number from 0 to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_as_they_are_spelt() {
        for text in [
            "22/tcp",
            "0-65535/tcp",
            "8000-8100/udp",
            "icmp",
            "icmp:8",
            "icmp:8:0",
            "icmpv6",
            "icmpv6:128",
            "icmpv6:255:255",
            "all",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_can_be_left_out_is_added() {
        for (text, rule) in SHORT.iter().copied().chain([("22", "22/tcp"), ("5-5", "5/tcp")]) {
            assert_eq!(parse(text).unwrap().to_string(), rule, "{text}");
        }
    }

    #[test]
    fn icmp_has_a_type_and_a_code_in_the_place_of_ports() {
        let icmp = |first, last| Rule::new(NetworkProtocol::Icmp, first, last);
        assert_eq!(parse("icmp").unwrap(), icmp(-1, -1));
        assert_eq!(parse("icmp:8").unwrap(), icmp(8, -1));
        assert_eq!(parse("icmp:8:0").unwrap(), icmp(8, 0));
        assert_eq!([icmp(-1, -1), icmp(8, -1), icmp(8, 0)].map(Rule::ports), ["any", "8:any", "8:0"]);
        assert_eq!(parse("all").unwrap(), Rule::new(NetworkProtocol::All, 0, 65_535));
    }

    #[test]
    fn the_part_that_is_wrong_is_named() {
        for (text, told) in [
            ("", "\"\" is no port"),
            ("65536", "\"65536\" is no port, which is a number from 0 to 65535"),
            ("99999999999/tcp", "\"99999999999\" is no port"),
            ("+22/tcp", "\"+22\" is no port"),
            ("22-/tcp", "\"\" is no port"),
            ("22-x/tcp", "\"x\" is no port"),
            ("smtp", "\"smtp\" is no port"),
            ("all:8", "\"all:8\" is no port"),
            ("23-22/tcp", "\"23-22\" runs backwards; write 22-23"),
            ("22/", "\"\" has no ports"),
            ("22/sctp", "\"sctp\" has no ports"),
            ("22/all", "\"all\" has no ports"),
            ("icmp:256", "\"256\" is no ICMP type, which is a number from 0 to 255"),
            ("icmp:-1", "\"-1\" is no ICMP type"),
            ("icmpv6:1:x", "\"x\" is no ICMP code"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(told), "{text}: {error}");
        }
    }
}
