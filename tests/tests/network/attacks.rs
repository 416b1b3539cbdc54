//! What a hostile guest tries. Every probe is counted, and so is what arrives: nothing. Each counter is shown to count first,
//! by a packet that may pass.

use std::{
    net::{Ipv4Addr, Ipv6Addr, UdpSocket},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use sloopd::model::link_local;

use super::{
    Net,
    attacker::{Attacker, Counter},
};

const GATEWAY: Ipv4Addr = Ipv4Addr::new(172, 26, 0, 1);
/// A port that nothing uses, so that what arrives there is the attack's.
const MARK: u16 = 7777;
const MARKED: &str = "meta l4proto { tcp, udp } th dport 7777";
const EARLY: &str = "prerouting priority -400";
/// Behind every filter of the host.
const LATE: &str = "input priority 300";

/// Three guests: two of one owner, one of another.
fn stage() -> Result<Net> {
    Net::with_owners(&[("one", "root"), ("two", "root"), ("foe", "nobody")])
}

/// Waits until what was sent before has been dealt with: frames of a wire stay in order, so an honest one is waited for.
fn settled(attacker: &Attacker<'_>, control: &Counter, to: Ipv4Addr) -> Result<()> {
    let before = control.packets()?;
    attacker.udp(attacker.mac, attacker.address, to, MARK)?;
    for _ in 0..500 {
        if control.packets()? > before {
            return Ok(());
        }
        std::thread::park_timeout(std::time::Duration::from_millis(10));
    }
    anyhow::bail!("an honest packet does not arrive: the counters show nothing")
}

#[test]
fn nobody_sends_under_another_address() -> Result<()> {
    let net = stage()?;
    let attacker = Attacker::at(&net.lab, &net.guests[0])?;
    let (two, foe): (Ipv4Addr, Ipv4Addr) =
        (net.guests[1].address().parse()?, net.guests[2].address().parse()?);
    let world: Ipv4Addr = net.world.address().parse()?;
    let at_two = Counter::at(net.guests[1].netns(), "seen", EARLY, &[MARKED])?;
    let others = [
        Counter::at(net.guests[2].netns(), "seen", EARLY, &[MARKED])?,
        Counter::at(net.world.netns(), "seen", EARLY, &[MARKED])?,
        Counter::at(&net.lab.netns()?, "seen", LATE, &[MARKED])?,
    ];
    settled(&attacker, &at_two, two)?;
    let before = at_two.packets()?;
    let mut probes = 0;
    let nobody: Ipv4Addr = "172.26.200.200".parse()?;
    let forged = [two, foe, world, GATEWAY, nobody, net.public("one")?, net.public("two")?];
    let special = ["0.0.0.0", "127.0.0.1", "169.254.169.254", "255.255.255.255", "224.0.0.1"];
    let special = special.iter().map(|text| text.parse::<Ipv4Addr>()).collect::<Result<Vec<_>, _>>()?;
    for from in forged.into_iter().chain(special) {
        for to in [two, foe, world, GATEWAY, net.public("two")?, net.public("foe")?] {
            attacker.udp(attacker.mac, from, to, MARK)?;
            attacker.syn(from, to, MARK)?;
            probes += 2;
        }
    }
    // The right address, from a wrong card.
    for last in 0..=255 {
        attacker.udp([0x52, 0x54, 0, 9, 9, last], attacker.address, two, MARK)?;
        probes += 1;
    }
    settled(&attacker, &at_two, two)?;
    let arrived =
        at_two.packets()? - before - 1 + others.iter().map(Counter::packets).sum::<Result<u64>>()?;
    println!("spoofed IPv4 and MAC: {probes} probes, {arrived} arrived");
    ensure!(arrived == 0 && probes > 300);
    Ok(())
}

#[test]
fn nobody_sends_ipv6_that_is_not_theirs() -> Result<()> {
    let net = stage()?;
    let attacker = Attacker::at(&net.lab, &net.guests[0])?;
    let two: Ipv4Addr = net.guests[1].address().parse()?;
    let at_two = Counter::at(net.guests[1].netns(), "seen", EARLY, &[MARKED])?;
    let at_foe = Counter::at(
        net.guests[2].netns(),
        "seen",
        EARLY,
        &["meta nfproto ipv6 udp dport 7777", "udp sport 547"],
    )?;
    // The guest's own kernel looks for its router meanwhile, as it may.
    let forged = ["udp dport 7777", "udp sport 547", "icmpv6 type { 134, 136, 137 }"];
    let forged = forged.map(|what| format!("meta nfproto ipv6 iifname \"slp-*\" {what}"));
    let at_host = Counter::at(&net.lab.netns()?, "seen6", LATE, &forged.each_ref().map(String::as_str))?;
    let known = || {
        net.lab.shell(
            "ip -6 neigh show | grep -v up0 | sort; ip -6 route show default; ip -6 addr show scope global",
        )
    };
    let before = known()?;
    settled(&attacker, &at_two, two)?;
    let mut probes = 0;
    let (own, two6, foe6) = (net.ipv6("one")?, net.ipv6("two")?, net.ipv6("foe")?);
    let host6 = Ipv6Addr::from_bits(own.to_bits() >> 80 << 80 | 1);
    let text = |addresses: [&str; 6]| addresses.map(|text| text.parse::<Ipv6Addr>().expect("an address"));
    let forged = text(["fe80::1", "fe80::2", "::1", "::", "2001:db8::1", "fd00::1"]);
    let anyone = text(["ff02::1", "ff02::2", "fe80::1", "::1", "2001:db8::2", "fd00::2"]);
    for from in forged.into_iter().chain([two6, foe6, host6]) {
        for to in anyone.into_iter().chain([two6, foe6, host6]) {
            attacker.udp6(from, to, MARK)?;
            probes += 1;
        }
    }
    // Under its own address, where it has no business.
    for to in anyone.into_iter().chain([host6, foe6, two6]) {
        attacker.udp6(own, to, MARK)?;
        attacker.udp6(link_local(attacker.mac), to, MARK)?;
        attacker.dhcp6(own, to)?;
        attacker.dhcp6(link_local(attacker.mac), to)?;
        probes += 4;
    }
    // A router that is none, a neighbour that is another, and a better way: all by its own names.
    for kind in [134, 136, 137] {
        for from in [link_local(attacker.mac), own, foe6] {
            for to in ["ff02::1", "fe80::1"] {
                attacker.neighbour_discovery(kind, from, to.parse()?)?;
                probes += 1;
            }
        }
    }
    settled(&attacker, &at_two, two)?;
    let arrived = at_host.packets()? + at_two.packets()? + at_foe.packets()? - 2;
    println!("IPv6, neighbour discovery and router advertisements: {probes} probes, {arrived} arrived");
    let after = known()?;
    ensure!(arrived == 0 && before == after, "{before}\n{after}");
    Ok(())
}

#[test]
fn nobody_is_believed_by_arp() -> Result<()> {
    let net = stage()?;
    let attacker = Attacker::at(&net.lab, &net.guests[0])?;
    let two: Ipv4Addr = net.guests[1].address().parse()?;
    let at_two = Counter::at(net.guests[1].netns(), "seen", EARLY, &[MARKED])?;
    settled(&attacker, &at_two, two)?;
    let neighbours = || net.lab.shell("ip neigh show | grep -v up0 | sort");
    let before = neighbours()?;
    let mut probes = 0;
    for address in [GATEWAY, two, net.guests[2].address().parse()?, net.public("two")?] {
        attacker.arp(attacker.mac, address, GATEWAY)?;
        attacker.arp([2, 2, 2, 2, 2, 2], address, GATEWAY)?;
        probes += 2;
    }
    for host in 0..2000_u32 {
        attacker.arp(attacker.mac, Ipv4Addr::from_bits(0x0a00_0000 + host), GATEWAY)?;
        probes += 1;
    }
    settled(&attacker, &at_two, two)?;
    println!("ARP: {probes} probes");
    let after = neighbours()?;
    ensure!(before == after, "{before}\n{after}");
    Ok(())
}

#[test]
fn a_server_that_is_none_is_not_heard() -> Result<()> {
    let net = stage()?;
    let attacker = Attacker::at(&net.lab, &net.guests[0])?;
    let two: Ipv4Addr = net.guests[1].address().parse()?;
    let at_two = Counter::at(net.guests[1].netns(), "seen", EARLY, &[MARKED])?;
    let heard: Vec<_> = [net.guests[1].netns(), net.guests[2].netns(), net.world.netns(), &net.lab.netns()?]
        .into_iter()
        .map(|namespace| {
            Counter::at(
                namespace,
                "dhcp",
                if namespace == net.lab.netns().unwrap_or_default() { LATE } else { EARLY },
                &["udp dport 68"],
            )
        })
        .collect::<Result<_>>()?;
    settled(&attacker, &at_two, two)?;
    let mut probes = 0;
    for to in [Ipv4Addr::BROADCAST, two, net.guests[2].address().parse()?, GATEWAY, "172.26.255.255".parse()?]
    {
        for from in [attacker.address, GATEWAY] {
            // To a guest of its own owner a guest may send what it likes; nobody there asked.
            if (from, to) != (attacker.address, two) {
                attacker.udp(attacker.mac, from, to, 68)?;
                probes += 1;
            }
        }
    }
    settled(&attacker, &at_two, two)?;
    let arrived: u64 = heard.iter().map(Counter::packets).sum::<Result<u64>>()?;
    println!("rogue DHCP: {probes} probes, {arrived} arrived");
    ensure!(arrived == 0);
    Ok(())
}

#[test]
fn the_host_is_closed_at_every_port() -> Result<()> {
    let net = stage()?;
    let attacker = Attacker::at(&net.lab, &net.guests[0])?;
    let two: Ipv4Addr = net.guests[1].address().parse()?;
    let at_two = Counter::at(net.guests[1].netns(), "seen", EARLY, &[MARKED])?;
    let allowed = [
        "iifname \"slp-*\" ct original ip daddr 169.254.169.254 tcp dport 8169",
        "iifname \"slp-*\" udp dport 8053 ct original ip daddr 172.26.0.1 ct status dnat",
        "iifname \"slp-*\" tcp dport 8053 ct original ip daddr 172.26.0.1 ct status dnat",
    ];
    let passed = Counter::at(
        &net.lab.netns()?,
        "passed",
        LATE,
        &["iifname \"slp-*\" ct direction original meta l4proto { tcp, udp }"],
    )?;
    let allowed = Counter::at(&net.lab.netns()?, "allowed", LATE, &allowed)?;
    settled(&attacker, &at_two, two)?;
    let mut probes = 0_u64;
    let host = "10.99.0.1".parse()?;
    for to in [GATEWAY, host] {
        for port in 1..=u16::MAX {
            attacker.syn(attacker.address, to, port)?;
            attacker.udp(attacker.mac, attacker.address, to, port)?;
            probes += 2;
        }
    }
    let nobody: Ipv4Addr = "172.27.3.200".parse()?;
    for to in [nobody, Ipv4Addr::LOCALHOST, "169.254.1.1".parse()?, net.public("one")?] {
        for port in (1..1024).chain([8053, 8169, MARK]) {
            attacker.syn(attacker.address, to, port)?;
            attacker.udp(attacker.mac, attacker.address, to, port)?;
            probes += 2;
        }
    }
    settled(&attacker, &at_two, two)?;
    let (passed, allowed) = (passed.packets()?, allowed.packets()?);
    println!("scan of the host: {probes} probes, {passed} passed, of them {allowed} to DNS and metadata");
    ensure!(allowed >= 2, "DNS does not answer: the counters show nothing");
    ensure!(passed == allowed && probes > 250_000);
    Ok(())
}

#[test]
fn another_owners_guest_is_reached_by_its_public_ports_alone() -> Result<()> {
    let net = stage()?;
    let attacker = Attacker::at(&net.lab, &net.guests[0])?;
    let (two, foe): (Ipv4Addr, Ipv4Addr) =
        (net.guests[1].address().parse()?, net.guests[2].address().parse()?);
    let at_two = Counter::at(net.guests[1].netns(), "seen", EARLY, &[MARKED])?;
    let anything = "meta l4proto { tcp, udp } iifname \"eth0\"";
    let at_foe = Counter::at(net.guests[2].netns(), "seen", EARLY, &[anything])?;
    settled(&attacker, &at_two, two)?;
    let mut probes = 0;
    let public = net.public("foe")?;
    for port in 1..=10_000 {
        attacker.syn(attacker.address, foe, port)?;
        attacker.udp(attacker.mac, attacker.address, foe, port)?;
        probes += 2;
        // 22 and 80 are open to everybody, and so to a neighbour.
        if port != 22 && port != 80 {
            attacker.syn(attacker.address, public, port)?;
            attacker.udp(attacker.mac, attacker.address, public, port)?;
            probes += 2;
        }
    }
    settled(&attacker, &at_two, two)?;
    let arrived = at_foe.packets()?;
    attacker.syn(attacker.address, public, 22)?;
    settled(&attacker, &at_two, two)?;
    println!("another owner's guest: {probes} probes, {arrived} arrived");
    ensure!(arrived == 0);
    ensure!(at_foe.packets()? >= 1, "what is open is not reached either: the counter shows nothing");
    Ok(())
}

/// What a guest sends from a port of its own must not take what is sent to that port of the host (CVE-2021-3773).
#[test]
fn nobody_stands_in_for_a_port_of_the_host() -> Result<()> {
    let net = stage()?;
    let world: std::net::SocketAddr = format!("{}:4000", net.world.address()).parse()?;
    let host = net.lab.inside(|| Ok(UdpSocket::bind(("10.99.0.1", 5140))?))?;
    host.set_read_timeout(Some(Duration::from_secs(5)))?;
    let outside = net.world.inside(move || Ok(UdpSocket::bind(world)?))?;
    outside.set_read_timeout(Some(Duration::from_secs(5)))?;
    let guest = net.guests[2].inside(|| Ok(UdpSocket::bind(("0.0.0.0", 5140))?))?;
    guest.send_to(b"hello", world)?;
    let (_, seen) = outside.recv_from(&mut [0; 16])?;
    ensure!(seen.port() >= 61_000, "it is seen as {seen}");
    outside.send_to(b"for the host", ("10.99.0.1", 5140))?;
    let mut text = [0; 16];
    let (length, _) = host.recv_from(&mut text)?;
    ensure!(&text[..length] == b"for the host");
    Ok(())
}

/// The host's table of connections is everybody's.
#[test]
fn nobody_fills_the_table_of_connections() -> Result<()> {
    let net = stage()?;
    let attacker = Attacker::at(&net.lab, &net.guests[2])?;
    let world: Ipv4Addr = net.world.address().parse()?;
    for port in 1..=20_000 {
        attacker.syn_from(port, attacker.address, world, 80)?;
    }
    let honest = net.guests[0].inside(move || Ok(UdpSocket::bind(("0.0.0.0", 0))?))?;
    let outside = net.world.inside(move || Ok(UdpSocket::bind((world, 4000))?))?;
    outside.set_read_timeout(Some(Duration::from_secs(5)))?;
    honest.send_to(b"x", (world, 4000))?;
    outside.recv_from(&mut [0; 16])?;
    let count: u32 = net.lab.shell("cat /proc/sys/net/netfilter/nf_conntrack_count")?.trim().parse()?;
    println!("20000 connections begun, {count} in the table");
    ensure!(count < 9000, "{count}");
    Ok(())
}

/// Who gets an address that another had gets nothing that was meant for the other.
#[test]
fn nobody_inherits_connections_with_an_address() -> Result<()> {
    let mut net = Net::with(&["one", "two"], "network.private = \"172.26.0.0/26\"")?;
    let (one, two) = (net.guests[0].address().to_owned(), net.guests[1].address().to_owned());
    let bind = |guest: &sloop_lab::Guest| {
        guest.inside(|| {
            let socket = UdpSocket::bind(("0.0.0.0", 6000))?;
            socket.set_read_timeout(Some(Duration::from_secs(1)))?;
            Ok(socket)
        })
    };
    let (at_one, at_two) = (bind(&net.guests[0])?, bind(&net.guests[1])?);
    at_one.send_to(b"hello", (two.as_str(), 6000))?;
    at_two.recv_from(&mut [0; 16])?;
    at_two.send_to(b"hello", (one.as_str(), 6000))?;
    at_one.recv_from(&mut [0; 16])?;
    drop(at_two);
    net.lab.must(&["instance", "delete", "two", "--yes"])?;
    net.guests.truncate(1);
    // Addresses go round; it takes a while until this one comes again.
    let create =
        ["instance", "create", "--blueprint", "tiny", "--bundle", "nano_3_0", "--wait-for", "running"];
    let mut heir = None;
    for number in 0..60 {
        let name = format!("foe{number}");
        net.lab.must_as("nobody", &[create.as_slice(), &[&name]].concat())?;
        if net.lab.json(&["instance", "show", &name])?["instance"]["privateIpAddress"] == two.as_str() {
            heir = Some(sloop_lab::Guest::up(&net.lab, &name)?);
            break;
        }
        net.lab.must_as("nobody", &["instance", "delete", &name, "--yes"])?;
    }
    let heir = heir.context("the address goes round")?;
    let at_heir = bind(&heir)?;
    at_one.send_to(b"for two", (two.as_str(), 6000))?;
    ensure!(at_heir.recv_from(&mut [0; 16]).is_err(), "what was for two reached another owner's instance");
    at_heir.send_to(b"evil", (one.as_str(), 6000))?;
    ensure!(at_one.recv_from(&mut [0; 16]).is_err(), "another owner's instance reached one");
    Ok(())
}
