//! The host's DNS servers, as far as guests can use them.

use std::net::Ipv4Addr;

/// The IPv4 servers that the host asks. A server on the loopback cannot be reached from a guest and is left out; where
/// systemd-resolved stands there, its own list names the servers behind it.
pub fn host_servers() -> Vec<Ipv4Addr> {
    ["/run/systemd/resolve/resolv.conf", "/etc/resolv.conf"]
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .map(|text| servers(&text))
        .find(|servers| !servers.is_empty())
        .unwrap_or_default()
}

fn servers(text: &str) -> Vec<Ipv4Addr> {
    let named = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    named
        .filter_map(|rest| rest.trim().parse().ok())
        .filter(|server: &Ipv4Addr| !server.is_loopback())
        .take(3)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_and_ipv6_servers_are_left_out() {
        let text = "# x\nnameserver 127.0.0.53\nnameserver 192.0.2.1\nnameserver fe80::1\noptions edns0\n";
        assert_eq!(servers(text), [Ipv4Addr::new(192, 0, 2, 1)]);
    }
}
