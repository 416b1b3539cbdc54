//! Beside other programs' rules: as they put them up themselves, or as their documentation says. The doctor names the chain that
//! stops instances, and with `network.repair` there is an exception for them, which goes again.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    process::Stdio,
};

use anyhow::{Context as _, Result, ensure};
use sloop_lab::Lab;

use super::{Net, PATIENCE, probe};

const DIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/network/beside");

/// Another program.
#[derive(Clone, Copy)]
struct Other {
    /// How its rules are put up, in `DIR`.
    up: &'static str,
    /// Who the doctor says it is, and which chain; none where it stops nothing.
    stops: Option<(&'static str, &'static str)>,
    /// Whether the daemon can mend it.
    is_mended: bool,
}

const DOCKER: Other = Other {
    up: "iptables-restore docker.rules",
    stops: Some(("beside Docker", "chain FORWARD of table ip filter")),
    is_mended: true,
};
const UFW: Other = Other {
    up: "iptables-restore ufw.rules",
    stops: Some(("beside ufw", "chain FORWARD of table ip filter")),
    is_mended: true,
};
const FIREWALLD: Other = Other {
    up: "nft -f firewalld.nft",
    stops: Some(("beside firewalld", "chain filter_FORWARD of table inet firewalld")),
    is_mended: false,
};
const DOCKER_BY_NFTABLES: Other = Other { up: "nft -f docker.nft", stops: None, is_mended: false };
const LIBVIRT: Other =
    Other { up: "ip link add virbr0 type bridge; nft -f libvirt.nft", stops: None, is_mended: false };

/// A running instance whose world has a web server.
fn stage(configuration: &str) -> Result<Net> {
    let net = Net::with(&["web"], configuration)?;
    probe::serve(&net.guests[0], "web", &[22, 23])?;
    let web = net.world.inside(|| Ok(TcpListener::bind(("0.0.0.0", 443))?))?;
    std::thread::spawn(move || web.incoming().flatten().for_each(drop));
    Ok(net)
}

fn up(lab: &Lab, other: Other) -> Result<()> {
    lab.shell(&format!("cd {DIR} && {}", other.up)).map(drop)
}

/// What instances need and do not get, tried with packets.
fn lost(net: &Net) -> Result<Vec<&'static str>> {
    let connects =
        |to: SocketAddr| net.guests[0].inside(move || Ok(TcpStream::connect_timeout(&to, PATIENCE).is_ok()));
    let asked =
        net.guests[0].run(&["timeout", "1", "busybox", "nslookup", "web.sloop.internal", "172.26.0.1"])?;
    let had = [
        ("the world", connects(SocketAddr::new(net.world.address().parse()?, 443))?),
        ("names", asked.code == 0),
        ("metadata", connects("169.254.169.254:80".parse()?)?),
        ("callers", probe::tcp_from(&net.world, net.public("web")?, 22, PATIENCE)?.is_some()),
    ];
    Ok(had.into_iter().filter(|(_, is_had)| !is_had).map(|(what, _)| what).collect())
}

/// What the doctor says of others that is not in order.
fn complaints(lab: &Lab) -> Result<Vec<(String, String, String)>> {
    let told = lab.sloop(&["doctor", "--output", "json"])?;
    let told: serde_json::Value = serde_json::from_str(&told.stdout)?;
    let findings = told["findings"].as_array().context("findings")?;
    let text =
        |finding: &serde_json::Value, member: &str| finding[member].as_str().unwrap_or_default().to_owned();
    let beside = findings.iter().filter(|finding| text(finding, "subject").starts_with("beside"));
    Ok(beside
        .filter(|finding| !text(finding, "verdict").to_lowercase().contains("ok"))
        .map(|finding| (text(finding, "subject"), text(finding, "detail"), text(finding, "remedy")))
        .collect())
}

fn ruleset(lab: &Lab) -> Result<String> {
    lab.shell("nft -s list ruleset | grep -v 'counter packets' ")
}

#[rstest::rstest]
#[case::docker(DOCKER)]
#[case::ufw(UFW)]
#[case::firewalld(FIREWALLD)]
#[case::docker_by_nftables(DOCKER_BY_NFTABLES)]
#[case::libvirt(LIBVIRT)]
fn the_doctor_names_who_stops_instances(#[case] other: Other) -> Result<()> {
    let net = stage("")?;
    ensure!(lost(&net)?.is_empty() && complaints(&net.lab)?.is_empty());
    up(&net.lab, other)?;
    let (lost, complaints) = (lost(&net)?, complaints(&net.lab)?);
    println!("{}: {lost:?}\n{complaints:#?}", other.up);
    let Some((subject, chain)) = other.stops else {
        ensure!(lost.is_empty() && complaints.is_empty(), "{lost:?} {complaints:?}");
        return Ok(());
    };
    ensure!(lost.contains(&"the world"), "{lost:?}");
    let named = complaints
        .iter()
        .any(|(who, why, remedy)| who == subject && why.contains(chain) && !remedy.is_empty());
    ensure!(named, "{complaints:#?}");
    Ok(())
}

