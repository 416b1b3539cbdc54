//! The only file that knows every room: builds a daemon from its configuration, and runs it.

mod doors;
mod measured;
mod notifier;

use std::{fs::File, sync::Arc, time::Duration};

use anyhow::Context as _;
use nix::fcntl::{Flock, FlockArg};
use tokio::sync::{
    broadcast::{self, error::RecvError},
    watch,
};

use crate::{
    adapters::{
        catalogue,
        clock::WallClock,
        host::Machine,
        images::{self, ImageStore, Mirror, Patience},
        keys::SshKeys,
        libvirt::{self, Libvirt, Wish},
        netlink::{self, Netlink},
        nftables::{Addresses, Nftables},
        sqlite::Sqlite,
        volumes::Files,
    },
    api,
    config::{AcceleratorWord, Config, CpuWord, HypervisorWord, PruneWord},
    engine::{Engine, Limits, Unbroken},
    model::{FirstBootReport, HostId, Layout},
    ports::{DomainEvent, Metrics, Network, Ports, Store},
    simulated::Simulated,
    verbs::{Capacity, Policy, Quotas, Verbs},
};

/// A daemon that is ready to serve.
pub struct Daemon {
    config: Config,
    verbs: Verbs,
    engine: Engine,
    metrics: Arc<dyn Metrics>,
    /// Held as long as the daemon lives.
    _lock: Flock<File>,
}

impl Daemon {
    /// Opens the state, connects the parts, and takes up where the last daemon ended.
    pub async fn build(config: Config) -> anyhow::Result<Self> {
        Self::over(config, ports).await
    }

    /// The same over ports that the caller makes: for programs that put a simulated part beside real ones.
    pub async fn over(
        config: Config,
        ports: impl AsyncFnOnce(&Config, Arc<Sqlite>) -> anyhow::Result<Ports>,
    ) -> anyhow::Result<Self> {
        let layout = Layout::new(&config.state_dir);
        create_dirs(&layout)?;
        let lock = lock(&layout)?;
        let store = Arc::new(Sqlite::open(&layout.database())?);
        let catalogue = catalogue::load(&config.images.catalogue)?;
        let host_id = store.host_id();
        keeps_addresses(&config, &*store).await?;
        let ports = ports(&config, store).await?;
        let limits = Limits {
            shutdown: config.shutdown(),
            parallel: config.limits.parallel,
            headroom: config.capacity.disk_headroom_mb << 20,
        };
        let engine = Engine::new(ports.clone(), limits, Arc::new(Unbroken));
        if config.cpu == CpuWord::Burst {
            engine.meter_bursts(catalogue.cpu_baselines());
        }
        engine.set_recovery(config.recovery.rules());
        if config.hypervisor == HypervisorWord::Simulated {
            tokio::spawn(boot_at_once(engine.clone(), ports.hypervisor.events()));
        }
        let metrics = ports.metrics.clone();
        let verbs = Verbs::new(ports, engine.clone(), catalogue, policy(&config, host_id)?);
        engine.observe();
        let found = engine.recover().await?;
        engine.count_transfer();
        engine.keep_tidy();
        engine.watch_room();
        engine.keep_sampling();
        engine.keep_health();
        engine.keep_alarms();
        verbs.resume_supplies(found.waiting).await?;
        tracing::info!(
            instances = found.instances,
            running = found.running,
            resumed = found.resumed,
            orphans = found.orphans.len(),
            "state taken up"
        );
        Ok(Self { config, verbs, engine, metrics, _lock: lock })
    }

    /// The verbs, for programs that embed the daemon.
    pub fn verbs(&self) -> &Verbs {
        &self.verbs
    }

    /// The engine, for programs that embed the daemon.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Serves every door until `ended` says so.
    pub async fn serve(self, ended: watch::Receiver<bool>, ready: impl FnOnce()) -> anyhow::Result<()> {
        let listener = crate::socket::listen(&self.config.socket, &self.config.group)?;
        if self.config.hypervisor == HypervisorWord::Libvirt {
            tokio::spawn(doors::metadata(self.verbs.clone(), self.metadata_address()?, ended.clone()));
            tokio::spawn(doors::names(self.verbs.clone(), self.names_settings()?, ended.clone()));
        }
        tokio::spawn(doors::plain_http(self.verbs.clone(), self.config.clone(), ended.clone()));
        tokio::spawn(self.verbs.clone().keep_schedule());
        tokio::spawn(self.verbs.clone().keep_history());
        ready();
        let callers = api::grpc::Callers { admin_group: self.config.admin_group.clone() };
        let served = api::grpc::serve(self.verbs, callers, listener, until(ended.clone()));
        // Streams that people watch never end by themselves; they are cut shortly after the end was called.
        let cut = async {
            until(ended).await;
            self.engine.let_go();
            tokio::time::sleep(Duration::from_secs(1)).await;
        };
        let served = tokio::select! {
            result = served => result,
            () = cut => {
                tracing::info!("open streams were cut");
                Ok(())
            }
        };
        measured::close(&self.engine, &*self.metrics).await;
        std::fs::remove_file(&self.config.socket).ok();
        served
    }

