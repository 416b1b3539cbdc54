//! The network, with real packets on real taps: guests are namespaces, and everything between them is what guests have.

mod attacker;
mod attacks;
mod beside;
mod dhcp;
mod dhcp_clients;
mod hammer;
mod ipv6;
mod lan;
mod metadata;
mod names;
mod probe;
mod publish;
mod transfer;

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use sloop_lab::{Guest, Kind, Lab, Setup, World};

/// A lab with running instances of these names, each with a guest at its wire.
struct Net {
    guests: Vec<Guest>,
    world: World,
    lab: Lab,
}

impl Net {
    fn of(names: &[&str]) -> Result<Self> {
        Self::with(names, "")
    }

    /// The same, with more lines for the configuration.
    fn with(names: &[&str], configuration: &str) -> Result<Self> {
        Self::on(names, Setup { configuration: configuration.to_owned(), ..Setup::default() })
    }

    /// The same, to order.
    fn on(names: &[&str], setup: Setup) -> Result<Self> {
        let lab = Lab::start(Setup { kind: Kind::Wired, ..setup })?;
        let world = World::of(&lab)?;
        let create =
            ["instance", "create", "--blueprint", "tiny", "--bundle", "nano_3_0", "--wait-for", "running"];
        lab.must(&[create.as_slice(), names].concat())?;
        let guests = names.iter().map(|name| Guest::up(&lab, name)).collect::<Result<_>>()?;
        Ok(Self { guests, world, lab })
    }

    /// The same, of several owners: users of this machine.
    fn with_owners(names: &[(&str, &str)]) -> Result<Self> {
        let lab = Lab::wired()?;
        let world = World::of(&lab)?;
        for (name, owner) in names {
            let create = ["instance", "create", name, "--blueprint", "tiny", "--bundle", "nano_3_0"];
            lab.must_as(owner, &[create.as_slice(), &["--wait-for", "running"]].concat())?;
        }
        let guests = names.iter().map(|(name, _)| Guest::up(&lab, name)).collect::<Result<_>>()?;
        Ok(Self { guests, world, lab })
    }

    /// The public address of an instance now.
    fn public(&self, name: &str) -> Result<Ipv4Addr> {
        let instance = self.lab.json(&["instance", "show", name])?;
        let text = instance.pointer("/instance/publicIpAddress").and_then(|value| value.as_str());
        Ok(text.context("a public address")?.parse()?)
    }

    /// The IPv6 address of an instance.
    fn ipv6(&self, name: &str) -> Result<Ipv6Addr> {
        let instance = self.lab.json(&["instance", "show", name])?;
        let text = instance.pointer("/instance/ipv6Addresses/0").and_then(|value| value.as_str());
        Ok(text.context("an IPv6 address")?.parse()?)
    }
}

/// Long enough for any packet here, short enough to wait for many that never come.
const PATIENCE: Duration = Duration::from_millis(400);

#[test]
fn only_what_is_open_is_reached_from_outside() -> Result<()> {
    let net = Net::of(&["web"])?;
    let public = net.public("web")?;
    probe::serve(&net.guests[0], "web", &[22, 443, 8080])?;
    let world = |port| probe::tcp_from(&net.world, public, port, PATIENCE);
    ensure!(world(22)?.as_deref() == Some("web"));
    ensure!(world(443)?.is_none(), "443 is not open yet");
    net.lab.must(&["firewall", "open", "web", "443/tcp"])?;
    ensure!(world(443)?.as_deref() == Some("web"));
    // For others only, then for a range that has us.
    net.lab.must(&["firewall", "put", "web", "22/tcp", "8080/tcp", "--from", "192.0.2.0/24"])?;
    ensure!(world(22)?.is_none() && world(443)?.is_none() && world(8080)?.is_none());
    net.lab.must(&["firewall", "open", "web", "8000-8100/tcp", "--from", "10.99.0.0/30"])?;
    ensure!(world(8080)?.as_deref() == Some("web") && world(22)?.is_none());
    net.lab.must(&["firewall", "close", "web", "8000-8100/tcp"])?;
    ensure!(world(8080)?.is_none());
    // The host itself, by the alias alone.
    let host = |port| probe::tcp_from_host(&net.lab, public, port, PATIENCE);
    ensure!(host(22)?.is_none());
    net.lab.must(&["firewall", "open", "web", "22/tcp", "--from", "lightsail-connect"])?;
    ensure!(host(22)?.as_deref() == Some("web") && world(22)?.is_none());
    // Pings.
    let ping = || probe::ping(&net.world, public);
    ensure!(!ping()?);
    net.lab.must(&["firewall", "open", "web", "ping"])?;
    ensure!(ping()?);
    // The private address is nobody's business out there.
    let private: Ipv4Addr = net.guests[0].address().parse()?;
    net.lab.must(&["firewall", "open", "web", "all"])?;
    ensure!(world(443)?.as_deref() == Some("web"));
    ensure!(probe::tcp_from(&net.world, private, 22, PATIENCE)?.is_none());
    Ok(())
}

