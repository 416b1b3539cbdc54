//! Writes down what instances exchange with the outside, month by month.
//!
//! The filter's counters outlive the daemon. What was read last is written with the sums, in one commit, so that only what they
//! say more is new: a daemon that is started again neither loses nor doubles anything. A month's last readings fall in the next
//! one where they come late.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use tokio::{sync::Mutex, time::MissedTickBehavior};

use super::Engine;
use crate::{
    model::{Bytes, InstanceId, Month, Result},
    ports::Change,
};

/// Between two readings: as much as is lost when the host loses its power.
const PAUSE: Duration = Duration::from_mins(1);

/// Held while counters are read and written down: what one has read must not be written after what another read later.
#[derive(Debug, Default)]
pub(super) struct TallyLock(Mutex<()>);

impl Engine {
    /// Writes down every minute what moved. Call it once, behind [`Engine::recover`], which does it for the first time.
    pub fn count_transfer(&self) {
        let engine = self.clone();
        tokio::spawn(async move {
            let mut beat = tokio::time::interval(PAUSE);
            beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
            // The first comes at once.
            beat.tick().await;
            loop {
                beat.tick().await;
                engine.tally_if_possible().await;
            }
        });
    }

    /// Writes down what moved since it was last written. On failure nothing is lost: it is in the next reading.
    pub async fn tally(&self) -> Result<()> {
        let _alone = self.shared.tally.0.lock().await;
        let ports = self.ports();
        let now: BTreeMap<_, _> = ports.firewall.transfer().await?.into_iter().collect();
        // Looked at later than the counters, so that each of them that is an instance's is known as one.
        let before = ports.store.transfer_readings().await?;
        let changes = changes(Month::of(ports.clock.now()), &before, &now);
        if !changes.is_empty() {
            ports.store.commit(changes).await?;
        }
        let known: HashSet<_> = before.into_iter().map(|(id, _)| id).collect();
        for id in now.into_keys().filter(|id| !known.contains(id)) {
            if let Err(error) = ports.firewall.forget_transfer(id).await {
                tracing::warn!(%id, %error, "counters of an instance that is gone are left; they are tried again");
            }
        }
        Ok(())
    }

    /// The same, where a failure is for the log only.
    pub async fn tally_if_possible(&self) {
        if let Err(error) = self.tally().await {
            tracing::warn!(%error, "what instances moved cannot be written down now; it is with the next reading");
        }
    }
}

/// What is to be written of the readings that differ from those before. Counters that are not there say nothing.
fn changes(month: Month, before: &[(InstanceId, Bytes)], now: &BTreeMap<InstanceId, Bytes>) -> Vec<Change> {
    let readings = before.iter().map(|(id, before)| (*id, *before, now.get(id).copied().unwrap_or_default()));
    let differing = readings.filter(|(_, before, reading)| reading != before);
    differing
        .map(|(id, before, reading)| Change::AddTransfer { id, month, moved: reading.since(before), reading })
        .collect()
}
