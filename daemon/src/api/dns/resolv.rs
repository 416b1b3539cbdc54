//! The host's own resolvers, as its `resolv.conf` names them now: a laptop's change with every network it joins.

use std::{
    fs,
    net::{IpAddr, SocketAddr, SocketAddrV6},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// As many as the C library asks.
const SERVERS_MAX: usize = 3;

/// The resolvers, read again whenever the file is another.
pub(super) struct Upstreams {
    path: PathBuf,
    own: IpAddr,
    port: u16,
    read: Mutex<Read>,
}

#[derive(Default)]
struct Read {
    mark: Option<Mark>,
    servers: Arc<[SocketAddr]>,
}

/// What tells one file from another: its number, length and time. They are often replaced as a whole, and by links.
type Mark = (u64, u64, i64, i64);

impl Upstreams {
    /// Those that `path` names, on `port`, without `own`: who asked themselves would ask for ever.
    pub(super) fn new(path: PathBuf, own: IpAddr, port: u16) -> Self {
        Self { path, own, port, read: Mutex::default() }
    }

    /// The resolvers in their order; none if the file is not there. It lies on the host's own disk, so that a look at it may
    /// well block.
    pub(super) fn servers(&self) -> Arc<[SocketAddr]> {
        let mark = mark(&self.path);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.mark != mark {
            let text = fs::read_to_string(&self.path).unwrap_or_default();
            *read = Read { mark, servers: servers(&text, self.own, self.port).into() };
        }
        read.servers.clone()
    }
}

fn mark(path: &Path) -> Option<Mark> {
    let found = fs::metadata(path).ok()?;
    Some((found.ino(), found.size(), found.mtime(), found.mtime_nsec()))
}

fn servers(text: &str, own: IpAddr, port: u16) -> Vec<SocketAddr> {
    let named = text.lines().filter_map(|line| server(line, port));
    named.filter(|server| server.ip() != own).take(SERVERS_MAX).collect()
}

/// `nameserver ADDRESS`; an address that is good on one link only bears its name, `fe80::1%eth0`.
fn server(line: &str, port: u16) -> Option<SocketAddr> {
    let mut words = line.split_whitespace();
    let (Some("nameserver"), Some(address)) = (words.next(), words.next()) else {
        return None;
    };
    let (address, link) = address.split_once('%').unwrap_or((address, ""));
    match address.parse::<IpAddr>().ok()? {
        IpAddr::V4(address) => Some((address, port).into()),
        IpAddr::V6(address) => Some(SocketAddrV6::new(address, port, 0, index(link)).into()),
    }
}

/// The number of a link that is given by its name or its number; 0 for none.
fn index(link: &str) -> u32 {
    let by_name = || nix::net::if_::if_nametoindex(link).unwrap_or_default();
    if link.is_empty() { 0 } else { link.parse().unwrap_or_else(|_| by_name()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(172, 26, 0, 1));

    fn read(text: &str) -> Vec<String> {
        servers(text, OWN, 53).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_sorts_of_servers_are_read() {
        let text = "# nameserver 192.0.2.9\nsearch lan\n nameserver\t127.0.0.53 # local\nnameserver 2001:db8::1\n\
                    nameserver fe80::1%7\nnameserver 192.0.2.1\noptions edns0\n";
        assert_eq!(read(text), ["127.0.0.53:53", "[2001:db8::1]:53", "[fe80::1%7]:53"]);
        assert_eq!(read("nameserver fe80::1%lo"), ["[fe80::1%1]:53"]);
    }

    #[test]
    fn what_is_no_server_is_left_out() {
        for text in
            ["", "nameserver", "nameserver x", "nameservers 192.0.2.1", "options nameserver 192.0.2.1"]
        {
            assert!(read(text).is_empty(), "{text}");
        }
        assert_eq!(read("nameserver 172.26.0.1\nnameserver 192.0.2.1"), ["192.0.2.1:53"], "our own");
    }

    #[test]
    fn a_change_is_seen() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("resolv.conf");
        let upstreams = Upstreams::new(path.clone(), OWN, 53);
        assert!(upstreams.servers().is_empty());
        for (text, count) in
            [("nameserver 192.0.2.1\n", 1), ("nameserver 192.0.2.1\nnameserver 192.0.2.2\n", 2)]
        {
            fs::write(&path, text).expect("writes");
            assert_eq!(upstreams.servers().len(), count);
            assert_eq!(upstreams.servers().len(), count, "as remembered");
        }
        fs::remove_file(&path).expect("removes");
        assert!(upstreams.servers().is_empty());
    }
}
