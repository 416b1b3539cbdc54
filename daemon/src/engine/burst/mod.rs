//! Burst capacity: accounts for what instances save and spend, and holds those that have spent all.
//!
//! The sampler calls [`Engine::spend`] in each of its rounds. `account` is one instance, `ledger` all of them; the rules are the
//! model's.
//!
//! That an instance may be held is written down before it is, so that the next daemon lets it go should there be no rules any more.
//! What is saved is written down every minute: a daemon that is killed forgets a minute of saving and spending at most, and while
//! there is none everybody is taken to use their baseline.

mod account;
mod ledger;

use std::{collections::BTreeMap, time::Duration};

use futures::future::join_all;
use tokio::time::timeout;

use self::account::Call;
pub(super) use self::ledger::Ledger;
use super::Engine;
use crate::{
    model::{BurstRecord, CpuShare, Error, InstanceId, Result, Sample},
    ports::Change,
};

/// How long a round waits for calls. Those that take longer go on by themselves.
const PATIENCE: Duration = Duration::from_secs(1);
/// A call that takes longer has failed.
const LIMIT: Duration = Duration::from_mins(1);

/// An instance that runs: the time since it was looked at last, and how long its virtual processors, all together, ran in it.
pub type Spent = (InstanceId, Duration, Duration);

/// How it is with burst capacity on this host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BurstReport {
    /// Whether the plans' baselines count.
    pub is_metered: bool,
    /// Whether the host cannot hold anybody to one.
    pub is_powerless: bool,
    /// Who is held to which share of each processor now, by name.
    pub held: Vec<(String, CpuShare)>,
}

impl Engine {
    /// Has plans' baselines count, given by the plans' ids. Instances of other plans use what they can get, and so do all when this is never
    /// called. Call it once, before [`Engine::spend`].
    pub fn meter_bursts(&self, baselines: BTreeMap<String, CpuShare>) {
        self.shared.burst.meter(baselines);
    }

    /// Books what instances that run have used, holds those that have spent all and lets go those that have saved enough. Gives what is to be
    /// measured of those that have rules. Where baselines do not count it does nothing but to let go who was held when they did.
    ///
    /// Call it every ten seconds, also when nobody runs. It returns soon, whatever hangs.
    pub async fn spend(&self, spent: &[Spent]) -> Vec<Sample> {
        let ledger = &self.shared.burst;
        let _alone = ledger.alone.lock().await;
        ledger.catch_up();
        if let Err(error) = self.open_books(spent).await {
            tracing::warn!(%error, "burst capacity cannot be accounted for now: everybody is taken to use their baseline");
            return Vec::new();
        }
        if !ledger.is_metered() {
            self.let_all_go().await;
            return Vec::new();
        }
        let samples = ledger.book(spent);
        self.hold_spenders().await;
        if ledger.is_save_due() {
            self.save_bursts().await;
        }
        samples
    }

    /// Writes down what everybody has saved. [`Engine::spend`] does it every minute; what fails is tried again with the next.
    pub async fn save_bursts(&self) {
        let ledger = &self.shared.burst;
        if ledger.is_metered() && self.write_bursts(&ledger.records()).await {
            ledger.saved();
        }
    }

    /// How it is with burst capacity on this host.
    pub fn bursts(&self) -> BurstReport {
        self.shared.burst.report()
    }

    /// Reads what was written down, once, and the plans of those that are new or have another one.
    async fn open_books(&self, spent: &[Spent]) -> Result<()> {
        let (ledger, store) = (&self.shared.burst, &self.ports().store);
        if !ledger.is_open() {
            ledger.open(&store.bursts().await?);
        }
        if ledger.is_metered() && ledger.admit(spent) {
            ledger.learn(&store.instances().await?, spent);
        }
        Ok(())
    }

    /// Makes the calls that are due.
    async fn hold_spenders(&self) {
        let ledger = &self.shared.burst;
        // Where that fails, nobody is held who was not before.
        self.write_bursts(&ledger.unrecorded()).await;
        let calls: Vec<_> =
            ledger.due().into_iter().map(|call| tokio::spawn(self.clone().make(call))).collect();
        if !calls.is_empty() {
            // One that hangs keeps nobody waiting; it answers when it does.
            let _ = timeout(PATIENCE, join_all(calls)).await;
        }
    }

    async fn make(self, call: Call) {
        let answer = timeout(LIMIT, self.ports().hypervisor.limit_cpu(call.id, call.share)).await;
        let answer = answer.unwrap_or_else(|_| {
            Err(Error::unavailable(format!("no answer within {} seconds", LIMIT.as_secs())))
        });
        self.shared.burst.answered(call, answer.as_ref().err());
    }

    /// There are no rules: whoever may be held from a time when there were is let go.
    async fn let_all_go(&self) {
        self.hold_spenders().await;
        let done = self.shared.burst.let_go();
        if self.write_bursts(&done).await {
            self.shared.burst.close(&done);
        }
    }

    async fn write_bursts(&self, records: &[BurstRecord]) -> bool {
        if records.is_empty() {
            return true;
        }
        let changes = records.iter().map(|record| Change::PutBurst(*record)).collect();
        match self.ports().store.commit(changes).await {
            Ok(()) => {
                self.shared.burst.recorded(records);
                true
            }
            Err(error) => {
                tracing::warn!(%error, "what instances have saved cannot be written down now; it is tried again");
                false
            }
        }
    }
}
