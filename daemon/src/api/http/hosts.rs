//! By which names this door may be asked. A web page from elsewhere can give its own name this host's address and have a browser
//! ask here; but it cannot have the browser say another name than its own.

use std::{
    collections::HashSet,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header::HOST},
    middleware::Next,
    response::Response,
};

use super::sentence;

const REFUSAL: &str = "Nobody is known here by that name. Ask by localhost, 127.0.0.1 or [::1], or have the name written down as \
                       one of http.hosts in the daemon's configuration.";

/// The names and addresses that are this door's own.
#[derive(Debug)]
pub(super) struct Hosts {
    listen: IpAddr,
    more: HashSet<Host>,
}

/// What somebody calls a host.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Host {
    Address(IpAddr),
    /// In lower case.
    Name(String),
}

/// Lets in only who asks by a name that is this door's own.
pub(super) async fn guard(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    if hosts.admit(request.headers(), request.uri()) {
        return next.run(request).await;
    }
    sentence(StatusCode::MISDIRECTED_REQUEST, REFUSAL)
}

impl Hosts {
    /// The address that the door listens at, and `more`.
    pub(super) fn new(listen: IpAddr, more: &[String]) -> Self {
        Self { listen, more: more.iter().map(|host| Host::bare(host)).collect() }
    }

    /// Whether a request says one host, and one that is ours. Where its target names one too, that has to be ours as well.
    fn admit(&self, headers: &HeaderMap, target: &Uri) -> bool {
        let is_ours = |text: &str| Host::with_port(text).is_some_and(|host| self.knows(&host));
        let mut said = headers.get_all(HOST).iter();
        let (Some(host), None) = (said.next(), said.next()) else { return false };
        host.to_str().is_ok_and(is_ours)
            && target.authority().is_none_or(|authority| is_ours(authority.as_str()))
    }

    fn knows(&self, host: &Host) -> bool {
        let is_here = match host {
            Host::Address(address) => address.is_loopback() || *address == self.listen,
            Host::Name(name) => name == "localhost",
        };
        is_here || self.more.contains(host)
    }
}

impl Host {
    fn bare(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.to_ascii_lowercase()), Self::Address)
    }

    /// The host of `host:port`; the port may be missing, and any will do: what leads here may begin at another one.
    fn with_port(text: &str) -> Option<Self> {
        let (host, rest) = if let Some(inside) = text.strip_prefix('[') {
            let (address, rest) = inside.split_once(']')?;
            (Self::Address(address.parse::<Ipv6Addr>().ok()?.into()), rest)
        } else {
            let (host, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
            (Self::bare(host), rest)
        };
        (rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port)).then_some(host)
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Hosts {
        let more = ["Sloop.Example", "192.0.2.7", "2001:db8::7"].map(str::to_owned);
        Hosts::new([192, 0, 2, 1].into(), &more)
    }

    fn admits(said: &[&[u8]], target: &str) -> bool {
        let mut headers = HeaderMap::new();
        for host in said {
            headers.append(HOST, axum::http::HeaderValue::from_bytes(host).expect("a value"));
        }
        hosts().admit(&headers, &target.parse().expect("a target"))
    }

    #[test]
    fn names_of_this_door_are_let_in() {
        for host in [
            "127.0.0.1:7566",
            "127.0.0.1",
            "127.8.9.10:1",
            "localhost:7566",
            "LocalHost",
            "localhost:65535",
            "[::1]:7566",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "192.0.2.1:7566",
            "192.0.2.7",
            "[2001:db8::7]:80",
            "sloop.example",
            "SLOOP.example:443",
        ] {
            assert!(admits(&[host.as_bytes()], "/metrics"), "{host}");
        }
    }

    #[test]
    fn all_others_are_not() {
        for host in [
            "",
            ":7566",
            "evil.example",
            "evil.example:7566",
            "localhost.evil.example",
            "localhost.",
            "a.localhost",
            "127.0.0.1.evil.example",
            "127.1",
            "0x7f.0.0.1",
            "2130706433",
            "0.0.0.0",
            "192.0.2.2",
            "::1",
            "[::1",
            "[::1]x",
            "[::1]]:80",
            "[127.0.0.1]",
            "[::ffff:127.0.0.1]",
            "[localhost]",
            "localhost:",
            "localhost:x",
            "localhost:+80",
            "localhost:65536",
            "localhost:80:80",
            "user@localhost",
            "localhost, evil.example",
            " localhost",
            "localhost/",
            "*",
        ] {
            assert!(!admits(&[host.as_bytes()], "/metrics"), "{host:?}");
        }
        assert!(!admits(&[b"local\xffhost"], "/metrics"), "no text");
    }

    #[test]
    fn who_says_no_host_or_two_is_not_let_in() {
        assert!(!admits(&[], "/metrics"));
        assert!(!admits(&[b"localhost", b"localhost"], "/metrics"));
        assert!(!admits(&[b"localhost", b"evil.example"], "/metrics"));
    }

    #[test]
    fn a_target_with_a_host_counts_too() {
        assert!(admits(&[b"localhost"], "http://localhost:7566/metrics"));
        assert!(!admits(&[b"localhost"], "http://evil.example/metrics"));
        assert!(!admits(&[b"evil.example"], "http://localhost/metrics"));
        assert!(!admits(&[b"localhost"], "http://localhost@evil.example/metrics"));
    }
}
