//! One firewall rule.

use std::{
    collections::BTreeSet,
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use ipnet::{Ipv4Net, Ipv6Net};

use super::{Error, Result, shown};

/// What a rule lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP of IPv4.
    Icmp,
    /// ICMP of IPv6.
    Icmpv6,
    /// Every protocol.
    All,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: [Self; 5] = [Self::Tcp, Self::Udp, Self::Icmp, Self::Icmpv6, Self::All];

    /// Lightsail's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Icmpv6 => "icmpv6",
            Self::All => "all",
        }
    }
}

impl FromStr for Protocol {
    type Err = Error;
    fn from_str(word: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word).ok_or_else(|| {
            Error::invalid("protocol", format!("Unknown protocol: {}", shown(word)))
                .tip("use tcp, udp, icmp, icmpv6 or all")
        })
    }
}

/// Ports of a protocol. For ICMP the two numbers are type and code, and -1 stands for every one, as at Lightsail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortRange {
    /// Protocol.
    pub protocol: Protocol,
    /// First port, or ICMP type.
    pub from: i32,
    /// Last port, or ICMP code.
    pub to: i32,
}

const LAST_PORT: i32 = 65_535;

impl PortRange {
    /// One TCP port.
    pub fn tcp(port: u16) -> Self {
        Self { protocol: Protocol::Tcp, from: port.into(), to: port.into() }
    }

    /// The range that a request names, or why there is none such.
    pub fn parse(protocol: Protocol, from: Option<i32>, to: Option<i32>) -> Result<Self> {
        let (from, to) = match protocol {
            Protocol::Tcp | Protocol::Udp => Self::ports(from, to)?,
            Protocol::Icmp | Protocol::Icmpv6 => Self::icmp(from, to)?,
            // Whatever was said: there are no ports where every protocol is meant.
            Protocol::All => (0, LAST_PORT),
        };
        Ok(Self { protocol, from, to })
    }

    /// Whether that port of TCP or UDP is in it.
    pub fn has(&self, protocol: Protocol, port: u16) -> bool {
        self.protocol == Protocol::All
            || (self.protocol == protocol && (self.from..=self.to).contains(&i32::from(port)))
    }

    fn ports(from: Option<i32>, to: Option<i32>) -> Result<(i32, i32)> {
        let from = from.ok_or_else(|| Error::invalid("fromPort", "fromPort is missing"))?;
        let to = to.unwrap_or(from);
        for (field, port) in [("fromPort", from), ("toPort", to)] {
            if !(0..=LAST_PORT).contains(&port) {
                return Err(Error::invalid(field, format!("{field} must be 0 to {LAST_PORT}; it is {port}")));
            }
        }
        if from > to {
            return Err(Error::invalid("toPort", format!("The range runs backwards: {from} to {to}")));
        }
        Ok((from, to))
    }

    fn icmp(from: Option<i32>, to: Option<i32>) -> Result<(i32, i32)> {
        let (kind, code) = (from.unwrap_or(-1), to.unwrap_or(-1));
        for (field, number) in [("fromPort", kind), ("toPort", code)] {
            if !(-1..=255).contains(&number) {
                let message = format!("For ICMP, {field} must be -1 to 255; it is {number}");
                return Err(Error::invalid(field, message)
                    .tip("fromPort is the type and toPort the code; -1 stands for every one"));
            }
        }
        if kind == -1 && code != -1 {
            let message = format!("The ICMP code {code} means nothing without a type");
            return Err(Error::invalid("fromPort", message).tip("give the type as fromPort"));
        }
        Ok((kind, code))
    }

    /// Whether packets of IPv4 can match.
    pub fn has_v4(self) -> bool {
        self.protocol != Protocol::Icmpv6
    }

    /// Whether packets of IPv6 can match.
    pub fn has_v6(self) -> bool {
        self.protocol != Protocol::Icmp
    }

    /// Whether a packet can be of both.
    pub fn overlaps(self, other: Self) -> bool {
        if self.protocol == Protocol::All || other.protocol == Protocol::All {
            return true;
        }
        let alike = |one: i32, another: i32| one == -1 || another == -1 || one == another;
        match self.protocol {
            protocol if protocol != other.protocol => false,
            Protocol::Tcp | Protocol::Udp => self.from <= other.to && other.from <= self.to,
            _ => alike(self.from, other.from) && alike(self.to, other.to),
        }
    }

    /// The name that people know the range by, as Lightsail's console shows it; empty for most.
    pub fn common_name(self) -> &'static str {
        match (self.protocol, self.from, self.to) {
            (Protocol::Tcp, 22, 22) => "SSH",
            (Protocol::Tcp, 80, 80) => "HTTP",
            (Protocol::Tcp, 443, 443) => "HTTPS",
            (Protocol::Tcp | Protocol::Udp, 53, 53) => "DNS",
            (Protocol::Tcp, 3306, 3306) => "MySQL/Aurora",
            (Protocol::Tcp, 3389, 3389) => "RDP",
            (Protocol::Tcp, 5432, 5432) => "PostgreSQL",
            (Protocol::Icmp, 8, -1 | 0) | (Protocol::Icmpv6, 128, -1 | 0) => "Ping",
            (Protocol::Tcp, 0, LAST_PORT) => "All TCP",
            (Protocol::Udp, 0, LAST_PORT) => "All UDP",
            (Protocol::All, ..) => "All protocols",
            _ => "",
        }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { protocol, from, to } = self;
        match protocol {
            Protocol::All => out.write_str("all"),
            _ if from == to => write!(out, "{from}/{}", protocol.word()),
            _ => write!(out, "{from}-{to}/{}", protocol.word()),
        }
    }
}

