//! Makes layers one behind everybody's back: room comes back, and disks stay shallow.
//!
//! No record of what is begun is needed. What is read from any layer never changes by it, so that a daemon that was killed, a guest
//! that was cut off or an operation that comes between leave nothing to repair; it is chosen and begun again. Records change when
//! the files have.

mod digest;
mod hold;
mod merge;
mod survey;

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Notify;

pub use self::hold::Hold;
pub(super) use self::{hold::Holds, survey::by_id};
use super::{Engine, run::Killed};
use crate::model::{Instance, InstanceId, LayerId, Merge, Order, Result};

/// Much happens at once; it is looked at when it has.
const SETTLE: Duration = Duration::from_secs(1);
/// What failed is tried again after this.
const AGAIN: Duration = Duration::from_mins(5);

/// What is remembered between two times.
#[derive(Default)]
pub(super) struct Tidiness {
    wanted: Notify,
    /// One at a time.
    alone: tokio::sync::Mutex<()>,
    failed: Mutex<HashMap<Merge, Instant>>,
    /// Layers whose files could not be read: they are not read again and again.
    unreadable: Mutex<HashSet<LayerId>>,
}

impl Tidiness {
    fn failed(&self) -> HashSet<Merge> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.retain(|_, since| since.elapsed() < AGAIN);
        failed.keys().cloned().collect()
    }

    fn is_unreadable(&self, id: LayerId) -> bool {
        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }

    fn give_up_reading(&self, id: LayerId) {
        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    }

    fn fail(&self, merge: Merge) {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).insert(merge, Instant::now());
    }
}

impl Engine {
    /// Tidies up whenever something has changed, until the engine is dropped. Call it once.
    pub fn keep_tidy(&self) {
        let engine = self.clone();
        tokio::spawn(async move {
            loop {
                // Also without being told: what was broken off, has failed or was not worth it may be possible or worth it by now.
                let _ = tokio::time::timeout(AGAIN, engine.shared.tidiness.wanted.notified()).await;
                tokio::time::sleep(SETTLE).await;
                if let Err(error) = engine.sweep().await {
                    tracing::warn!(%error, "cannot remove a layer that nobody needs");
                }
                if let Err(error) = engine.tidy().await {
                    tracing::info!(%error, "the layers of disks cannot be tidied up now; later");
                }
            }
        });
    }

    /// Something has changed.
    pub(super) fn tidy_soon(&self) {
        self.shared.tidiness.wanted.notify_one();
    }

    /// Makes layers one until there is nothing left to do. Says how often it has.
    pub async fn tidy(&self) -> Result<usize> {
        let _one = self.shared.tidiness.alone.lock().await;
        let mut done = 0;
        loop {
            let Some(merge) = self.survey().await?.next() else {
                // One at a time: there may be something better to do by then.
                if self.digest_one().await? {
                    continue;
                }
                self.look_again_when_freed();
                return Ok(done);
            };
            match self.carry_out(&merge).await {
                Ok(Ok(true)) => {
                    done += 1;
                    self.sweep().await?;
                }
                Ok(Ok(false)) => {
                    // Somebody came first. What they hold is not chosen while they do.
                    self.tidy_soon();
                    return Ok(done);
                }
                Err(Killed) => return Ok(done),
                Ok(Err(error)) => {
                    tracing::warn!(?merge, %error, "cannot make layers one");
                    self.shared.tidiness.fail(merge);
                }
            }
        }
    }

    /// What somebody holds was passed over; it is looked at when they let go.
    fn look_again_when_freed(&self) {
        if !self.shared.holds.held().is_empty() {
            let engine = self.clone();
            tokio::spawn(async move {
                engine.shared.holds.freed().await;
                engine.tidy_soon();
            });
        }
    }

    /// Has layers stay as they are for as long as the hold lives. What is being made of them is broken off.
    pub async fn hold(&self, layers: HashSet<LayerId>) -> Hold {
        self.shared.holds.hold(layers).await
    }

    /// Layers that are being changed at this moment.
    pub fn merging(&self) -> HashSet<LayerId> {
        self.shared.holds.merging()
    }

    /// What is found, with the layers held that it stands on. It is looked for again when they are: it may stand on others by then.
    pub async fn hold_found<T, F>(&self, look: impl Fn() -> F) -> Result<(T, Hold)>
    where
        F: Future<Output = Result<(T, HashSet<LayerId>)>>,
    {
        let mut hold = self.hold(HashSet::new()).await;
        loop {
            let (found, layers) = look().await?;
            if layers.is_subset(hold.layers()) {
                return Ok((found, hold));
            }
            hold = self.hold(layers).await;
        }
    }

    /// An instance, with all that it stands on, and all that it is to stand on, held.
    pub(super) async fn hold_instance(
        &self,
        id: InstanceId,
        order: &Order,
    ) -> Result<Option<(Instance, Hold)>> {
        let (found, hold) = self.hold_found(|| self.instance_on_layers(id, order)).await?;
        Ok(found.map(|instance| (instance, hold)))
    }

    /// An instance, and the layers of all that it stands on and is to stand on.
    async fn instance_on_layers(
        &self,
        id: InstanceId,
        order: &Order,
    ) -> Result<(Option<Instance>, HashSet<LayerId>)> {
        let store = &self.ports().store;
        let Some(instance) = store.instance_by_id(id).await? else { return Ok((None, HashSet::new())) };
        let mut layers: HashSet<_> =
            instance.drives.iter().flat_map(|drive| drive.stack.layers()).map(|layer| layer.id).collect();
        if let Order::RollBack { to, .. } = order
            && let Some(snapshot) = store.snapshot_by_id(*to).await?
        {
            for disk in &snapshot.disks {
                let stack = store.stack(disk.layer).await?;
                layers.extend(stack.layers().map(|layer| layer.id));
            }
        }
        Ok((Some(instance), layers))
    }
}
