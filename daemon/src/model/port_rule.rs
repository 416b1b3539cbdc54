//! Firewall rules.

use std::str::FromStr;

use super::{Error, Result};

/// What a rule lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Protocol {
    /// Lightsail's word, which is also nftables'.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

impl FromStr for Protocol {
    type Err = Error;
    fn from_str(word: &str) -> Result<Self> {
        match word {
            "tcp" => Ok(Self::Tcp),
            "udp" => Ok(Self::Udp),
            _ => Err(Error::invalid("protocol", format!("{word:?} is not a protocol; use tcp or udp"))),
        }
    }
}

/// Lets connections from anywhere to some ports of the public address through. Everything else is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortRule {
    /// First port.
    pub from: u16,
    /// Last port.
    pub to: u16,
    /// Protocol.
    pub protocol: Protocol,
}

impl PortRule {
    /// The name that people know the port by, as Lightsail's console shows it.
    pub fn common_name(self) -> &'static str {
        match (self.from, self.to, self.protocol) {
            (22, 22, Protocol::Tcp) => "SSH",
            (80, 80, Protocol::Tcp) => "HTTP",
            (443, 443, Protocol::Tcp) => "HTTPS",
            _ => "",
        }
    }
}
