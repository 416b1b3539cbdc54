//! A host in memory: `hypervisor = "simulated"` runs the whole daemon with no root and no virtual machines.
//!
//! For the project's own fast tests and for people who build against the API. It keeps the promises of the ports, passes
//! their contract tests, and can be told to fail at any call. It is never evidence that the real thing works.

mod firewall;
mod hypervisor;
mod images;
mod merge;
mod metrics;
mod network;
mod notifier;
mod parcels;
mod volumes;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::broadcast;

use crate::{
    model::{
        Beneath, Bytes, CpuShare, DomainState, Ending, Endpoint, Error, InstanceId, Kind, LayerId, Notice,
        PortRule, Publication, Result, Slot, StoredImage, Usage,
    },
    ports::{DomainEvent, LinkEvent},
};

/// What there is in the simulated world.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// Domains and their states.
    pub domains: BTreeMap<InstanceId, DomainState>,
    /// Taps.
    pub links: BTreeSet<InstanceId>,
    /// Firewall rules.
    pub rules: BTreeMap<InstanceId, Reach>,
    /// What counters of instances say.
    pub counters: BTreeMap<InstanceId, Bytes>,
    /// Layers of disks.
    pub layers: BTreeMap<LayerId, LayerFile>,
    /// Files that were received and are no layers yet.
    pub arrivals: BTreeMap<LayerId, LayerFile>,
    /// Layers of which nobody has said whether they have records.
    pub unsettled: BTreeSet<LayerId>,
    /// Layers whose files are damaged.
    pub damaged: BTreeSet<LayerId>,
    /// Where each domain's disks are written, by the slots of the disks.
    pub drives: BTreeMap<InstanceId, BTreeMap<Slot, LayerId>>,
    /// Seeds.
    pub seeds: BTreeSet<InstanceId>,
    /// Guests that do not follow when they are asked to shut down.
    pub deaf: BTreeSet<InstanceId>,
    /// Guests that hang: until they are started again they answer nobody.
    pub mute: BTreeSet<InstanceId>,
    /// Guests whose agents keep whoever asks them waiting, until they are started again.
    pub stalled: BTreeSet<InstanceId>,
    /// How domains ended that are off; of others nobody knows it.
    pub endings: BTreeMap<InstanceId, Ending>,
    /// What is wrong with what guests run on.
    pub accelerator_fault: Option<String>,
    /// Free disk space in bytes.
    pub disk_free: u64,
    /// Blueprints that have no image. All others have one.
    pub missing_images: BTreeSet<String>,
    /// Images that were brought, by id.
    pub images: BTreeMap<String, StoredImage>,
    /// Size of the disks in images that are brought from now on; small when absent.
    pub virtual_bytes: Option<u64>,
    /// Downloads stand still.
    pub stalled_pulls: bool,
    /// How often each blueprint's image was downloaded.
    pub pulls: BTreeMap<String, u32>,
    /// What domains have used; of others that run, something is made up.
    pub usage: BTreeMap<InstanceId, Usage>,
    /// Bytes on wires.
    pub traffic: BTreeMap<InstanceId, Bytes>,
    /// What the processors of domains are held to; of those that run free, nothing.
    pub cpu_limits: BTreeMap<InstanceId, CpuShare>,
    /// Domains of which calls about their processors never come back.
    pub stuck_cpus: BTreeSet<InstanceId>,
    /// Whether no domain's processors can be held.
    pub no_cpu_controller: bool,
    /// What was told to whom.
    pub told: Vec<(Endpoint, Notice)>,
    /// How often each domain was powered on: a duplicate would show here.
    pub power_ons: BTreeMap<InstanceId, u32>,
}

/// The file of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerFile {
    /// What it stands on.
    pub beneath: Beneath,
    /// Size of the disk, seen from here.
    pub bytes: u64,
    /// What was written, by the number of the block.
    pub content: BTreeMap<u64, u64>,
}

/// How an instance is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// At which address.
    pub public_ip: Option<Ipv4Addr>,
    /// At which ports, by whom.
    pub ports: Vec<PortRule>,
    /// By which ports of the host.
    pub published: Vec<Publication>,
    /// At which IPv6 address.
    pub ipv6: Option<Ipv6Addr>,
}

/// Decides which calls fail: given the call's name, says whether it does.
pub type Fault = Box<dyn FnMut(&str) -> bool + Send>;

/// The simulated host. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Simulated {
    inner: Arc<Inner>,
}

