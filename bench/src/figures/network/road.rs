//! A road for packets without a guest at its end that would cost more than the road: world – host – guest, three namespaces on
//! veths, of which the guest's bears the name of a tap.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use sloop_lab::{Lab, World, inside};
use sloopd::{
    adapters::nftables::{Addresses, Nftables},
    model::{Instance, mac_of},
    ports::Firewall as _,
};

/// World, host and guest. It is gone with the value.
pub(super) struct Road {
    guest: String,
    pub(super) world: World,
    lab: Lab,
}

impl Road {
    /// Lays the road to an instance that only the packet filter knows.
    pub(super) fn to(instance: &Instance) -> Result<Self> {
        // Its daemon has prepared the host. It must not guard its own rules, which are none, against those that are put up here.
        let mut lab = super::crowd::lab()?;
        lab.stop_daemon()?;
        let world = World::of(&lab)?;
        let host = lab.netns()?;
        let guest = format!("{host}-road");
        let (tap, address) = (instance.id.tap(), instance.private_ip);
        let mac = mac_of(instance.id).map(|byte| format!("{byte:02x}")).join(":");
        for line in [
            format!("netns add {guest}"),
            format!("link add {tap} netns {host} type veth peer name eth0 netns {guest}"),
            format!("-n {guest} link set eth0 address {mac}"),
            format!("-n {guest} link set eth0 up"),
            format!("-n {guest} addr add {address}/16 dev eth0"),
            format!("-n {host} link set {tap} up"),
            format!("-n {host} route add {address}/32 dev {tap} src 172.26.0.1"),
            format!("-n {guest} route add default via 172.26.0.1"),
        ] {
            let status = Command::new("ip").args(line.split(' ')).status()?;
            ensure!(status.success(), "ip {line}");
        }
        lab.shell(&format!("echo 1 >/proc/sys/net/ipv4/conf/{tap}/proxy_arp; echo 0 >/proc/sys/net/ipv4/neigh/{tap}/proxy_delay"))?;
        Ok(Self { guest, world, lab })
    }

    /// The namespace at its end.
    pub(super) fn guest(&self) -> &str {
        &self.guest
    }

    /// Puts up the rules of these instances and of no others.
    pub(super) fn filter(&self, instances: Vec<Instance>) -> Result<()> {
        inside(&self.lab.netns()?, move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let addresses = Addresses {
                    private: "172.26.0.0/16".parse().map_err(anyhow::Error::msg)?,
                    public: "172.27.0.0/22".parse().map_err(anyhow::Error::msg)?,
                    metadata_port: 8169,
                    dns_port: 8053,
                    ipv6: None,
                };
                Nftables::open(addresses, false)?.ensure_all(&instances).await.context("the rules")
            })
        })
    }

    /// Takes every rule away: plain routing.
    pub(super) fn bare(&self) -> Result<()> {
        self.lab.shell("nft flush ruleset").map(drop)
    }
}

impl Drop for Road {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.guest]).status();
    }
}
