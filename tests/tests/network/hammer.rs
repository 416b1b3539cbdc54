//! Addresses that move and rules that are replaced, under a hail of new connections: none goes to a wrong instance, and none
//! is lost that both the old and the new state allow.

use std::{
    net::{Ipv4Addr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use sloop_lab::Guest;

use super::Net;

const PORT: u16 = 9000;
const MOVES: u32 = 100;
const REPLACEMENTS: u32 = 100;
const PROBES: u64 = 100_000;
/// Far more than a packet takes here, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(2);
/// A test that takes longer is broken.
const LIMIT: Duration = Duration::from_mins(3);

/// What all the threads know.
#[derive(Default)]
struct Scene {
    /// Even while the address rests with one holder, odd while it moves to the next.
    epoch: AtomicU32,
    ended: AtomicBool,
    probes: AtomicU64,
    delivered: AtomicU64,
    /// Arrived where the address did not lead, at any time from the sending to the arrival.
    wrong: AtomicU64,
    /// Asked and not answered while nothing moved.
    lost: AtomicU64,
    /// Not answered because the address moved meanwhile: an old connection's end.
    cut: AtomicU64,
}

/// Whether the moving address may lead to guest 0 or 1 at any time between two epochs. It never leads to guest 2.
fn may_hold(guest: u32, from: u32, to: u32) -> bool {
    guest < 2 && (from..=to).any(|epoch| epoch % 2 == 1 || (epoch / 2) % 2 == guest)
}

/// Answers whoever asks a guest, and watches that it may be asked.
fn respond(scene: &Arc<Scene>, guest: &Guest, number: u32) -> Result<()> {
    let socket = guest.inside(|| Ok(UdpSocket::bind(("0.0.0.0", PORT))?))?;
    let scene = scene.clone();
    std::thread::spawn(move || {
        let mut packet = [0; 64];
        while let Ok((length, from)) = socket.recv_from(&mut packet) {
            let now = scene.epoch.load(SeqCst);
            // The epoch at which it was sent, or none for an address that stays.
            let sent = u32::from_be_bytes([packet[0], packet[1], packet[2], packet[3]]);
            let is_right = if sent == u32::MAX { number == 2 } else { may_hold(number, sent, now) };
            scene.delivered.fetch_add(1, SeqCst);
            scene.wrong.fetch_add(u64::from(!is_right), SeqCst);
            let _ = socket.send_to(&packet[..length], from);
        }
    });
    Ok(())
}

/// Asks, each time as somebody new, until the end.
fn ask(scene: &Scene, to: Ipv4Addr, moves: bool) -> Result<()> {
    while !scene.ended.load(SeqCst) {
        let socket = UdpSocket::bind(("0.0.0.0", 0))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let sent = scene.epoch.load(SeqCst);
        let mark = if moves { sent } else { u32::MAX };
        socket.send_to(&mark.to_be_bytes(), (to, PORT))?;
        scene.probes.fetch_add(1, SeqCst);
        if socket.recv_from(&mut [0; 64]).is_err() {
            let is_cut = moves && (sent % 2 == 1 || scene.epoch.load(SeqCst) != sent);
            if is_cut { &scene.cut } else { &scene.lost }.fetch_add(1, SeqCst);
        }
    }
    Ok(())
}

#[test]
fn no_connection_goes_astray_while_addresses_move_and_rules_change() -> Result<()> {
    let net = Net::of(&["one", "two", "rest"])?;
    net.lab.must(&["static-ip", "allocate", "site"])?;
    net.lab.must(&["static-ip", "attach", "site", "one"])?;
    for name in ["one", "two", "rest"] {
        net.lab.must(&["firewall", "put", name, "9000/udp", "22/tcp"])?;
    }
    let (site, rest) = (net.public("one")?, net.public("rest")?);
    let scene = Arc::new(Scene::default());
    for (number, guest) in (0..).zip(&net.guests) {
        respond(&scene, guest, number)?;
    }
    std::thread::scope(|threads| -> Result<()> {
        let mut askers = Vec::new();
        for (to, moves) in [(site, true), (rest, false), (site, true)] {
            let scene = scene.clone();
            let world = &net.world;
            askers.push(threads.spawn(move || world.inside(move || ask(&scene, to, moves))));
        }
        let replaced = threads.spawn(|| replace(&net));
        let moved = moved(&net, &scene);
        let replaced = replaced.join().map_err(|_| anyhow::anyhow!("the replacing panicked"))?;
        let began = Instant::now();
        while scene.probes.load(SeqCst) < PROBES && began.elapsed() < LIMIT && moved.is_ok() {
            std::thread::park_timeout(Duration::from_millis(20));
        }
        scene.ended.store(true, SeqCst);
        for asker in askers {
            asker.join().map_err(|_| anyhow::anyhow!("an asker panicked"))??;
        }
        replaced.and(moved)
    })?;
    let count = |counter: &AtomicU64| counter.load(SeqCst);
    let (probes, wrong, lost) = (count(&scene.probes), count(&scene.wrong), count(&scene.lost));
    println!(
        "{probes} probes during {MOVES} moves and {REPLACEMENTS} replacements: {} delivered, {wrong} wrong, {lost} lost, {} cut by a move",
        count(&scene.delivered),
        count(&scene.cut)
    );
    ensure!(probes >= PROBES && wrong == 0 && lost == 0);
    // Every question arrived, but for those that the address left while they were between two hooks: the old holder must not
    // have them any more, and the way to the new one is chosen behind them.
    let arrived = count(&scene.delivered);
    ensure!(arrived + count(&scene.cut) >= probes, "{arrived} of {probes} were delivered");
    Ok(())
}

fn moved(net: &Net, scene: &Scene) -> Result<()> {
    for turn in 0..MOVES {
        let next = if turn % 2 == 0 { "two" } else { "one" };
        scene.epoch.fetch_add(1, SeqCst);
        net.lab.must(&["static-ip", "attach", "site", next])?;
        scene.epoch.fetch_add(1, SeqCst);
    }
    Ok(())
}

/// Replaces the rules of all, each time by others that let the probes in as well.
fn replace(net: &Net) -> Result<()> {
    for turn in 0..REPLACEMENTS {
        let rules: &[&str] =
            if turn % 2 == 0 { &["8000-9100/udp", "80/tcp"] } else { &["9000/udp", "22/tcp", "443/tcp"] };
        for name in ["one", "two", "rest"] {
            net.lab.must(&[["firewall", "put", name].as_slice(), rules].concat())?;
        }
    }
    Ok(())
}
