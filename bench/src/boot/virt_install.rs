//! The way of virt-install, Debian's own tool for it.

use std::{path::Path, process::Command, time::Instant};

use anyhow::{Context as _, Result, ensure};

use super::{Boot, Ring, Taken, ssh::Login};
use crate::virsh;

/// By `virt-install --import`, on an isolated network of libvirt's with its dnsmasq: its user-mode network forwards no
/// port to a guest. The seed is a disk: `--cloud-init` puts it on a SATA CD-ROM, which Debian's cloud kernel has no driver
/// for, so that such a guest comes up without a name, and with no key to log in with.
pub(crate) struct VirtInstall;

const NETWORK: &str = "bench";
/// virt-install defines storage pools for the directories that it puts files in, and those pools are to stay in the lab.
const PLACES: &str = "mkdir -p /etc/libvirt/storage /var/lib/libvirt/boot \
                      && mount -t tmpfs tmpfs /etc/libvirt/storage";
/// Rounds that the network has addresses for.
const ROUNDS: usize = 16;

impl VirtInstall {
    /// Makes the network.
    pub(crate) fn prepare(ring: &Ring) -> Result<Self> {
        let found = Command::new("virt-install").arg("--version").output();
        found.context("virt-install is missing (Debian's package virtinst: tools/deps.sh bench)")?;
        ring.lab.shell(PLACES)?;
        let file = ring.dir.join("network.xml");
        std::fs::write(&file, network())?;
        virsh::run(&ring.lab, &["net-create", &file.display().to_string()])?;
        Ok(Self)
    }
}

impl Boot for VirtInstall {
    fn boot(&self, ring: &Ring, round: usize) -> Result<Taken> {
        let name = format!("stock-{round}");
        let began = Instant::now();
        let disk = ring.disk(&name)?;
        let seed = ring.seed(&name)?;
        install(ring, &name, [&disk, &seed], round)?;
        let login = Login {
            user: Ring::USER.into(),
            address: address(round),
            port: 22,
            key: ring.key(),
            known_hosts: None,
            console: ring.console(),
        };
        let ended = login.wait(&ring.lab).map(|()| Taken::since(began, ring));
        virsh::run(&ring.lab, &["destroy", &name])?;
        virsh::run(&ring.lab, &["undefine", &name])?;
        ended
    }
}

fn install(ring: &Ring, name: &str, [disk, seed]: [&Path; 2], round: usize) -> Result<()> {
    let mut command = ring.lab.command(Path::new("/usr/bin/virt-install"));
    command
        .args(["--quiet", "--connect", &ring.lab.libvirt_uri(), "--name", name, "--virt-type", "qemu"])
        .args(["--machine", Ring::MACHINE])
        .args(["--vcpus", Ring::CPUS, "--memory", Ring::MEMORY_MB, "--import"])
        .args(["--disk", &format!("path={},format=qcow2,bus=virtio", disk.display())])
        .args(["--disk", &format!("path={},format=raw,bus=virtio", seed.display())])
        .args(["--network", &format!("network={NETWORK},model=virtio,mac={}", mac(round))])
        .args(["--serial", &format!("file,path={}", ring.console().display())])
        .args(["--osinfo", "detect=off,require=off", "--graphics", "none", "--noautoconsole"]);
    let output = command.output()?;
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "virt-install: {}", told.trim().replace('\n', " "));
    Ok(())
}

/// Every guest has a hardware address of its own: a lease of the one before must not be in its way.
fn mac(round: usize) -> String {
    format!("52:54:00:be:9c:{:02x}", round % ROUNDS)
}

fn address(round: usize) -> String {
    format!("192.168.166.{}", 10 + round % ROUNDS)
}

fn network() -> String {
    let host = |round| format!("<host mac='{}' ip='{}'/>", mac(round), address(round));
    let hosts: String = (0..ROUNDS).map(host).collect();
    format!(
        "<network><name>{NETWORK}</name><bridge name='bench0'/><ip address='192.168.166.1' netmask='255.255.255.0'>\
         <dhcp><range start='192.168.166.100' end='192.168.166.200'/>{hosts}</dhcp></ip></network>"
    )
}
