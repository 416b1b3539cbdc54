//! Ports of the host's own addresses that lead to an instance.

use std::{fmt, str::FromStr};

use super::{Error, Protocol, Result, shown};

/// A port of the host's own addresses, and the port of an instance that it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Publication {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// The host's port.
    pub host_port: u16,
    /// The instance's port.
    pub port: u16,
}

impl Publication {
    /// The publication that a request means, or why there is none such.
    pub fn parse(protocol: Protocol, host_port: u32, port: u32) -> Result<Self> {
        if !matches!(protocol, Protocol::Tcp | Protocol::Udp) {
            let message = format!("Ports of {} cannot be published", protocol.word());
            return Err(Error::invalid("protocol", message).tip("use tcp or udp"));
        }
        let [host_port, port] = [("hostPort", host_port), ("port", port)].map(|(field, number)| {
            let number = u16::try_from(number).ok().filter(|number| *number > 0);
            number.ok_or_else(|| Error::invalid(field, format!("{field} must be 1 to 65535")))
        });
        Ok(Self { protocol, host_port: host_port?, port: port? })
    }

    /// Whether the two are of the same port of the host.
    pub fn is_same_port(&self, other: &Self) -> bool {
        (self.protocol, self.host_port) == (other.protocol, other.host_port)
    }
}

impl fmt::Display for Publication {
    /// Such as `8080:80/tcp`, the host's port first.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}/{}", self.host_port, self.port, self.protocol.word())
    }
}

impl FromStr for Publication {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::invalid("publication", format!("{} is not such as 8080:80/tcp", shown(text)));
        let (ports, protocol) = text.split_once('/').ok_or_else(wrong)?;
        let (host_port, port) = ports.split_once(':').ok_or_else(wrong)?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| wrong());
        Self::parse(protocol.parse()?, number(host_port)?, number(port)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_port_is_refused() {
        for (protocol, host_port, port) in [
            (Protocol::Tcp, 0, 80),
            (Protocol::Tcp, 80, 0),
            (Protocol::Udp, 65_536, 80),
            (Protocol::Udp, 80, u32::MAX),
            (Protocol::Icmp, 8, 8),
            (Protocol::All, 80, 80),
        ] {
            assert!(Publication::parse(protocol, host_port, port).is_err());
        }
        for text in ["", "80", "80:80", "80:80/icmp", "a:80/tcp", "80:80:80/tcp", "-1:80/tcp"] {
            assert!(text.parse::<Publication>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(host_port in 1..=65_535u32, port in 1..=65_535u32, udp: bool) {
            let protocol = if udp { Protocol::Udp } else { Protocol::Tcp };
            let one = Publication::parse(protocol, host_port, port).expect("sound");
            prop_assert_eq!(one.to_string().parse::<Publication>().expect("readable"), one);
        }
    }
}
