//! The table of alarms: how long their periods are, and whom they may be told to, besides people with e-mail.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::Path,
};

use serde::Deserialize;

use super::{broken, http::is_host};
use crate::model::Result;

/// Lightsail has no longer endpoints.
const LONGEST_NAME: usize = 256;

/// How alarms are evaluated, and whom they may be told to.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Alarms {
    /// Length of their periods, in seconds: whole minutes, up to Lightsail's five. It holds for alarms that are put from then on.
    pub period_seconds: u32,
    /// Hosts, or hosts with a port, that webhooks may lead to although they are this host or its instances.
    pub webhook_hosts: Vec<String>,
    /// Programs with their arguments that users may have run, by name.
    pub commands: BTreeMap<String, Vec<String>>,
}

impl Default for Alarms {
    fn default() -> Self {
        Self { period_seconds: 300, webhook_hosts: Vec::new(), commands: BTreeMap::new() }
    }
}

impl Alarms {
    /// The hosts in lower case, and the port of those that have one.
    pub fn places(&self) -> Result<Vec<(String, Option<u16>)>> {
        let places = self.webhook_hosts.iter().map(|text| {
            let why = || broken(format!("alarms.webhook_hosts: {text:?} must be HOST or HOST:PORT"));
            place(text).ok_or_else(why)
        });
        places.collect()
    }

    /// What no type shows.
    pub(super) fn check(&self) -> Result<()> {
        if !matches!(self.period_seconds, 60 | 120 | 180 | 240 | 300) {
            return Err(broken("alarms.period_seconds must be 60, 120, 180, 240 or 300".into()));
        }
        self.places()?;
        for (name, words) in &self.commands {
            let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            if !(1..=LONGEST_NAME).contains(&name.len()) || !name.bytes().all(is_part) {
                return Err(broken(format!(
                    "alarms.commands: {name:?} must be made of letters, digits, -, _ and ."
                )));
            }
            if !words.first().is_some_and(|program| Path::new(program).is_absolute()) {
                return Err(broken(format!(
                    "alarms.commands.{name} must begin with a program's absolute path; no shell looks at it"
                )));
            }
            if words.iter().any(|word| word.contains('\0')) {
                return Err(broken(format!(
                    "alarms.commands.{name}: no argument can hold the character NUL"
                )));
            }
        }
        Ok(())
    }
}

/// `10.0.0.5`, `127.0.0.1:9000`, `[::1]:9000`, `::1`, `hooks.home.arpa`, `hooks.home.arpa:80`.
fn place(text: &str) -> Option<(String, Option<u16>)> {
    let is_port = |port: &u16| *port > 0;
    if let Ok(address) = text.parse::<SocketAddr>() {
        return is_port(&address.port()).then(|| (address.ip().to_string(), Some(address.port())));
    }
    if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Some((address.to_string(), None));
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port.parse().ok().filter(is_port)?)),
        None => (text, None),
    };
    is_host(host).then(|| (host.trim_end_matches('.').to_ascii_lowercase(), port))
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    #[test]
    fn places_are_read_however_they_are_written() {
        for (text, host, port) in [
            ("10.0.0.5", "10.0.0.5", None),
            ("127.0.0.1:9000", "127.0.0.1", Some(9000)),
            ("[::1]:9000", "::1", Some(9000)),
            ("[0::1]", "::1", None),
            ("2001:DB8::7", "2001:db8::7", None),
            ("hooks.home.arpa", "hooks.home.arpa", None),
            ("Hooks.Home.arpa.:80", "hooks.home.arpa", Some(80)),
        ] {
            assert_eq!(place(text), Some((host.to_owned(), port)), "{text}");
        }
    }

    #[test]
    fn nothing_is_allowed_unless_it_is_said() {
        let alarms = Config::parse("").expect("sound").alarms;
        assert!(alarms.webhook_hosts.is_empty() && alarms.commands.is_empty());
        let text =
            "[alarms]\nwebhook_hosts = ['a.example']\n[alarms.commands]\npage = ['/usr/bin/page', 'me']";
        let alarms = Config::parse(text).expect("sound").alarms;
        assert_eq!(alarms.places().expect("sound"), [("a.example".to_owned(), None)]);
        assert_eq!(alarms.commands["page"], ["/usr/bin/page", "me"]);
    }

    #[test]
    fn broken_values_are_refused_by_name() {
        for (text, word) in [
            ("period_seconds = 0", "period_seconds"),
            ("period_seconds = 90", "period_seconds"),
            ("period_seconds = 3600", "period_seconds"),
            ("webhook_hosts = ['']", "webhook_hosts"),
            ("webhook_hosts = ['https://a.example']", "webhook_hosts"),
            ("webhook_hosts = ['a.example/x']", "webhook_hosts"),
            ("webhook_hosts = ['a.example:0']", "webhook_hosts"),
            ("webhook_hosts = ['a.example:port']", "webhook_hosts"),
            ("webhook_hosts = ['127.0.0.1:0']", "webhook_hosts"),
            ("webhook_hosts = ['*']", "webhook_hosts"),
            ("webhook_hosts = 'a.example'", "webhook_hosts"),
            ("webhooks = []", "webhooks"),
            ("commands = { page = [] }", "alarms.commands.page"),
            ("commands = { page = ['page'] }", "alarms.commands.page"),
            ("commands = { page = ['sh', '-c', 'page'] }", "alarms.commands.page"),
            ("commands = { page = '/usr/bin/page' }", "page"),
            ("commands = { 'a b' = ['/usr/bin/page'] }", "alarms.commands"),
            ("commands = { '' = ['/usr/bin/page'] }", "alarms.commands"),
            ("commands = { page = ['/usr/bin/page', \"\\u0000\"] }", "NUL"),
        ] {
            let error = Config::parse(&format!("[alarms]\n{text}")).expect_err(text);
            assert!(error.message.contains(word), "{text:?} gave {error}");
        }
    }
}
