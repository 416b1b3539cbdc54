//! How names are resolved here, and by whom. Pure.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use super::remedy;
use crate::model::Finding;

/// What findings are about.
const SUBJECT: &str = "names";
/// The name that is there even if no instance is: the host's own, which is the gateway's address.
pub(super) const NAME: &str = "host.sloop.internal";

/// systemd-resolved runs, or did.
pub(super) const RESOLVED: &str = "/run/systemd/resolve";
/// NetworkManager runs a dnsmasq.
pub(super) const NETWORK_MANAGERS_DNSMASQ: &str = "/run/NetworkManager/dnsmasq.pid";
/// A dnsmasq of the machine's own runs, as Debian and as Fedora start it.
pub(super) const DNSMASQ: [&str; 2] = ["/run/dnsmasq/dnsmasq.pid", "/run/dnsmasq.pid"];
/// All files that tell who resolves by being there.
pub(super) const MARKS: [&str; 4] = [RESOLVED, NETWORK_MANAGERS_DNSMASQ, DNSMASQ[0], DNSMASQ[1]];

/// Where systemd-resolved listens.
const STUBS: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(127, 0, 0, 53)), IpAddr::V4(Ipv4Addr::new(127, 0, 0, 54))];

/// Everything that was seen.
pub(super) struct Seen {
    /// Where names are served.
    pub(super) gateway: Ipv4Addr,
    /// What the machine's resolver says to `NAME`.
    pub(super) answer: Answer,
    /// Whether somebody takes questions at the gateway.
    pub(super) is_served: bool,
    /// What the machine's files say.
    pub(super) files: Files,
}

/// What the machine's resolver says.
pub(super) enum Answer {
    /// These.
    Addresses(Vec<IpAddr>),
    /// That there is nothing, or that it cannot tell.
    Nothing(String),
    /// Nothing at all in that time.
    Late(Duration),
}

/// What the machine's files say of how it resolves.
#[derive(Default)]
pub(super) struct Files {
    pub(super) resolv_conf: String,
    pub(super) nsswitch: String,
    /// Those of the files asked for that exist.
    pub(super) there: Vec<&'static str>,
    /// Whether systemd-resolved asks servers for their domains alone.
    pub(super) delegates: bool,
}

impl Files {
    pub(super) fn has(&self, path: &str) -> bool {
        self.there.contains(&path)
    }
}

/// By whom the machine resolves names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resolver {
    /// The C library asks the gateway first, as it should.
    Gateway,
    /// systemd-resolved.
    Resolved,
    /// The dnsmasq that NetworkManager runs.
    NetworkManagersDnsmasq,
    /// The servers that NetworkManager writes into `/etc/resolv.conf`.
    NetworkManager,
    /// A dnsmasq of the machine's own.
    Dnsmasq,
    /// Some other server on this machine.
    Local(IpAddr),
    /// The servers in `/etc/resolv.conf`, which nobody is known to write.
    File,
}

/// What the doctor says.
pub(super) fn judge(seen: &Seen) -> Finding {
    let gateway = IpAddr::V4(seen.gateway);
    let fault = match &seen.answer {
        Answer::Addresses(found) if found.contains(&gateway) => {
            return Finding::ok(
                SUBJECT,
                format!("this host finds instances by their names: {NAME} is {gateway}"),
            );
        }
        Answer::Addresses(found) => format!("{NAME} is {}, not {gateway}", listed(found)),
        Answer::Nothing(why) => format!("{NAME}: {why}"),
        Answer::Late(limit) => format!("{NAME}: no answer in {} s", limit.as_secs()),
    };
    if !seen.is_served {
        let detail = format!("nobody takes questions at {gateway}, port 53 ({fault})");
        return Finding::failed(SUBJECT, detail, remedy::UNSERVED);
    }
    let words = remedy::words(resolver(&seen.files, gateway), seen.gateway, &seen.files);
    Finding::warning(SUBJECT, format!("this host does not find instances by their names ({fault})"), words)
}

/// By whom the machine resolves. Who is asked first decides: the C library asks the next server only if one gives no answer.
pub(super) fn resolver(files: &Files, gateway: IpAddr) -> Resolver {
    let text = &files.resolv_conf;
    let first = text.lines().find_map(server);
    // Without its own place to listen it is asked through the library's module, or has its servers written into the file.
    let is_behind =
        files.has(RESOLVED) && (has_module(&files.nsswitch) || has_note(text, "systemd-resolved"));
    let is_network_managers = has_note(text, "NetworkManager");
    match first {
        Some(first) if is_behind || STUBS.contains(&first) => Resolver::Resolved,
        Some(first) if first == gateway => Resolver::Gateway,
        Some(first) if first.is_loopback() => {
            if is_network_managers || files.has(NETWORK_MANAGERS_DNSMASQ) {
                Resolver::NetworkManagersDnsmasq
            } else if DNSMASQ.iter().any(|mark| files.has(mark)) {
                Resolver::Dnsmasq
            } else {
                Resolver::Local(first)
            }
        }
        None if is_behind => Resolver::Resolved,
        _ if is_network_managers => Resolver::NetworkManager,
        _ => Resolver::File,
    }
}

/// `nameserver ADDRESS`, perhaps with the link it is good on.
fn server(line: &str) -> Option<IpAddr> {
    let mut words = line.split_whitespace();
    let (Some("nameserver"), Some(address)) = (words.next(), words.next()) else {
        return None;
    };
    address.split('%').next()?.parse().ok()
}

/// Whether the library asks systemd-resolved without a server between them.
fn has_module(nsswitch: &str) -> bool {
    let hosts = nsswitch.lines().find_map(|line| line.trim_start().strip_prefix("hosts:"));
    hosts.is_some_and(|modules| modules.split_whitespace().any(|module| module == "resolve"))
}

/// Whether a comment names the program that wrote the file.
fn has_note(text: &str, program: &str) -> bool {
    text.lines().any(|line| line.starts_with('#') && line.contains(program))
}

fn listed(addresses: &[IpAddr]) -> String {
    let all: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}