#[test]
fn rules_that_others_flush_are_put_up_again() -> Result<()> {
    let net = Net::of(&["web"])?;
    let every = ["22/tcp", "8000-8100/tcp", "53/udp", "icmp:8", "icmp:3:4", "icmp"];
    net.lab.must(&[["firewall", "put", "web"].as_slice(), &every].concat())?;
    for (rules, from) in [
        (["22/tcp", "all", "0-65535/udp"], "192.0.2.7"),
        (["22/tcp", "53/udp", "all"], "10.0.0.0/9"),
        (["443/tcp", "icmpv6:128", "icmpv6"], "2001:db8::/33"),
        (["80/tcp", "icmpv6:1:2", "all"], "2001:db8::1"),
    ] {
        net.lab.must(&[["firewall", "open", "web"].as_slice(), &rules, &["--from", from]].concat())?;
    }
    net.lab.must(&["firewall", "open", "web", "5/tcp", "6/udp", "--from", "host"])?;
    let listed = || -> Result<Vec<String>> {
        let text = net
            .lab
            .shell("nft list table arp sloop 2>/dev/null; nft list table inet sloop 2>/dev/null; true")?;
        let mut lines: Vec<_> = text.lines().map(|line| line.trim().to_owned()).collect();
        // Elements come in the order of a hash.
        lines.sort_unstable();
        Ok(lines)
    };
    // Written by messages to the kernel; what comes back is written by nft. They are the same words.
    let before = listed()?;
    ensure!(before.len() > 80, "{before:?}");
    ensure!(!net.lab.log().contains("put up anew"), "the kernel refused a message\n{}", net.lab.log());
    for harm in [
        "nft flush ruleset",
        "nft delete table inet sloop",
        "nft flush table inet sloop",
        "nft flush set inet sloop src_ok",
        "nft flush chain inet sloop fw_pub",
        "nft delete table arp sloop",
    ] {
        net.lab.shell(harm)?;
        net.lab.until(&format!("the rules are back after: {harm}"), || Ok(listed()? == before))?;
    }
    // What is somebody else's business is left alone, and changes nothing of ours.
    net.lab.shell(
        "nft add table inet other; nft add chain inet other c; nft flush ruleset inet; nft add table ip mine",
    )?;
    net.lab.until("the rules are back once more", || Ok(listed()? == before))?;
    ensure!(net.lab.shell("nft list tables")?.contains("table ip mine"));
    Ok(())
}

#[test]
fn a_static_address_moves_and_takes_its_connections_with_it() -> Result<()> {
    let net = Net::of(&["one", "two"])?;
    for (guest, name) in net.guests.iter().zip(["one", "two"]) {
        probe::serve(guest, name, &[22])?;
    }
    net.lab.must(&["static-ip", "allocate", "site"])?;
    net.lab.must(&["static-ip", "attach", "site", "one"])?;
    let site = net.public("one")?;
    let ask = || probe::tcp_from(&net.world, site, 22, PATIENCE);
    ensure!(ask()?.as_deref() == Some("one"));
    let mut open = probe::Conversation::from(&net.world, site, 22)?;
    ensure!(open.says("one", PATIENCE)?);
    net.lab.must(&["static-ip", "attach", "site", "two"])?;
    ensure!(ask()?.as_deref() == Some("two"));
    ensure!(!open.says("one", PATIENCE)? && !open.says("two", PATIENCE)?, "an old connection lives on");
    ensure!(net.public("two")? == site && net.public("one")? != site);
    let other = net.public("one")?;
    ensure!(probe::tcp_from(&net.world, other, 22, PATIENCE)?.as_deref() == Some("one"));
    net.lab.must(&["static-ip", "detach", "site"])?;
    ensure!(ask()?.is_none(), "a detached address leads somewhere");
    Ok(())
}