    fn names_settings(&self) -> anyhow::Result<(api::dns::Settings, std::net::SocketAddr)> {
        let (private, public) = self.config.pools()?;
        let address = (private.gateway(), self.config.network.dns_port).into();
        Ok((api::dns::Settings::new(private, public), address))
    }

    fn metadata_address(&self) -> anyhow::Result<std::net::SocketAddr> {
        let (private, _) = self.config.pools()?;
        Ok((private.gateway(), self.config.network.metadata_port).into())
    }
}

/// Reports the first boot of each simulated guest as soon as it runs: nothing in it could, and who waits for it would
/// wait for ever.
async fn boot_at_once(engine: Engine, mut started: broadcast::Receiver<DomainEvent>) {
    loop {
        let id = match started.recv().await {
            Ok(DomainEvent::Started(id)) => id,
            Ok(_) | Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        if let Err(error) = engine.first_boot_ended(id, FirstBootReport::bounded(Vec::new())).await {
            tracing::warn!(%id, %error, "cannot report a simulated first boot");
        }
    }
}

async fn until(mut ended: watch::Receiver<bool>) {
    // An end that can no longer be called has come.
    let _ = ended.wait_for(|ended| *ended).await;
}

fn create_dirs(layout: &Layout) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let dir = layout.instances();
    // QEMU, another user, passes through to the disks; nobody lists them.
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o711)
        .create(&dir)
        .with_context(|| format!("cannot make the state directory {}", dir.display()))
}

