//! Guests that are namespaces: a whole network stack at the end of an instance's tap, with nothing to boot. What it sends
//! goes through the tap as a virtual machine's frames do.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    os::fd::AsFd as _,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::{Context as _, Result, ensure};
use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sched::{CloneFlags, setns},
};
use sloopd::adapters::ffi::tun;

use crate::{Lab, Output, sweep};

/// The header before each frame, and room for the largest frame that a tap without offloads carries.
const FRAME_MAX: usize = 10 + 65_536;
/// How often a relay looks whether it should end.
const BEAT: u16 = 200;

/// A guest. It is gone with the value.
pub struct Guest {
    name: String,
    mac: String,
    address: String,
    tap: String,
    wire: File,
    ended: Arc<AtomicBool>,
}

impl Guest {
    /// Plugs a guest into the tap of the instance `name`. It has its MAC address and knows nothing else.
    pub fn plug(lab: &Lab, name: &str) -> Result<Self> {
        let host = lab.netns()?;
        let instance = lab.json(&["instance", "show", name])?;
        let text =
            |pointer: &str| instance.pointer(pointer).and_then(|value| value.as_str()).map(str::to_owned);
        let address = text("/instance/privateIpAddress").context("an address")?;
        let id = text("/instance/arn")
            .and_then(|arn| Some(arn.rsplit('/').next()?.to_owned()))
            .context("an id")?;
        let mac = format!("52:54:00:{}:{}:{}", &id[..2], &id[2..4], &id[4..6]);
        let (tap, namespace) = (format!("slp-{}", &id[..8]), format!("{host}-{name}"));
        let wire = inside(&host, {
            let tap = tap.clone();
            move || Ok(tun::attach_tap(&tap)?)
        })?;
        let ended = Arc::new(AtomicBool::new(false));
        let guest = Self { name: namespace.clone(), mac, address, tap, wire, ended };
        ip(&format!("netns add {namespace}"))?;
        ip(&format!("-n {namespace} link set lo up"))?;
        let end = inside(&namespace, || Ok(tun::attach_tap("eth0")?))?;
        ip(&format!("-n {namespace} link set eth0 address {}", guest.mac))?;
        ip(&format!("-n {namespace} link set eth0 up"))?;
        for (from, to) in [(&guest.wire, &end), (&end, &guest.wire)] {
            let (from, to, ended) = (from.try_clone()?, to.try_clone()?, guest.ended.clone());
            std::thread::spawn(move || relay(from, to, &ended));
        }
        Ok(guest)
    }

    /// The same, with the address and the route that DHCP would have given it.
    pub fn up(lab: &Lab, name: &str) -> Result<Self> {
        let guest = Self::plug(lab, name)?;
        ip(&format!("-n {} addr add {}/16 dev eth0", guest.name, guest.address))?;
        ip(&format!("-n {} route add default via 172.26.0.1", guest.name))?;
        Ok(guest)
    }

    /// Its own address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The name of its tap on the host.
    pub fn tap(&self) -> &str {
        &self.tap
    }

    /// Its MAC address.
    pub fn mac(&self) -> &str {
        &self.mac
    }

    /// The name of its network namespace.
    pub fn netns(&self) -> &str {
        &self.name
    }

    /// Changes something about its network, in the words of `ip`.
    pub fn ip(&self, line: &str) -> Result<()> {
        ip(&format!("-n {} {line}", self.name))
    }

    /// Runs `work` in it.
    pub fn inside<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        inside(&self.name, work)
    }

    /// Runs a command in it.
    pub fn run(&self, words: &[&str]) -> Result<Output> {
        Output::of(Command::new("ip").args(["netns", "exec", &self.name]).args(words))
    }

    /// Puts a frame on its wire, as no honest network stack would.
    pub fn send_frame(&self, frame: &[u8]) -> Result<()> {
        let mut bytes = vec![0; 10];
        bytes.extend(frame);
        ensure!((&self.wire).write(&bytes)? == bytes.len(), "a frame was cut");
        Ok(())
    }
}

/// A container in a guest: a namespace behind the guest's own address translation, one router more on the way to anywhere. It
/// is gone with the value.
pub struct Container {
    name: String,
}

impl Container {
    /// A container in that guest, which begins to forward and to translate.
    pub fn of(guest: &Guest) -> Result<Self> {
        let container = Self { name: format!("{}-in", guest.name) };
        let (name, outer) = (&container.name, &guest.name);
        for line in [
            format!("netns add {name}"),
            format!("-n {outer} link add box type veth peer name eth0 netns {name}"),
            format!("-n {outer} addr add 10.9.9.1/24 dev box"),
            format!("-n {outer} link set box up"),
            format!("-n {name} addr add 10.9.9.2/24 dev eth0"),
            format!("-n {name} link set eth0 up"),
            format!("-n {name} route add default via 10.9.9.1"),
        ] {
            ip(&line)?;
        }
        let translate = "echo 1 >/proc/sys/net/ipv4/ip_forward && nft add table ip n && \
                         nft 'add chain ip n c { type nat hook postrouting priority 100; }' && \
                         nft add rule ip n c masquerade";
        let output = guest.run(&["sh", "-c", translate])?;
        ensure!(output.code == 0, "{output}");
        Ok(container)
    }

    /// The name of its network namespace.
    pub fn netns(&self) -> &str {
        &self.name
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = sweep::namespace(&self.name);
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = sweep::namespace(&self.name);
    }
}

/// Carries frames from one tap to the other until it is told to end, or one of them is gone.
fn relay(mut from: File, mut to: File, ended: &AtomicBool) {
    let mut frame = vec![0; FRAME_MAX];
    while !ended.load(Ordering::Relaxed) {
        let mut ready = [PollFd::new(from.as_fd(), PollFlags::POLLIN)];
        match poll(&mut ready, PollTimeout::from(BEAT)) {
            Ok(0) => continue,
            Ok(_) => {}
            Err(_) => return,
        }
        let Ok(length) = from.read(&mut frame) else { return };
        // A tap that is down loses the frame, as a pulled cable does.
        let _ = to.write(&frame[..length]);
    }
}

/// Runs `work` on a thread of its own in a network namespace.
pub fn inside<T: Send + 'static>(
    namespace: &str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let there = File::open(Path::new("/run/netns").join(namespace))?;
    let worker = std::thread::spawn(move || {
        // This thread's alone, and it ends.
        setns(there, CloneFlags::CLONE_NEWNET)?;
        work()
    });
    worker.join().map_err(|_| anyhow::anyhow!("what ran in {namespace} panicked"))?
}

/// Runs `ip`, which must succeed.
pub(crate) fn ip(line: &str) -> Result<()> {
    let output = Output::of(Command::new("ip").args(line.split(' ')))?;
    ensure!(output.code == 0, "ip {line}: {output}");
    Ok(())
}
