//! IPv6: addresses that guests learn from the host, and who reaches whom by them.

use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use sloop_lab::{Guest, ROUTED6, WORLD6};

use super::{Net, PATIENCE, probe};

/// What a guest's kernel has made of what it heard: its address for use, or nothing.
fn has(guest: &Guest, address: Ipv6Addr) -> Result<bool> {
    let shown =
        guest.run(&["ip", "-6", "-o", "addr", "show", "dev", "eth0", "scope", "global", "-tentative"])?;
    Ok(shown.stdout.contains(&format!("{address}/64")))
}

fn learned(net: &Net, guest: &Guest, address: Ipv6Addr) -> Result<()> {
    net.lab.until(&format!("{address} is in use"), || has(guest, address))?;
    let routes = guest.run(&["ip", "-6", "route", "show", "default"])?.stdout;
    ensure!(routes.contains("via fe80::1 dev eth0"), "{routes}");
    Ok(())
}

fn routed(names: &[&str]) -> Result<Net> {
    Net::with(names, &format!("network.ipv6 = \"{ROUTED6}\""))
}

#[test]
fn a_guest_learns_its_address_and_only_what_is_open_is_reached() -> Result<()> {
    let net = routed(&["web", "peer"])?;
    let (web, peer) = (net.ipv6("web")?, net.ipv6("peer")?);
    learned(&net, &net.guests[0], web)?;
    learned(&net, &net.guests[1], peer)?;
    probe::serve(&net.guests[0], "web", &[22, 443])?;
    let world = |port| probe::tcp_from(&net.world, web, port, PATIENCE);
    let neighbour = |port| net.guests[1].inside(move || probe::who(web.into(), port, PATIENCE));
    let host = |port| probe::tcp_from_host(&net.lab, web, port, PATIENCE);
    ensure!(world(22)?.as_deref() == Some("web") && world(443)?.is_none());
    ensure!(neighbour(22)?.as_deref() == Some("web") && neighbour(443)?.is_none());
    ensure!(host(22)?.as_deref() == Some("web") && host(443)?.is_none());
    // For IPv4 alone, and for others.
    net.lab.must(&["firewall", "put", "web", "22/tcp", "--from", "0.0.0.0/0"])?;
    ensure!(world(22)?.is_none() && neighbour(22)?.is_none() && host(22)?.is_none());
    net.lab.must(&["firewall", "put", "web", "22/tcp", "--from", WORLD6])?;
    ensure!(world(22)?.as_deref() == Some("web") && neighbour(22)?.is_none() && host(22)?.is_none());
    net.lab.must(&["firewall", "put", "web", "443/tcp", "--from", "lightsail-connect"])?;
    ensure!(world(443)?.is_none() && host(443)?.as_deref() == Some("web"));
    // The rules come back with their addresses.
    net.lab.shell("nft delete table inet sloop")?;
    net.lab.until("the rules are back", || Ok(world(443)?.is_none()))?;
    ensure!(world(22)?.is_none() && host(443)?.as_deref() == Some("web"));
    Ok(())
}

#[test]
fn a_guest_speaks_outside_as_itself_and_to_the_host_not_at_all() -> Result<()> {
    let net = routed(&["web"])?;
    let web = net.ipv6("web")?;
    learned(&net, &net.guests[0], web)?;
    let listener = net.world.inside(|| Ok(TcpListener::bind((Ipv6Addr::UNSPECIFIED, 80))?))?;
    let outside = SocketAddr::new(WORLD6.parse()?, 80);
    let connected =
        net.guests[0].inside(move || Ok(TcpStream::connect_timeout(&outside, Duration::from_secs(5))?));
    let (_stream, from) = listener.accept()?;
    ensure!(connected.is_ok() && from.ip() == IpAddr::V6(web), "{from}");
    // The host listens at all of its addresses, and is asked at each.
    let _listener = net.lab.inside(|| Ok(TcpListener::bind((Ipv6Addr::UNSPECIFIED, 81))?))?;
    for address in ["2001:db8:12::1", "2001:db8:99::1"] {
        let at: Ipv6Addr = address.parse()?;
        let asked = net.guests[0].inside(move || probe::who(at.into(), 81, PATIENCE))?;
        ensure!(asked.is_none());
        let reached =
            net.guests[0].inside(move || Ok(TcpStream::connect_timeout(&(at, 81).into(), PATIENCE).is_ok()));
        ensure!(!reached?, "a guest reaches {address}");
    }
    Ok(())
}

#[test]
fn without_a_way_out_a_guest_hears_so_at_once() -> Result<()> {
    let net = Net::of(&["web", "peer"])?;
    let (web, peer) = (net.ipv6("web")?, net.ipv6("peer")?);
    ensure!(web.octets()[0] == 0xfd);
    learned(&net, &net.guests[0], web)?;
    learned(&net, &net.guests[1], peer)?;
    let began = Instant::now();
    let outside = SocketAddr::new(WORLD6.parse()?, 80);
    let refused =
        net.guests[0].inside(move || Ok(TcpStream::connect_timeout(&outside, Duration::from_secs(30))));
    let error = refused?.err().context("it is not let out")?;
    ensure!(matches!(error.kind(), ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable), "{error}");
    ensure!(began.elapsed() < Duration::from_secs(10), "a refusal that is waited for is none");
    // Among themselves and with the host there is a way.
    probe::serve(&net.guests[0], "web", &[22])?;
    ensure!(net.guests[1].inside(move || probe::who(web.into(), 22, PATIENCE))?.as_deref() == Some("web"));
    ensure!(probe::tcp_from_host(&net.lab, web, 22, PATIENCE)?.as_deref() == Some("web"));
    Ok(())
}

#[test]
fn the_address_type_changes_while_the_guest_runs() -> Result<()> {
    let net = routed(&["web"])?;
    let guest = &net.guests[0];
    let web = net.ipv6("web")?;
    learned(&net, guest, web)?;
    probe::serve(guest, "web", &[22])?;
    let world = || probe::tcp_from(&net.world, web, 22, PATIENCE);
    ensure!(world()?.as_deref() == Some("web"));
    net.lab.must(&["instance", "set-ip-type", "web", "ipv4"])?;
    ensure!(net.ipv6("web").is_err() && world()?.is_none());
    net.lab.until("the guest hears of it", || {
        Ok(guest.run(&["ip", "-6", "route", "show", "default"])?.stdout.trim().is_empty())
    })?;
    // Twice is once.
    net.lab.must(&["instance", "set-ip-type", "web", "ipv4"])?;
    net.lab.must(&["instance", "set-ip-type", "web", "dualstack"])?;
    ensure!(net.ipv6("web")? == web);
    learned(&net, guest, web)?;
    ensure!(world()?.as_deref() == Some("web"));
    Ok(())
}