/// What the doctor says to do by hand does it, where the other program's own command is not needed for it.
#[test]
fn what_the_doctor_says_helps() -> Result<()> {
    let net = stage("")?;
    up(&net.lab, DOCKER)?;
    ensure!(lost(&net)?.contains(&"the world"));
    for (_, _, remedy) in complaints(&net.lab)? {
        let by_hand = remedy.split("; or let the daemon").next().unwrap_or_default().to_owned();
        net.lab.shell(&by_hand)?;
    }
    ensure!(lost(&net)?.is_empty() && complaints(&net.lab)?.is_empty());
    Ok(())
}

#[rstest::rstest]
#[case::docker(DOCKER)]
#[case::ufw(UFW)]
fn the_daemon_keeps_an_exception_and_takes_it_out_again(#[case] other: Other) -> Result<()> {
    let mut net = stage("network.repair = true")?;
    let before = ruleset(&net.lab)?;
    ensure!(!before.contains("let instances through"));
    up(&net.lab, other)?;
    net.lab.until("instances are let through", || Ok(lost(&net)?.is_empty()))?;
    ensure!(complaints(&net.lab)?.is_empty(), "{:?}", complaints(&net.lab)?);
    // Only our own rules judge them: what is closed stays so.
    ensure!(probe::tcp_from(&net.world, net.public("web")?, 23, PATIENCE)?.is_none());
    // The other program reloads its rules.
    up(&net.lab, other)?;
    net.lab.until("instances are let through again", || Ok(lost(&net)?.is_empty()))?;
    let exceptions = |lab: &Lab| -> Result<usize> {
        Ok(lab.shell("nft list ruleset")?.matches("let instances through").count())
    };
    let count = exceptions(&net.lab)?;
    ensure!((2..=5).contains(&count), "{count} exceptions");
    // Turned off, it takes them out again.
    let configuration = std::fs::read_to_string(net.lab.configuration_path())?;
    net.lab.stop_daemon()?;
    std::fs::write(net.lab.configuration_path(), configuration.replace("repair = true", "repair = false"))?;
    net.lab.start_daemon()?;
    net.lab.until("the exceptions are gone", || Ok(exceptions(&net.lab)? == 0))?;
    ensure!(other.is_mended && !complaints(&net.lab)?.is_empty());
    Ok(())
}

#[test]
fn nothing_is_left_when_it_is_uninstalled() -> Result<()> {
    let seen = |lab: &Lab| {
        lab.shell("nft -s list ruleset; ip -br addr; ip rule; ip -4 route show table all | grep -v ' up0 '; ip -6 route show table all | grep -v ' up0 '")
    };
    let mut net = Net::with(&["web"], "network.repair = true")?;
    net.lab.must(&["instance", "delete", "web", "--yes"])?;
    net.guests.clear();
    up(&net.lab, DOCKER)?;
    net.lab.until("there is an exception", || {
        Ok(net.lab.shell("nft list ruleset")?.contains("let instances through"))
    })?;
    let leave = |lab: &Lab| -> Result<(bool, String)> {
        let mut command = lab.command(&sloop_lab::binary("sloopd"));
        let output = command
            .arg("--config")
            .arg(lab.configuration_path())
            .arg("--remove-network")
            .stdin(Stdio::null())
            .output()?;
        Ok((output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned()))
    };
    let (left, why) = leave(&net.lab)?;
    ensure!(!left && why.contains("another sloopd runs"), "{why}");
    net.lab.stop_daemon()?;
    let (left, why) = leave(&net.lab)?;
    ensure!(left, "{why}");
    let after = seen(&net.lab)?;
    // Twice is once.
    let (left, why) = leave(&net.lab)?;
    ensure!(left, "{why}");
    for trace in ["sloop", "slp-", "172.26.", "172.27.", "fd", "let instances through"] {
        ensure!(!after.contains(trace), "{trace} is left:\n{after}");
    }
    // The other program's rules are as they were.
    ensure!(after.contains("DOCKER-USER") && after.contains("DOCKER-FORWARD"));
    Ok(())
}

/// As Tailscale does with an exit node: a rule before the main table, to a table whose default leads into a tunnel, but for the
/// network that the host is in.
#[test]
fn a_policy_route_that_captures_instances_is_named_and_mended() -> Result<()> {
    let capture = "ip link add tailscale0 type veth peer name ts1 && ip link set ts1 up && ip link set tailscale0 up && ip route add default dev tailscale0 table 52 && \
                   ip route add throw 10.99.0.0/30 table 52 && ip rule add pref 5270 lookup 52";
    let net = stage("")?;
    net.lab.shell(capture)?;
    ensure!(lost(&net)?.contains(&"callers"));
    let told = net.lab.sloop(&["doctor"])?.stdout;
    ensure!(
        told.contains("tailscale0") && told.contains("ip rule add to 172.26.0.0/16 lookup main"),
        "{told}"
    );
    drop(net);
    let net = stage("network.repair = true")?;
    net.lab.shell(capture)?;
    net.lab.until("instances are let through", || Ok(lost(&net)?.is_empty()))?;
    let told = net.lab.sloop(&["doctor"])?.stdout;
    ensure!(!told.contains("tailscale0"), "{told}");
    Ok(())
}
