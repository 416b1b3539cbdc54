//! Who may come in, as the command line names them.

use std::fmt;
use std::net::IpAddr;

use sloop_proto::v1::PortInfo;

use super::rule::number;

/// What Lightsail calls the host itself: the address that its console connects from.
const ALIAS: &str = "lightsail-connect";

/// Somebody who may come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// An address or a range of IPv4.
    Ipv4(String),
    /// An address or a range of IPv6.
    Ipv6(String),
    /// This host itself.
    Host,
}

impl Source {
    /// Adds it to those of a request.
    pub(super) fn join(&self, info: &mut PortInfo) {
        match self {
            Self::Ipv4(range) => info.cidrs.push(range.clone()),
            Self::Ipv6(range) => info.ipv6_cidrs.push(range.clone()),
            Self::Host => info.cidr_list_aliases.push(ALIAS.to_owned()),
        }
    }
}

/// As [`parse`] reads it, and as lists show it.
impl fmt::Display for Source {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipv4(range) | Self::Ipv6(range) => to.write_str(range),
            Self::Host => to.write_str(ALIAS),
        }
    }
}

/// Parses an address, a range in CIDR notation, or a word for this host.
pub(super) fn parse(text: &str) -> Result<Source, String> {
    if text == ALIAS || text == "host" {
        return Ok(Source::Host);
    }
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let parsed: IpAddr = address.parse().map_err(|_| {
        format!("{address:?} is no address; write it like 203.0.113.7, 203.0.113.0/24, 2001:db8::/32 or host")
    })?;
    if let Some(prefix) = prefix {
        number(prefix, if parsed.is_ipv4() { 32 } else { 128 }, "length of a prefix")?;
    }
    Ok(match parsed {
        IpAddr::V4(_) => Source::Ipv4(text.to_owned()),
        IpAddr::V6(_) => Source::Ipv6(text.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_told_apart_by_their_family() {
        let mut info = PortInfo::default();
        let texts = ["192.0.2.7", "10.0.0.0/8", "2001:db8::1", "::/0", "host", "lightsail-connect"];
        for text in texts {
            parse(text).unwrap().join(&mut info);
        }
        assert_eq!(info.cidrs, texts[..2]);
        assert_eq!(info.ipv6_cidrs, texts[2..4]);
        assert_eq!(info.cidr_list_aliases, ["lightsail-connect", "lightsail-connect"]);
    }

    #[test]
    fn sources_are_read_as_they_are_spelt() {
        for text in ["192.0.2.7", "0.0.0.0/0", "2001:db8::/32", "lightsail-connect"] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn the_part_that_is_wrong_is_named() {
        for (text, told) in [
            ("", "\"\" is no address"),
            ("everybody", "\"everybody\" is no address"),
            ("10.0.0/8", "\"10.0.0\" is no address"),
            ("10.0.0.0/33", "\"33\" is no length of a prefix, which is a number from 0 to 32"),
            ("10.0.0.0/", "\"\" is no length of a prefix"),
            ("2001:db8::/129", "\"129\" is no length of a prefix, which is a number from 0 to 128"),
            ("10.0.0.0/8/8", "\"8/8\" is no length of a prefix"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(told), "{text}: {error}");
        }
    }
}