/// One daemon for one state. A second one is refused before it has touched anything.
fn lock(layout: &Layout) -> anyhow::Result<Flock<File>> {
    let path = layout.root().join("lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock)
        .map_err(|_| anyhow::anyhow!("another sloopd runs on the state in {}", layout.root().display()))
}

/// Refuses a private range that instances are not in: their addresses are for life.
async fn keeps_addresses(config: &Config, store: &dyn Store) -> anyhow::Result<()> {
    let (private, _) = config.pools()?;
    if let Some(one) = store.instances().await?.iter().find(|one| !private.contains(one.private_ip)) {
        anyhow::bail!(
            "{} has the address {}, which is not in network.private {private}: put the range back, or delete such instances first",
            one.name,
            one.private_ip
        );
    }
    Ok(())
}

fn policy(config: &Config, host_id: HostId) -> anyhow::Result<Policy> {
    let (private_pool, public_pool) = config.pools()?;
    let ipv6_range = config.ipv6(host_id)?;
    let (quotas, capacity) = (&config.quotas, &config.capacity);
    Ok(Policy {
        place: config.place(),
        access: config.access(),
        quotas: Quotas {
            instances: quotas.instances,
            key_pairs: quotas.key_pairs,
            static_ips: quotas.static_ips,
            disks: quotas.disks,
            snapshots: quotas.snapshots,
            tags: quotas.tags,
        },
        capacity: Capacity {
            memory_reserve: capacity.memory_reserve_mb << 20,
            disk_headroom: capacity.disk_headroom_mb << 20,
        },
        private_pool,
        public_pool,
        ipv6_range,
        auto_snapshots_kept: quotas.auto_snapshots,
        alarm_period: config.alarms.period_seconds,
        history_days: config.history.keep_days,
        prune_replaced: config.images.prune == PruneWord::Replaced,
        package_proxy: config.images.package_proxy.clone(),
    })
}

/// Every port simulated, but for the state, the clock, the keys and the machine's size.
pub fn simulated_ports(store: Arc<dyn Store>, world: &Simulated) -> Ports {
    Ports {
        hypervisor: Arc::new(world.clone()),
        network: Arc::new(world.clone()),
        firewall: Arc::new(world.clone()),
        volumes: Arc::new(world.clone()),
        images: Arc::new(world.clone()),
        metrics: Arc::new(world.clone()),
        notifier: Arc::new(world.clone()),
        store,
        host: Arc::new(Machine::read()),
        keys: Arc::new(SshKeys),
        clock: Arc::new(WallClock),
    }
}

/// The ports that the configuration asks for.
pub async fn ports(config: &Config, store: Arc<Sqlite>) -> anyhow::Result<Ports> {
    match config.hypervisor {
        HypervisorWord::Simulated => {
            let metrics = measured::open(config)?;
            Ok(Ports { metrics, ..simulated_ports(store, &Simulated::default()) })
        }
        HypervisorWord::Libvirt => real_ports(config, &Layout::new(&config.state_dir), store).await,
    }
}

fn image_settings(config: &Config) -> anyhow::Result<images::Settings> {
    let mirror = Mirror::parse(&config.images.mirror)
        .map_err(|why| anyhow::anyhow!("images.mirror: {why}; mend the configuration file"))?;
    Ok(images::Settings {
        dir: config.images_dir(),
        layout: Layout::new(&config.state_dir),
        mirror,
        patience: Patience { stall: Duration::from_secs(config.images.stall_seconds), tries: 5 },
        largest: config.images.largest_gb << 30,
        headroom: config.capacity.disk_headroom_mb << 20,
    })
}

/// The wires and the packet filter of this machine.
pub fn network(config: &Config, host_id: HostId) -> anyhow::Result<(Arc<Netlink>, Arc<Nftables>)> {
    let (private, public) = config.pools()?;
    let network = Netlink::open(netlink::Settings {
        private,
        public,
        ipv6: config.ipv6(host_id)?,
        repairs: config.network.repair,
        dns: if config.network.dns.is_empty() { vec![private.gateway()] } else { config.network.dns.clone() },
        host_id,
    })?;
    let (metadata_port, dns_port) = (config.network.metadata_port, config.network.dns_port);
    let addresses = Addresses { private, public, metadata_port, dns_port, ipv6: config.ipv6(host_id)? };
    let firewall = Nftables::open(addresses, config.network.repair)?;
    Ok((network, firewall))
}

/// Takes what the daemon keeps on this host's network between its runs out again: rules, exceptions, routes, addresses. Refused
/// while a daemon runs on that state, or instances have wires.
pub async fn leave(config: &Config) -> anyhow::Result<()> {
    let layout = Layout::new(&config.state_dir);
    anyhow::ensure!(
        layout.database().exists(),
        "{} has no state of a daemon: say which with --state-dir",
        layout.root().display()
    );
    let _lock = lock(&layout)?;
    let (network, firewall) = network(config, Sqlite::open(&layout.database())?.host_id())?;
    let wires = Network::list(&*network).await?.len();
    anyhow::ensure!(wires == 0, "{wires} instances have wires here: delete them first, sloop rm");
    firewall.leave().await?;
    Ok(network.leave(&layout.network_record()).await?)
}

async fn real_ports(config: &Config, layout: &Layout, store: Arc<Sqlite>) -> anyhow::Result<Ports> {
    let host_id = store.host_id();
    let (network, firewall) = network(config, host_id)?;
    network.check().await?;
    network.follow_configuration(&layout.network_record()).await?;
    network.guard()?;
    firewall.guard()?;
    let libvirt = Libvirt::connect(libvirt::Settings {
        uri: config.libvirt.uri.clone(),
        wish: match config.libvirt.accelerator {
            AcceleratorWord::Auto => Wish::Auto,
            AcceleratorWord::Kvm => Wish::Kvm,
            AcceleratorWord::Tcg => Wish::Tcg,
        },
        probe_limit: Duration::from_secs(config.libvirt.probe_seconds),
        host_id,
        layout: layout.clone(),
        probe_record: layout.root().join("accelerator.json"),
    })
    .await?;
    Ok(Ports {
        hypervisor: libvirt,
        network,
        firewall,
        volumes: Arc::new(Files::open(layout.clone())?),
        images: Arc::new(ImageStore::open(image_settings(config)?)),
        metrics: measured::open(config)?,
        notifier: notifier::notifier(config, host_id)?,
        store,
        host: Arc::new(Machine::read().with_names_at(config.pools()?.0.gateway())),
        keys: Arc::new(SshKeys),
        clock: Arc::new(WallClock),
    })
}