struct Inner {
    world: Mutex<World>,
    fault: Mutex<Option<Fault>>,
    domain_events: broadcast::Sender<DomainEvent>,
    link_events: broadcast::Sender<LinkEvent>,
    measured: Mutex<metrics::Kept>,
    began: std::time::Instant,
}

impl Default for Simulated {
    fn default() -> Self {
        let world = World { disk_free: 1 << 40, ..World::default() };
        Self {
            inner: Arc::new(Inner {
                world: Mutex::new(world),
                fault: Mutex::default(),
                domain_events: broadcast::channel(256).0,
                link_events: broadcast::channel(256).0,
                measured: Mutex::default(),
                began: std::time::Instant::now(),
            }),
        }
    }
}

impl Simulated {
    /// The world, to look at and to meddle with.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.inner.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on calls fail as `fault` decides.
    pub fn fail_when(&self, fault: impl FnMut(&str) -> bool + Send + 'static) {
        *self.inner.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(fault));
    }

    /// From now on no call fails.
    pub fn heal(&self) {
        *self.inner.fault.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The guest powers itself off.
    pub fn power_off_by_itself(&self, id: InstanceId) {
        self.end(id, Ending::Guest);
    }

    /// The domain is off now, and ended so.
    pub fn end(&self, id: InstanceId, ending: Ending) {
        self.world().endings.insert(id, ending);
        self.set_domain(id, DomainState::Off);
    }

    /// The host goes down with all that runs, and comes back: nobody hears of it, and nobody knows how anything ended.
    pub fn fail_host(&self) {
        let mut world = self.world();
        world.domains.values_mut().for_each(|state| *state = DomainState::Off);
        world.endings.clear();
        world.links.clear();
        world.rules.clear();
    }

    /// The hypervisor was away and is back.
    pub fn come_back(&self) {
        // Nobody may be listening yet.
        let _ = self.inner.domain_events.send(DomainEvent::Resync);
    }

    /// A simulated guest that runs writes a block of one of its disks. Without room for it the guest stands still.
    pub fn write(&self, id: InstanceId, slot: Slot, block: u64, value: u64) -> Result<()> {
        let mut world = self.world();
        if world.disk_free < volumes::BLOCK && world.domains.contains_key(&id) {
            world.domains.insert(id, DomainState::Paused);
            let _ = self.inner.domain_events.send(DomainEvent::Halted(id));
            return Err(Error::new(Kind::Capacity, "InsufficientDisk", "No space left on device"));
        }
        if !world.domains.get(&id).is_some_and(|state| state.is_alive()) {
            return Err(Error::internal(format!("{} is not running", id.domain())));
        }
        let top = world.drives.get(&id).and_then(|drives| drives.get(&slot)).copied();
        let file = top.and_then(|top| world.layers.get_mut(&top));
        let file = file.ok_or_else(|| Error::internal(format!("{} has no disk at {slot}", id.domain())))?;
        file.content.insert(block, value);
        Ok(())
    }

    /// What is read from a layer and all below it. A layer without a file ends it in an error.
    pub fn content(&self, top: LayerId) -> Result<BTreeMap<u64, u64>> {
        let world = self.world();
        let (mut content, mut next) = (BTreeMap::new(), Some(top));
        while let Some(id) = next {
            let file =
                world.layers.get(&id).ok_or_else(|| Error::internal(format!("layer {id} is missing")))?;
            for (block, value) in &file.content {
                content.entry(*block).or_insert(*value);
            }
            next = if let Beneath::Layer(below) = file.beneath { Some(below) } else { None };
        }
        Ok(content)
    }

    fn call(&self, name: &str) -> Result<MutexGuard<'_, World>> {
        let mut fault = self.inner.fault.lock().unwrap_or_else(PoisonError::into_inner);
        if fault.as_mut().is_some_and(|fails| fails(name)) {
            return Err(Error::unavailable(format!("simulated fault in {name}")));
        }
        drop(fault);
        Ok(self.world())
    }

    fn set_domain(&self, id: InstanceId, state: DomainState) {
        let mut world = self.world();
        if state.is_alive() {
            world.endings.remove(&id);
        } else {
            world.cpu_limits.remove(&id);
        }
        let before = world.domains.insert(id, state);
        drop(world);
        let event = match (before.is_some_and(DomainState::is_alive), state.is_alive()) {
            (false, true) => DomainEvent::Started(id),
            (true, false) => DomainEvent::Stopped(id),
            _ => return,
        };
        // Nobody may be listening yet.
        let _ = self.inner.domain_events.send(event);
        if let DomainEvent::Started(_) = event {
            let _ = self.inner.link_events.send(LinkEvent::Leased(id));
        }
    }
}