/// Who may come in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// IPv4 ranges.
    pub v4: BTreeSet<Ipv4Net>,
    /// IPv6 ranges.
    pub v6: BTreeSet<Ipv6Net>,
    /// This host itself: what Lightsail calls `lightsail-connect`, the address its console connects from.
    pub host: bool,
}

/// The alias that stands for this host.
pub const HOST_ALIAS: &str = "lightsail-connect";

impl Sources {
    /// Everybody, as far as the range has packets of a family.
    pub fn everybody(range: PortRange) -> Self {
        let v4 = range.has_v4().then(Ipv4Net::default);
        let v6 = range.has_v6().then(Ipv6Net::default);
        Self { v4: v4.into_iter().collect(), v6: v6.into_iter().collect(), host: false }
    }

    /// The sources that a request names: addresses and ranges, with what lies behind a prefix taken off.
    pub fn parse(cidrs: &[String], ipv6_cidrs: &[String], aliases: &[String]) -> Result<Self> {
        let mut sources = Self::default();
        for text in cidrs {
            let net = text.parse::<Ipv4Net>().or_else(|_| text.parse::<Ipv4Addr>().map(Ipv4Net::from));
            let net = net.map_err(|_| no_range("cidrs", text, "192.0.2.0/24"))?;
            sources.v4.insert(net.trunc());
        }
        for text in ipv6_cidrs {
            let net = text.parse::<Ipv6Net>().or_else(|_| text.parse::<Ipv6Addr>().map(Ipv6Net::from));
            let net = net.map_err(|_| no_range("ipv6Cidrs", text, "2001:db8::/64"))?;
            sources.v6.insert(net.trunc());
        }
        for alias in aliases {
            if alias != HOST_ALIAS {
                let message = format!("Unknown alias: {}", shown(alias));
                return Err(Error::invalid("cidrListAliases", message)
                    .tip(format!("the only one is {HOST_ALIAS}, which is this host")));
            }
            sources.host = true;
        }
        Ok(sources)
    }

    /// Whether nobody is named.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty() && !self.host
    }

    /// Where from, in Lightsail's words.
    pub fn access_from(&self) -> &'static str {
        let all_v4 = self.v4.iter().any(|net| net.prefix_len() == 0);
        let all_v6 = self.v6.iter().any(|net| net.prefix_len() == 0);
        match (all_v4, all_v6) {
            (true, true) => "Anywhere (0.0.0.0/0 and ::/0)",
            (true, false) if self.v6.is_empty() => "Anywhere (0.0.0.0/0)",
            (false, true) if self.v4.is_empty() => "Anywhere (::/0)",
            _ => "Custom",
        }
    }
}

fn no_range(field: &'static str, text: &str, example: &str) -> Error {
    Error::invalid(field, format!("{} is no address and no range of addresses", shown(text)))
        .tip(format!("write it like {example}"))
}

/// Lets connections from some sources to some ports of the public address through. Everything else is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortRule {
    /// Which ports.
    pub range: PortRange,
    /// For whom.
    pub sources: Sources,
}

impl PortRule {
    /// A rule for everybody.
    pub fn everybody(range: PortRange) -> Self {
        Self { range, sources: Sources::everybody(range) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("tcp", Some(22), None, Some((22, 22)))]
    #[case("udp", Some(0), Some(65_535), Some((0, 65_535)))]
    #[case("tcp", None, None, None)]
    #[case("tcp", Some(-1), Some(80), None)]
    #[case("tcp", Some(80), Some(65_536), None)]
    #[case("tcp", Some(81), Some(80), None)]
    #[case("icmp", Some(8), Some(-1), Some((8, -1)))]
    #[case("icmp", Some(8), Some(0), Some((8, 0)))]
    #[case("icmpv6", None, None, Some((-1, -1)))]
    #[case("icmp", Some(-1), Some(3), None)]
    #[case("icmp", Some(256), None, None)]
    #[case("all", Some(5), Some(6), Some((0, 65_535)))]
    fn ranges(
        #[case] word: &str,
        #[case] from: Option<i32>,
        #[case] to: Option<i32>,
        #[case] expected: Option<(i32, i32)>,
    ) {
        let range = PortRange::parse(word.parse().expect("a protocol"), from, to);
        assert_eq!(range.ok().map(|range| (range.from, range.to)), expected);
    }

    #[test]
    fn sources_are_cut_to_their_prefix_and_named_once() {
        let text = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let cidrs = text(&["192.0.2.44", "192.0.2.99/24", "192.0.2.0/24"]);
        let sources =
            Sources::parse(&cidrs, &text(&["2001:db8::1/32"]), &text(&[HOST_ALIAS])).expect("sound");
        let shown: Vec<_> = sources.v4.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["192.0.2.0/24", "192.0.2.44/32"]);
        assert_eq!(sources.v6.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2001:db8::/32"]);
        assert!(sources.host);
        assert_eq!(sources.access_from(), "Custom");
    }

    #[rstest]
    #[case(&["10.0.0.0/33"], &[], &[], "cidrs")]
    #[case(&["::/0"], &[], &[], "cidrs")]
    #[case(&[], &["10.0.0.0/8"], &[], "ipv6Cidrs")]
    #[case(&[], &[], &["everybody"], "cidrListAliases")]
    fn what_is_no_source_is_refused(
        #[case] v4: &[&str],
        #[case] v6: &[&str],
        #[case] aliases: &[&str],
        #[case] field: &str,
    ) {
        let text = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let error = Sources::parse(&text(v4), &text(v6), &text(aliases)).expect_err("refused");
        assert_eq!(error.field, Some(field));
    }

    proptest! {
        #[test]
        fn any_source_is_read_or_refused(text in "\\PC{0,50}") {
            let one = [text];
            let _ = Sources::parse(&one, &[], &[]);
            let _ = Sources::parse(&[], &one, &[]);
        }
    }
}
