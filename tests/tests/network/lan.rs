//! Public addresses of the network that the host is in: others there find them by ARP, like those of machines.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use anyhow::{Result, ensure};
use sloop_lab::{Guest, Kind, Lab, Setup, World};

use super::{Net, PATIENCE, attacker::Counter, probe};

/// A lab whose host and world are in one network, of which the daemon has three addresses.
fn stage() -> Result<Net> {
    let lab = Lab::start(Setup {
        kind: Kind::Wired,
        configuration: "network.public = \"192.0.2.200-192.0.2.202\"".to_owned(),
        ..Setup::default()
    })?;
    let world = World::of(&lab)?;
    lab.shell("ip addr add 192.0.2.1/24 dev up0")?;
    world.command("ip").args(["addr", "add", "192.0.2.2/24", "dev", "up0"]).status()?;
    Ok(Net { guests: Vec::new(), world, lab })
}

fn create(net: &mut Net, name: &str) -> Result<()> {
    let create = ["instance", "create", name, "--blueprint", "tiny", "--bundle", "nano_3_0"];
    net.lab.must(&[create.as_slice(), &["--wait-for", "running"]].concat())?;
    net.guests.push(Guest::up(&net.lab, name)?);
    Ok(())
}

#[test]
fn addresses_of_the_hosts_own_network_are_found_and_announced() -> Result<()> {
    let mut net = stage()?;
    let announced = |address: Ipv4Addr| {
        let rule = format!("arp operation request arp saddr ip {address} arp daddr ip {address}");
        Counter::in_family("arp", net.world.netns(), "heard", "input priority 0", &[&rule])
    };
    let first = announced([192, 0, 2, 200].into())?;
    create(&mut net, "one")?;
    create(&mut net, "two")?;
    let (one, two) = (net.public("one")?, net.public("two")?);
    ensure!(one == Ipv4Addr::new(192, 0, 2, 200) && first.packets()? > 0, "it is not announced");
    for (guest, name) in net.guests.iter().zip(["one", "two"]) {
        probe::serve(guest, name, &[22, 443])?;
    }
    let world = |to: Ipv4Addr, port| probe::tcp_from(&net.world, to, port, PATIENCE);
    ensure!(world(one, 22)?.as_deref() == Some("one") && world(two, 22)?.as_deref() == Some("two"));
    ensure!(world(one, 443)?.is_none());
    // One that nobody has, and one that is not ours.
    ensure!(world([192, 0, 2, 202].into(), 22)?.is_none() && world([192, 0, 2, 203].into(), 22)?.is_none());
    // A static address moves, and is announced where it goes.
    net.lab.must(&["static-ip", "allocate", "site"])?;
    net.lab.must(&["static-ip", "attach", "site", "one"])?;
    let site = net.public("one")?;
    ensure!(world(site, 22)?.as_deref() == Some("one"));
    let before = Counter::in_family(
        "arp",
        net.world.netns(),
        "moved",
        "input priority 0",
        &[&format!("arp operation request arp saddr ip {site}")],
    )?;
    net.lab.must(&["static-ip", "attach", "site", "two"])?;
    ensure!(world(site, 22)?.as_deref() == Some("two") && before.packets()? > 0);
    Ok(())
}

#[test]
fn an_instance_is_known_by_its_own_address_there() -> Result<()> {
    let mut net = stage()?;
    create(&mut net, "one")?;
    let listener = net.world.inside(|| Ok(TcpListener::bind(("0.0.0.0", 80))?))?;
    let to = SocketAddr::new("192.0.2.2".parse()?, 80);
    let stream = net.guests[0].inside(move || Ok(TcpStream::connect(to)?))?;
    let (_accepted, from) = listener.accept()?;
    ensure!(from.ip() == IpAddr::V4(net.public("one")?), "{from}");
    drop(stream);
    let told = net.lab.sloop(&["doctor"])?.stdout;
    ensure!(told.contains("192.0.2.200-192.0.2.202 on up0"), "{told}");
    Ok(())
}

#[test]
fn an_interface_that_comes_back_is_answered_on_again() -> Result<()> {
    let mut net = stage()?;
    create(&mut net, "one")?;
    probe::serve(&net.guests[0], "one", &[22])?;
    let one = net.public("one")?;
    let world = || probe::tcp_from(&net.world, one, 22, PATIENCE);
    ensure!(world()?.as_deref() == Some("one"));
    net.lab.shell("ip link set up0 down; ip link set up0 up")?;
    net.lab.until("it is reached again", || Ok(world()?.as_deref() == Some("one")))
}

#[test]
fn a_range_with_the_hosts_own_address_is_refused() -> Result<()> {
    let mut net = stage()?;
    let configuration = std::fs::read_to_string(net.lab.configuration_path())?;
    net.lab.stop_daemon()?;
    net.lab.shell("ip route add 203.0.113.0/24 via 192.0.2.9")?;
    for (range, whose) in [
        ("192.0.2.1-192.0.2.6", "this host's own"),
        ("192.0.2.8-192.0.2.10", "a router's"),
        ("192.0.2.250-192.0.2.255", "broadcast"),
    ] {
        let other = configuration.replace("192.0.2.200-192.0.2.202", range);
        std::fs::write(net.lab.configuration_path(), other)?;
        let error = net.lab.start_daemon().err().map(|error| format!("{error:#}")).unwrap_or_default();
        let log = net.lab.log();
        ensure!(error.contains(whose) || log.contains(whose), "{range}: {error}\n{log}");
    }
    std::fs::write(net.lab.configuration_path(), configuration)?;
    net.lab.start_daemon()
}

/// What the host was prepared for by another configuration goes with that.
#[test]
fn another_range_leaves_nothing_of_the_first() -> Result<()> {
    let mut net = stage()?;
    let prepared = |net: &Net| net.lab.shell("ip -4 addr show lo; ip -4 route; ip neigh show proxy");
    ensure!(prepared(&net)?.contains("172.26.0.1"));
    net.lab.must(&["static-ip", "allocate", "site"])?;
    net.lab.stop_daemon()?;
    net.lab.start_daemon()?;
    let proxies = prepared(&net)?;
    ensure!(proxies.contains("192.0.2.200 dev up0 proxy"), "{proxies}");
    net.lab.stop_daemon()?;
    let configuration = std::fs::read_to_string(net.lab.configuration_path())?;
    let other = configuration.replace("192.0.2.200-192.0.2.202", "172.29.0.0/22");
    let other = other.replacen("network.public", "network.private = \"172.28.0.0/16\"\nnetwork.public", 1);
    std::fs::write(net.lab.configuration_path(), other)?;
    net.lab.start_daemon()?;
    let now = prepared(&net)?;
    ensure!(now.contains("172.28.0.1") && !now.contains("172.26.") && !now.contains("proxy"), "{now}");
    // Where there are instances, their range stays.
    create(&mut net, "one").ok();
    net.lab.stop_daemon()?;
    std::fs::write(net.lab.configuration_path(), configuration)?;
    let refused = net.lab.start_daemon().err().map(|error| format!("{error:#}")).unwrap_or_default();
    let log = net.lab.log();
    ensure!(refused.contains("put the range back") || log.contains("put the range back"), "{refused}\n{log}");
    Ok(())
}
