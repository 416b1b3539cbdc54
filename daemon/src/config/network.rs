//! Addresses of instances, and how they are reached.

use serde::Deserialize;

/// Addresses.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Network {
    /// Where instances get their own addresses from.
    pub private: String,
    /// Where they get their public addresses from: a network known on this host only, or addresses of the network that it is in,
    /// such as 192.0.2.200-192.0.2.220, which the host answers for there.
    pub public: String,
    /// Port that the metadata address is served on.
    pub metadata_port: u16,
    /// Where instances' IPv6 addresses are from: `auto` for a range of this host's own that the world has no way to, a range such
    /// as 2001:db8:12::/48 that is routed here, or `off`.
    pub ipv6: String,
    /// Port that names are served on, on the gateway. Guests and the host ask at port 53 all the same, so that another DNS
    /// server on this host is in nobody's way.
    pub dns_port: u16,
    /// Whether exceptions for instances are kept in the chains of other programs that stop them and keep a place for such: Docker
    /// and ufw. When it is turned off, they are taken out again.
    pub repair: bool,
    /// DNS servers that guests are given; the gateway when empty, which knows instances by name and asks the host's servers for
    /// everything else.
    pub dns: Vec<std::net::Ipv4Addr>,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            private: "172.26.0.0/16".into(),
            public: "172.27.0.0/22".into(),
            metadata_port: 8169,
            ipv6: "auto".into(),
            repair: false,
            dns_port: 8053,
            dns: Vec::new(),
        }
    }
}
