//! What is seen of started instances, and the waiting for their SSH servers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use super::Engine;
use crate::model::{InstanceId, Readiness, Status};

/// The facts of every instance, each with those who watch it.
#[derive(Clone, Default)]
pub struct ReadinessHub {
    entries: Arc<Mutex<HashMap<InstanceId, Entry>>>,
}

#[derive(Default)]
struct Entry {
    facts: watch::Sender<Readiness>,
    /// Counts the starts; what a probe of an earlier start sees is worth nothing.
    epoch: u64,
    /// A probe is at work for this epoch.
    probing: bool,
}

impl ReadinessHub {
    /// The facts now.
    pub fn now(&self, id: InstanceId) -> Readiness {
        self.lock().get(&id).map(|entry| *entry.facts.borrow()).unwrap_or_default()
    }

    /// The facts now and whenever something about the instance changes.
    pub fn watch(&self, id: InstanceId) -> watch::Receiver<Readiness> {
        self.lock().entry(id).or_default().facts.subscribe()
    }

    /// It starts anew, or is off: what was seen before no longer counts.
    pub(super) fn reset(&self, id: InstanceId) {
        let mut entries = self.lock();
        let entry = entries.entry(id).or_default();
        entry.epoch += 1;
        entry.probing = false;
        entry.facts.send_replace(Readiness::default());
    }

    /// The guest was given its address.
    pub(super) fn leased(&self, id: InstanceId) {
        // Without an entry nothing was started: the lease is a late one of an instance that is gone.
        if let Some(entry) = self.lock().get(&id) {
            entry.facts.send_if_modified(|facts| !std::mem::replace(&mut facts.network_up, true));
        }
    }

    /// Wakes those who watch: something outside the hub changed.
    pub(super) fn touch(&self, id: InstanceId) {
        if let Some(entry) = self.lock().get(&id) {
            entry.facts.send_modify(|_| {});
        }
    }

    pub(super) fn forget(&self, id: InstanceId) {
        self.lock().remove(&id);
    }

    /// The epoch to probe for, unless a probe is at work or has succeeded.
    fn begin_probe(&self, id: InstanceId) -> Option<u64> {
        let mut entries = self.lock();
        let entry = entries.entry(id).or_default();
        let idle = !entry.probing && !entry.facts.borrow().ssh_reachable;
        entry.probing |= idle;
        idle.then_some(entry.epoch)
    }

    /// Whether the probe of that epoch is still wanted.
    fn probes(&self, id: InstanceId, epoch: u64) -> bool {
        self.lock().get(&id).is_some_and(|entry| entry.epoch == epoch)
    }

    fn end_probe(&self, id: InstanceId, epoch: u64, reached: bool) {
        let mut entries = self.lock();
        let Some(entry) = entries.get_mut(&id).filter(|entry| entry.epoch == epoch) else {
            return;
        };
        entry.probing = false;
        if reached {
            entry.facts.send_replace(Readiness { network_up: true, ssh_reachable: true });
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<InstanceId, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Between two looks at an SSH port that refuses, at first. A guest that has its address opens it within seconds.
const PAUSE: Duration = Duration::from_millis(100);
/// And in the end: some guests never open it.
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// Looks until the pauses begin to grow: the slowest boots take a minute or two.
const EAGER: u32 = 1200;

impl Engine {
    /// Watches the instance's SSH port until it answers or the instance stops.
    pub(super) fn watch_ssh(&self, id: InstanceId) {
        let hub = self.readiness().clone();
        let Some(epoch) = hub.begin_probe(id) else { return };
        let engine = self.clone();
        tokio::spawn(async move {
            let reached = engine.probe_until_answer(id, epoch).await;
            hub.end_probe(id, epoch, reached);
        });
    }

    async fn probe_until_answer(&self, id: InstanceId, epoch: u64) -> bool {
        let (mut pause, mut looks) = (PAUSE, 0);
        while self.readiness().probes(id, epoch) {
            let Ok(Some(instance)) = self.ports().store.instance_by_id(id).await else {
                return false;
            };
            if !matches!(instance.status, Status::Pending | Status::Running) {
                return false;
            }
            if self.ports().network.ssh_answers(&instance).await {
                return true;
            }
            tokio::time::sleep(pause).await;
            looks += 1;
            if looks > EAGER {
                pause = (pause * 2).min(PAUSE_MAX);
            }
        }
        false
    }
}
