//! Ports of the host's own addresses that lead to instances.

use std::net::{IpAddr, Ipv4Addr, TcpListener};

use anyhow::{Result, ensure};
use sloop_lab::Lab;

use super::{Net, PATIENCE, attacker::Counter, probe};

/// The host's address in its network.
const HOST: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);

fn refused(lab: &Lab, arguments: &[&str], code: i32, why: &str) -> Result<()> {
    let output = lab.sloop(arguments)?;
    ensure!(output.code == code && output.stderr.contains(why), "{arguments:?}: {output}");
    Ok(())
}

#[test]
fn a_published_port_leads_to_the_instance_from_everywhere() -> Result<()> {
    let net = Net::of(&["web", "db"])?;
    for (guest, name) in net.guests.iter().zip(["web", "db"]) {
        probe::serve(guest, name, &[80, 5432])?;
    }
    let world = |port| probe::tcp_from(&net.world, HOST, port, PATIENCE);
    ensure!(world(8080)?.is_none());
    net.lab.must(&["publish", "web", "8080:80"])?;
    ensure!(world(8080)?.as_deref() == Some("web"));
    for at in [HOST, Ipv4Addr::LOCALHOST] {
        ensure!(probe::tcp_from_host(&net.lab, at, 8080, PATIENCE)?.as_deref() == Some("web"), "{at}");
    }
    // The firewall decides, with the caller's own address.
    net.lab.must(&["publish", "db", "5432:5432"])?;
    ensure!(world(5432)?.is_none());
    net.lab.must(&["firewall", "open", "db", "5432/tcp", "--from", net.world.address()])?;
    ensure!(world(5432)?.as_deref() == Some("db"));
    ensure!(probe::tcp_from_host(&net.lab, Ipv4Addr::LOCALHOST, 5432, PATIENCE)?.is_none());
    net.lab.must(&["firewall", "open", "db", "5432/tcp", "--from", "host"])?;
    ensure!(probe::tcp_from_host(&net.lab, Ipv4Addr::LOCALHOST, 5432, PATIENCE)?.as_deref() == Some("db"));
    ensure!(probe::tcp_from_host(&net.lab, HOST, 5432, PATIENCE)?.as_deref() == Some("db"));
    // A conversation ends when its port is taken away, and those of others do not.
    let mut by_port = probe::Conversation::from(&net.world, HOST, 8080)?;
    let mut by_address = probe::Conversation::from(&net.world, net.public("web")?, 80)?;
    ensure!(by_port.says("web", PATIENCE)? && by_address.says("web", PATIENCE)?);
    net.lab.must(&["unpublish", "8080"])?;
    ensure!(!by_port.says("web", PATIENCE)? && by_address.says("web", PATIENCE)?);
    ensure!(world(8080)?.is_none());
    // It comes back with the rules, and with the instance.
    net.lab.must(&["publish", "web", "8080:80"])?;
    net.lab.shell("nft delete table inet sloop")?;
    net.lab.until("the port is back", || Ok(world(8080)?.as_deref() == Some("web")))?;
    ensure!(net.lab.must(&["publish"])?.lines().count() == 3);
    net.lab.must(&["instance", "delete", "web", "--yes"])?;
    ensure!(world(8080)?.is_none() && net.lab.must(&["publish"])?.lines().count() == 2);
    Ok(())
}

#[test]
fn ports_that_are_taken_are_refused() -> Result<()> {
    let net = Net::of(&["web", "db"])?;
    let listening = net.lab.inside(|| Ok(TcpListener::bind((HOST_ANY, 8022))?))?;
    refused(&net.lab, &["publish", "web", "8022:22"], 4, "in use")?;
    net.lab.must(&["publish", "web", "8022:22/udp"])?;
    drop(listening);
    net.lab.must(&["publish", "web", "8022:22"])?;
    // Who comes later and listens is told of.
    let late = net.lab.inside(|| Ok(TcpListener::bind((HOST_ANY, 8022))?))?;
    let told = net.lab.sloop(&["doctor"])?.stdout;
    ensure!(told.contains("listens at 8022/tcp, which leads to web"), "{told}");
    drop(late);
    // The same again is no fault, and neither is another port of the same instance.
    net.lab.must(&["publish", "web", "8022:22"])?;
    net.lab.must(&["publish", "web", "8022:23"])?;
    ensure!(net.lab.must(&["publish", "web"])?.contains("23"));
    let output = net.lab.sloop(&["publish", "db", "8022:22"])?;
    ensure!(output.code != 0 && output.stderr.contains("leads to web already"), "{output}");
    refused(&net.lab, &["publish", "nobody", "8023:22"], 3, "does not exist")?;
    refused(&net.lab, &["unpublish", "8024"], 3, "not published")?;
    refused(&net.lab, &["publish", "web", "8024:80/icmp"], 2, "icmp cannot be published")?;
    Ok(())
}

const HOST_ANY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// A tap of an instance with a published port takes packets to 127.0.0.0/8, which the guest must not make use of.
#[test]
fn a_guest_does_not_reach_what_listens_for_the_host_alone() -> Result<()> {
    let net = Net::of(&["web"])?;
    net.lab.must(&["publish", "web", "8080:80"])?;
    let _listener = net.lab.inside(|| Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 9999))?))?;
    let attacker = super::attacker::Attacker::at(&net.lab, &net.guests[0])?;
    let seen = Counter::at(
        &net.lab.netns()?,
        "seen",
        "input priority 300",
        &["iifname \"slp-*\" ip daddr 127.0.0.0/8"],
    )?;
    let honest = Counter::at(&net.lab.netns()?, "honest", "prerouting priority -400", &["udp dport 4242"])?;
    for port in [9999, 80, 8080] {
        attacker.syn(attacker.address, Ipv4Addr::LOCALHOST, port)?;
        attacker.udp(attacker.mac, attacker.address, Ipv4Addr::LOCALHOST, port)?;
    }
    attacker.udp(attacker.mac, attacker.address, HOST, 4242)?;
    net.lab.until("all of it was looked at", || Ok(honest.packets()? == 1))?;
    ensure!(seen.packets()? == 0);
    Ok(())
}
