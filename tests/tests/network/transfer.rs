//! What instances move is counted, and held to what their plans let through.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    path::Path,
    time::Instant,
};

use anyhow::{Context as _, Result, ensure};
use sloop_lab::{Guest, Lab, Setup};

use super::{Net, attacker::Counter};

const MEGABYTE: u64 = 1_000_000;

/// Bytes in and out, as shown.
fn moved(lab: &Lab, name: &str) -> Result<(u64, u64)> {
    let told = lab.json(&["instance", "transfer", name])?;
    let bytes = |member: &str| told[member].as_u64().with_context(|| format!("{member} in {told}"));
    Ok((bytes("bytesIn")?, bytes("bytesOut")?))
}

/// Sends so many megabytes to a guest's port and reads all of it back.
fn echo(
    guest: &Guest,
    to: IpAddr,
    megabytes: u64,
    asked: impl FnOnce(SocketAddr) -> Result<u64>,
) -> Result<()> {
    let listener = guest.inside(|| Ok(TcpListener::bind((Ipv6Addr::UNSPECIFIED, 22))?))?;
    std::thread::spawn(move || -> Result<()> {
        let (mut stream, _) = listener.accept()?;
        let mut reader = stream.try_clone()?.take(megabytes * MEGABYTE);
        std::io::copy(&mut reader, &mut stream)?;
        Ok(())
    });
    ensure!(asked(SocketAddr::new(to, 22))? == megabytes * MEGABYTE);
    Ok(())
}

fn exchange(to: SocketAddr, megabytes: u64) -> Result<u64> {
    let mut stream = TcpStream::connect(to)?;
    let mut reader = stream.try_clone()?;
    let reading = std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
    for _ in 0..megabytes {
        stream.write_all(&vec![7; 1_000_000])?;
    }
    stream.shutdown(std::net::Shutdown::Write)?;
    Ok(reading.join().map_err(|_| anyhow::anyhow!("the reader panicked"))??)
}

#[test]
fn what_goes_outside_is_counted_and_nothing_else() -> Result<()> {
    let mut net = Net::of(&["web", "peer"])?;
    let public = net.public("web")?.into();
    // Headers, acknowledgements and what guests say by themselves come to less than one more.
    let counted = |net: &Net, megabytes: u64| -> Result<()> {
        let (inward, outward) = moved(&net.lab, "web")?;
        let range = megabytes * MEGABYTE..(megabytes + 1) * MEGABYTE;
        ensure!(range.contains(&inward) && range.contains(&outward), "{inward} in, {outward} out");
        Ok(())
    };
    counted(&net, 0)?;
    echo(&net.guests[0], public, 5, |to| net.world.inside(move || exchange(to, 5)))?;
    counted(&net, 5)?;
    // Neither the host nor another instance is outside.
    let private: Ipv4Addr = net.guests[0].address().parse()?;
    echo(&net.guests[0], private.into(), 3, |to| net.lab.inside(move || exchange(to, 3)))?;
    echo(&net.guests[0], private.into(), 3, |to| net.guests[1].inside(move || exchange(to, 3)))?;
    counted(&net, 5)?;
    ensure!(moved(&net.lab, "peer")?.1 < MEGABYTE);
    // The counters go on where they were when somebody takes them away.
    net.lab.shell("nft delete table inet sloop")?;
    net.lab.until("the rules are back", || Ok(net.lab.shell("nft list counters")?.contains("in_")))?;
    echo(&net.guests[0], public, 2, |to| net.world.inside(move || exchange(to, 2)))?;
    counted(&net, 7)?;
    net.lab.kill_daemon()?;
    net.lab.start_daemon()?;
    counted(&net, 7)
}

/// The project's catalogue, but every plan lets 800 kilobits through in a second: 100 kB.
fn narrow(dir: &Path) -> Result<()> {
    let usual = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../images"));
    for entry in std::fs::read_dir(usual)?.flatten().filter(|entry| entry.file_name() != "bundles.toml") {
        std::os::unix::fs::symlink(entry.path(), dir.join(entry.file_name()))?;
    }
    let bundles = std::fs::read_to_string(usual.join("bundles.toml"))?;
    let lines = bundles
        .lines()
        .map(|line| if line.starts_with("bandwidth_kbps") { "bandwidth_kbps = 800" } else { line });
    Ok(std::fs::write(dir.join("bundles.toml"), lines.collect::<Vec<_>>().join("\n"))?)
}

/// Bytes that come through a cap of 100 kB a second at most, from an empty bucket of a second and a burst on.
fn at_most(began: Instant) -> u64 {
    100_000 * (began.elapsed().as_secs() + 2) + (64 << 10)
}

#[test]
fn a_plan_lets_no_more_through_than_it_says() -> Result<()> {
    let catalogue = tempfile::tempdir()?;
    narrow(catalogue.path())?;
    let setup = Setup { catalogue: Some(catalogue.path().to_owned()), ..Setup::default() };
    let net = Net::on(&["web", "peer"], setup)?;
    net.lab.must(&["firewall", "open", "web", "9/udp"])?;
    let (at_world, at_guest) = (
        Counter::at(net.world.netns(), "seen", "prerouting priority -400", &["udp dport 9"])?,
        Counter::at(net.guests[0].netns(), "seen", "prerouting priority -400", &["udp dport 9"])?,
    );
    let flood = |to: Ipv4Addr, count: u32| {
        move || {
            let socket = UdpSocket::bind(("0.0.0.0", 0))?;
            // What a full queue refuses is lost on its way like the rest.
            (0..count).for_each(|_| drop(socket.send_to(&[0; 972], (to, 9))));
            Ok(())
        }
    };
    // With headers 1,000 bytes each: three megabytes.
    let began = Instant::now();
    net.guests[0].inside(flood(net.world.address().parse()?, 3000))?;
    let through = at_world.packets()? * 1000;
    ensure!(through >= 64_000 && through <= at_most(began), "{through} bytes came out");
    let began = Instant::now();
    net.world.inside(flood(net.public("web")?, 3000))?;
    let through = at_guest.packets()? * 1000;
    ensure!(through >= 64_000 && through <= at_most(began), "{through} bytes came in");
    // Those of one owner are not held back among themselves: all arrives, a handful at a time, of far more than a burst.
    let before = at_guest.packets()?;
    for sent in (20..=500).step_by(20) {
        net.guests[1].inside(flood(net.guests[0].address().parse()?, 20))?;
        net.lab.until("all of it is there", || Ok(at_guest.packets()? - before == sent))?;
    }
    Ok(())
}
