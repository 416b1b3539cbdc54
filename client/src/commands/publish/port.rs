//! Published ports as the command line writes them.

use std::fmt;

use sloop_proto::v1::NetworkProtocol;

/// A port of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Door {
    pub(super) protocol: NetworkProtocol,
    pub(super) host_port: u16,
}

/// A port of the host, and the instance's that it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Port {
    pub(super) door: Door,
    pub(super) port: u16,
}

impl Door {
    /// Another port of the same protocol, as a rule of a firewall.
    pub(super) fn with(self, port: u16) -> String {
        Self { host_port: port, ..self }.to_string()
    }
}

impl fmt::Display for Door {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.protocol == NetworkProtocol::Udp { "udp" } else { "tcp" };
        write!(to, "{}/{word}", self.host_port)
    }
}

/// Parses `8080`, `8080/tcp` or `5353/udp`.
pub(super) fn door(text: &str) -> Result<Door, String> {
    let (port, protocol) = split(text)?;
    Ok(Door { protocol, host_port: number(port)? })
}

/// Parses `8080:80`, `8080:80/tcp`, `5353:53/udp`, or `8080`, which is the same on both sides.
pub(super) fn parse(text: &str) -> Result<Port, String> {
    let (ports, protocol) = split(text)?;
    let (host_port, port) = ports.split_once(':').unwrap_or((ports, ports));
    Ok(Port { door: Door { protocol, host_port: number(host_port)? }, port: number(port)? })
}

fn split(text: &str) -> Result<(&str, NetworkProtocol), String> {
    match text.split_once('/') {
        None => Ok((text, NetworkProtocol::Tcp)),
        Some((ports, "tcp")) => Ok((ports, NetworkProtocol::Tcp)),
        Some((ports, "udp")) => Ok((ports, NetworkProtocol::Udp)),
        Some((_, other)) => Err(format!("{other} cannot be published; use tcp or udp")),
    }
}

fn number(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("{text} is no port; use 1 to 65535, such as 8080:80")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read() {
        for (text, expected) in [
            ("8080:80", ("8080/tcp", 80)),
            ("8080:80/tcp", ("8080/tcp", 80)),
            ("5353:53/udp", ("5353/udp", 53)),
            ("443", ("443/tcp", 443)),
        ] {
            let Port { door, port } = parse(text).unwrap();
            assert_eq!((door.to_string().as_str(), port), expected, "{text}");
        }
        assert_eq!(door("53/udp").unwrap().to_string(), "53/udp");
        for text in
            ["", ":", "0:80", "80:0", "80:65536", "80:80/icmp", "a:80", "80:80:80", "80/tcp/udp", "-1:2"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(door("8080:80").is_err());
    }
}
