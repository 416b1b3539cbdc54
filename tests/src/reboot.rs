//! A host that goes down and comes up again.

use anyhow::{Context as _, Result};

use crate::Lab;

/// Where the kernel says which of its starts this is.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// What is gone when a kernel is: taps, addresses, routes, rules, forwarding, and all that is in /run.
const FORGET: &str = "nft flush ruleset
ip -o link show | grep -o 'slp-[0-9a-f]*' | sort -u | while read -r tap; do ip link del \"$tap\"; done
ip link set lo down
ip address flush dev lo
ip route flush type unreachable
ip link set lo up
echo 0 >/proc/sys/net/ipv4/ip_forward
rm -rf /run/libvirt/*";

impl Lab {
    /// Ends everything that runs on the host at once, as when its power is cut: `sloopd`, libvirt's daemons, all guests. What the kernel and
    /// /run held is gone with them; files stay as they are.
    pub fn cut_power(&mut self) -> Result<()> {
        self.namespace.as_mut().context("a simulated lab has no power to cut")?.kill_all()?;
        if let Some(mut daemon) = self.daemon.take() {
            daemon.wait()?;
        }
        self.shell(&format!("set -e\n{FORGET} {}/*", self.dir().join("run").display())).map(drop)
    }

    /// Starts what a host starts that comes up: libvirt's daemons, then `sloopd`. The kernel says that this is another start.
    pub fn power_on(&mut self) -> Result<()> {
        let told = self.dir().join("boot_id");
        std::fs::write(&told, std::fs::read_to_string("/proc/sys/kernel/random/uuid")?)?;
        self.shell(&format!("mount --bind {} {BOOT_ID}", told.display()))?;
        let namespace = self.namespace.as_mut().context("a simulated lab has no power")?;
        namespace.start_virtlogd()?;
        namespace.start_libvirtd()?;
        self.start_daemon()
    }
}
