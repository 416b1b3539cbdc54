//! The door for plain HTTP.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use serde::Deserialize;

use super::broken;
use crate::model::{Access, Result};

/// Plain HTTP: metrics for Prometheus.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Where it is served, such as 127.0.0.1:7566; nowhere when empty.
    pub listen: String,
    /// Names and addresses without a port by which it may be asked, such as those of a proxy in front of it. `localhost`, the
    /// addresses of the loopback interface and the one that it listens at are among them anyway.
    pub hosts: Vec<String>,
    /// A file with the token that whoever reads metrics has to bring. Needed where access is private, and where others than this
    /// host's own programs get there.
    pub metrics_token_file: Option<PathBuf>,
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: "127.0.0.1:7566".into(), hosts: Vec::new(), metrics_token_file: None }
    }
}

impl Http {
    /// Where it is served, if anywhere.
    pub fn address(&self) -> Result<Option<SocketAddr>> {
        if self.listen.is_empty() {
            return Ok(None);
        }
        let address = self.listen.parse::<SocketAddr>().ok().filter(|address| address.port() > 0);
        let why = || broken(format!("http.listen: {:?} must be ADDRESS:PORT, or empty: off", self.listen));
        address.ok_or_else(why).map(Some)
    }

    /// Whether nobody may read metrics without a token: they tell of everybody's instances.
    pub fn needs_token(&self, access: Access) -> bool {
        let is_for_this_host = matches!(self.address(), Ok(Some(address)) if address.ip().is_loopback());
        access == Access::Private || !is_for_this_host
    }

    /// What no single value shows.
    pub(super) fn check(&self) -> Result<()> {
        self.address()?;
        if let Some(host) = self.hosts.iter().find(|host| !is_host(host)) {
            return Err(broken(format!("http.hosts: {host:?} must be a name or an address, without a port")));
        }
        if let Some(file) = self.metrics_token_file.as_ref().filter(|file| !file.is_absolute()) {
            return Err(broken(format!(
                "http.metrics_token_file: {} must be an absolute path",
                file.display()
            )));
        }
        Ok(())
    }
}

/// Whether it is a name or an address, and nothing beside it.
pub(super) fn is_host(text: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.parse::<IpAddr>().is_ok() || (!text.is_empty() && text.bytes().all(is_inner))
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    #[test]
    fn it_listens_on_the_loopback_interface_unless_told_otherwise() {
        let address = |text: &str| Config::parse(text).expect("sound").http.address().expect("sound");
        assert_eq!(address(""), Some(([127, 0, 0, 1], 7566).into()));
        assert_eq!(address("[http]\nlisten = '[::1]:80'"), Some((std::net::Ipv6Addr::LOCALHOST, 80).into()));
        assert_eq!(address("[http]\nlisten = ''"), None);
    }

    #[test]
    fn broken_values_are_refused_by_name() {
        for (text, word) in [
            ("listen = '127.0.0.1'", "http.listen"),
            ("listen = 'localhost:7566'", "http.listen"),
            ("listen = '127.0.0.1:0'", "http.listen"),
            ("listen = '127.0.0.1:70000'", "http.listen"),
            ("listen = 7566", "listen"),
            ("hosts = ['a.example:80']", "http.hosts"),
            ("hosts = ['https://a.example']", "http.hosts"),
            ("hosts = ['*']", "http.hosts"),
            ("hosts = ['']", "http.hosts"),
            ("hosts = 'a.example'", "hosts"),
            ("metrics_token_file = 'token'", "http.metrics_token_file"),
            ("port = 7566", "port"),
        ] {
            let error = Config::parse(&format!("[http]\n{text}")).expect_err(text);
            assert!(error.message.contains(word), "{text:?} gave {error}");
        }
        Config::parse("[http]\nhosts = ['sloop.example', '192.0.2.1', '2001:db8::1']").expect("sound");
    }

    #[test]
    fn metrics_are_open_only_where_all_is_shared_on_this_host() {
        for (listen, access, needs) in [
            ("127.0.0.1:7566", Access::Shared, false),
            ("127.8.0.1:7566", Access::Shared, false),
            ("[::1]:7566", Access::Shared, false),
            ("127.0.0.1:7566", Access::Private, true),
            ("192.0.2.1:7566", Access::Shared, true),
            ("0.0.0.0:7566", Access::Shared, true),
            ("[::]:7566", Access::Private, true),
        ] {
            let http = Http { listen: listen.into(), ..Http::default() };
            assert_eq!(http.needs_token(access), needs, "{listen} {access:?}");
        }
    }
}
