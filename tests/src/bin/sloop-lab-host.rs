//! A host with real wires and a real packet filter, over machines and disks in memory: what networks are tested on without
//! waiting for guests to boot. It takes the configuration of `sloopd` and serves the same doors.

use std::{path::PathBuf, sync::Arc};

use anyhow::Context as _;
use async_trait::async_trait;
use sloopd::{
    adapters::netlink::Netlink,
    config::Config,
    model::{Bytes, Finding, HostFacts, HostLoad, Instance, InstanceId, Layout, Protocol, Result},
    ports::{Host, LinkEvent, Network, Ports, Store as _},
    simulated::Simulated,
    wiring::{self, Daemon},
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::broadcast,
};
use tracing_subscriber::EnvFilter;

/// Real wires, of which the machines in memory know that they are there.
struct Wires {
    network: Arc<Netlink>,
    world: Simulated,
}

/// This machine with memory for any number of machines in memory, which need none.
struct Vast(Arc<dyn Host>);

#[async_trait]
impl Host for Vast {
    fn facts(&self) -> HostFacts {
        HostFacts { memory_bytes: 1 << 50, ..self.0.facts() }
    }

    fn load(&self) -> HostLoad {
        self.0.load()
    }

    fn listens(&self, protocol: Protocol, port: u16) -> bool {
        self.0.listens(protocol, port)
    }

    async fn examine(&self) -> Vec<Finding> {
        self.0.examine().await
    }
}

#[async_trait]
impl Network for Wires {
    async fn ensure_host(&self) -> Result<()> {
        self.network.ensure_host().await
    }

    async fn ensure_link(&self, instance: &Instance) -> Result<()> {
        self.network.ensure_link(instance).await?;
        self.world.ensure_link(instance).await
    }

    async fn remove_link(&self, id: InstanceId) -> Result<()> {
        self.network.remove_link(id).await?;
        self.world.remove_link(id).await
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        Network::list(&*self.network).await
    }

    async fn traffic(&self) -> Result<Vec<(InstanceId, Bytes)>> {
        self.network.traffic().await
    }

    async fn arp_answers(&self, instance: &Instance) -> Result<bool> {
        // As below: nobody is at most of them.
        self.world.arp_answers(instance).await
    }

    async fn ssh_answers(&self, instance: &Instance) -> bool {
        // Nobody is at most of these wires, and asking a thousand of them again and again is work that no host has.
        self.world.ssh_answers(instance).await
    }

    fn events(&self) -> broadcast::Receiver<LinkEvent> {
        self.network.events()
    }

    async fn examine(&self) -> Vec<Finding> {
        self.network.examine().await
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let path: PathBuf = std::env::args().nth(2).context("usage: sloop-lab-host --config FILE")?.into();
    let filter = EnvFilter::try_from_env("SLOOP_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
    let (end, ended) = tokio::sync::watch::channel(false);
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        terminate.recv().await;
        let _ = end.send(true);
    });
    let daemon = Daemon::over(Config::read(&path, true)?, async |config, store| {
        let (network, firewall) = wiring::network(config, store.host_id())?;
        network.check().await?;
        network.follow_configuration(&Layout::new(&config.state_dir).network_record()).await?;
        network.guard()?;
        firewall.guard()?;
        let world = Simulated::default();
        let simulated = wiring::simulated_ports(store, &world);
        let host = Arc::new(Vast(simulated.host.clone()));
        Ok(Ports { network: Arc::new(Wires { network, world }), firewall, host, ..simulated })
    });
    let ready = || drop(sd_notify::notify(&[sd_notify::NotifyState::Ready]));
    daemon.await?.serve(ended, ready).await
}
