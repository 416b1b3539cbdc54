//! A host with real wires and a real packet filter, over machines and disks in memory: what networks are tested on without
//! waiting for guests to boot. It takes the configuration of `sloopd` and serves the same doors.

use std::path::PathBuf;

use anyhow::Context as _;
use sloopd::{
    config::Config,
    ports::{Ports, Store as _},
    simulated::Simulated,
    wiring::{self, Daemon},
};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let path: PathBuf = std::env::args().nth(2).context("usage: sloop-lab-host --config FILE")?.into();
    let (end, ended) = tokio::sync::watch::channel(false);
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        terminate.recv().await;
        let _ = end.send(true);
    });
    let daemon = Daemon::over(Config::read(&path, true)?, async |config, store| {
        let (network, firewall) = wiring::network(config, store.host_id())?;
        let simulated = wiring::simulated_ports(store, &Simulated::default());
        Ok(Ports { network, firewall, ..simulated })
    });
    let ready = || drop(sd_notify::notify(&[sd_notify::NotifyState::Ready]));
    daemon.await?.serve(ended, ready).await
}
