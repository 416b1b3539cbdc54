//! What to tell the machine so that it asks the gateway for names of instances. Pure.

use std::net::Ipv4Addr;

use super::judge::{Files, Resolver};
use crate::model::DOMAIN;

/// A server of the host as a whole. Settings of a link would not do: systemd-resolved passes over links that have no address
/// beyond their own wire, as taps are, and over lo.
const RESOLVED: &str = "/etc/systemd/resolved.conf.d/sloop.conf";
/// A server that is asked for these names and no others.
const RESOLVED_DELEGATE: &str = "/etc/systemd/dns-delegate.d/sloop.dns-delegate";
const NETWORK_MANAGER: &str = "/etc/NetworkManager/conf.d/sloop.conf";
const NETWORK_MANAGERS_DNSMASQ: &str = "/etc/NetworkManager/dnsmasq.d/sloop.conf";
const DNSMASQ: &str = "/etc/dnsmasq.d/sloop.conf";
/// All files that are told to make. Where one is there already, it is not told again.
pub(super) const FILES: [&str; 4] = [RESOLVED, RESOLVED_DELEGATE, NETWORK_MANAGERS_DNSMASQ, DNSMASQ];

const RESTART_RESOLVED: &str = "systemctl restart systemd-resolved";
const RELOAD_NETWORK_MANAGER: &str = "systemctl reload NetworkManager";
const RESTART_DNSMASQ: &str = "systemctl restart dnsmasq";

/// What to do when names are not served at all.
pub(super) const UNSERVED: &str = "the daemon's log says why names are not served; where another program has the port, \
                                   network.dns_port in the configuration takes a different one";

/// What to do, in one line; all of it is for root.
pub(super) fn words(resolver: Resolver, gateway: Ipv4Addr, files: &Files) -> String {
    let server = format!("server=/{DOMAIN}/{gateway}");
    let resolved = |section: &str| format!("[{section}]\\nDNS={gateway}\\nDomains=~{DOMAIN}");
    match resolver {
        Resolver::Gateway => format!(
            "/etc/resolv.conf names {gateway} first, so look whether `hosts:` in /etc/nsswitch.conf has `dns`"
        ),
        Resolver::Resolved if files.has(RESOLVED) || files.has(RESOLVED_DELEGATE) => format!(
            "{RESTART_RESOLVED}; if that does not help, another DNS= in resolvectl status, Global, comes first: give that \
             server to a link"
        ),
        Resolver::Resolved if files.delegates => {
            paste(RESOLVED_DELEGATE, &resolved("Delegate"), RESTART_RESOLVED)
        }
        Resolver::Resolved => paste(RESOLVED, &resolved("Resolve"), RESTART_RESOLVED),
        Resolver::NetworkManagersDnsmasq if files.has(NETWORK_MANAGERS_DNSMASQ) => {
            RELOAD_NETWORK_MANAGER.to_owned()
        }
        Resolver::NetworkManagersDnsmasq => paste(NETWORK_MANAGERS_DNSMASQ, &server, RELOAD_NETWORK_MANAGER),
        // What is written into its file by hand is gone with the next network.
        Resolver::NetworkManager => {
            let reload = paste(NETWORK_MANAGERS_DNSMASQ, &server, RELOAD_NETWORK_MANAGER);
            format!("with dnsmasq installed: {}", paste(NETWORK_MANAGER, "[main]\\ndns=dnsmasq", &reload))
        }
        Resolver::Dnsmasq if files.has(DNSMASQ) => RESTART_DNSMASQ.to_owned(),
        Resolver::Dnsmasq => paste(DNSMASQ, &server, RESTART_DNSMASQ),
        Resolver::Local(address) => {
            format!("have the server at {address} ask {gateway} for {DOMAIN}; for dnsmasq: {server}")
        }
        Resolver::File => first_of_file(gateway),
    }
}

/// Writes one file and has it read.
fn paste(file: &str, lines: &str, then: &str) -> String {
    let directory = file.rsplit_once('/').map_or("/", |(directory, _)| directory);
    format!("mkdir -p {directory} && printf '{lines}\\n' > {file} && {then}")
}

/// Names the gateway before all others. It stays what it was: a file, or a link to one.
fn first_of_file(gateway: Ipv4Addr) -> String {
    let line = format!("nameserver {gateway}");
    format!("text=$(cat /etc/resolv.conf); printf '{line}\\n%s\\n' \"$text\" > /etc/resolv.conf")
}
