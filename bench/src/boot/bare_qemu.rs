//! QEMU alone, with a stock seed.

use std::{
    path::Path,
    process::{Child, Stdio},
    time::Instant,
};

use anyhow::Result;

use super::{Boot, Ring, Taken, ssh::Login};

/// By qemu-img, mtools and QEMU with its own user-mode network.
pub(crate) struct BareQemu;

const PORT: u16 = 2222;

impl Boot for BareQemu {
    fn boot(&self, ring: &Ring, round: usize) -> Result<Taken> {
        let name = format!("bare-{round}");
        let began = Instant::now();
        let disk = ring.disk(&name)?;
        let seed = ring.seed(&name)?;
        let guest = Guest(start(ring, &disk, &seed)?);
        let login = Login {
            user: Ring::USER.into(),
            address: "127.0.0.1".into(),
            port: PORT,
            key: ring.key(),
            known_hosts: None,
            console: ring.console(),
        };
        let ended = login.wait(&ring.lab).map(|()| Taken::since(began, ring));
        drop(guest);
        ended
    }
}

/// A guest whose end is ours.
struct Guest(Child);

impl Drop for Guest {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(ring: &Ring, disk: &Path, seed: &Path) -> Result<Child> {
    let drive = |file: &Path, format: &str| format!("file={},format={format},if=virtio", file.display());
    let mut qemu = ring.lab.command(Path::new("/usr/bin/qemu-system-x86_64"));
    qemu.args(["-machine", Ring::MACHINE, "-accel", "tcg"])
        .args(["-smp", Ring::CPUS, "-m", Ring::MEMORY_MB, "-display", "none", "-monitor", "none"])
        .args(["-serial", &format!("file:{}", ring.console().display())])
        .args(["-drive", &drive(disk, "qcow2"), "-drive", &drive(seed, "raw")])
        .args(["-netdev", &format!("user,id=net,hostfwd=tcp:127.0.0.1:{PORT}-:22")])
        // Sloop's guests have a source of randomness, and so has this one.
        .args(["-device", "virtio-net-pci,netdev=net", "-device", "virtio-rng-pci"]);
    Ok(qemu.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn()?)
}
