//! Makes what shall be so.
//!
//! A verb writes an operation; the engine runs it. Each instance has one worker, which runs that instance's operations one
//! after the other, so that nothing else ever changes the instance. An operation is a row of steps; each step is idempotent
//! and has its undo beside it, and each is recorded when it is done. A crash at any point is a pause: [`Engine::recover`]
//! takes up every unfinished operation where it was.
//!
//! ```text
//!   forward:  step 1 ─▶ step 2 ─▶ … ─▶ finish            (Succeeded)
//!                          │ fails: reason recorded
//!   undoing:  undo 1 ◀─ undo 2 ◀┘ ─▶ give up             (Failed)
//! ```
//!
//! Imports `model` and `ports` only: no door and no adapter is known here.

mod alarms;
mod beneath;
mod burst;
mod finish;
mod halt;
mod health;
mod metrics;
mod observe;
mod plan;
mod readiness;
mod recovery;
mod revival;
mod rules;
mod run;
mod steps;
mod storage;
mod sweep;
mod tidy;
mod transfer;
mod worker;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use tokio::sync::{Notify, Semaphore, broadcast, mpsc};

pub use self::{
    burst::{BurstReport, Spent},
    health::Patience,
    metrics::Latest,
    readiness::ReadinessHub,
    recovery::Recovered,
    tidy::Hold,
};
use crate::{
    model::{Error, InstanceId, OperationId, RecoveryRules},
    ports::Ports,
};

/// How long the engine waits for things that may never happen.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a guest has to shut down before its power is cut.
    pub shutdown: Duration,
    /// How many instances are worked on at once.
    pub parallel: usize,
    /// Room on the disk that is left alone, in bytes.
    pub headroom: u64,
}

/// Where an operation is now, for those who watch it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The operation.
    pub operation: OperationId,
    /// What is being done, in a few words; empty when it has ended.
    pub stage: String,
    /// More about it, such as how much is downloaded.
    pub detail: String,
    /// Steps done.
    pub done: usize,
    /// Steps in all.
    pub total: usize,
}

/// Decides whether the engine lives on after each thing that it does. Real engines always do; tests end them anywhere.
pub trait Lifeline: Send + Sync {
    /// Called before and after every effect and record. `false` means: die here, as if killed.
    fn lives_on(&self, at: &str) -> bool;
}

/// A real engine's lifeline.
#[derive(Debug)]
pub struct Unbroken;

impl Lifeline for Unbroken {
    fn lives_on(&self, _: &str) -> bool {
        true
    }
}

/// The engine. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    ports: Ports,
    limits: Limits,
    lifeline: Arc<dyn Lifeline>,
    workers: Mutex<HashMap<InstanceId, Worker>>,
    gate: Semaphore,
    rules: rules::RulesLock,
    tally: transfer::TallyLock,
    sweeping: sweep::SweepLock,
    sweep_wait: sweep::SweepWait,
    holds: Arc<tidy::Holds>,
    tidiness: tidy::Tidiness,
    alarm: halt::Alarm,
    latest: metrics::Hub,
    counts: metrics::Counts,
    burst: burst::Ledger,
    health: health::HealthHub,
    waits: revival::Waits,
    watch: alarms::Watch,
    post: alarms::Post,
    recovery: OnceLock<RecoveryRules>,
    moments: broadcast::Sender<Moment>,
    readiness: ReadinessHub,
    /// Operations that are not to be begun, and why.
    refusals: Mutex<HashMap<OperationId, Error>>,
}

struct Worker {
    jobs: mpsc::UnboundedSender<Job>,
    hurry: Arc<Notify>,
}

/// What a worker is told.
enum Job {
    /// Run this operation.
    Run(OperationId),
    /// Look at the domain: it may have stopped or started by itself.
    Look,
    /// The guest has not answered for a while: decide what becomes of it.
    Hung,
}

impl Engine {
    /// An engine at rest. Call [`Engine::recover`] before the first verb.
    pub fn new(ports: Ports, limits: Limits, lifeline: Arc<dyn Lifeline>) -> Self {
        let (moments, _) = broadcast::channel(256);
        let shared = Shared {
            gate: Semaphore::new(limits.parallel),
            rules: rules::RulesLock::default(),
            tally: transfer::TallyLock::default(),
            sweeping: sweep::SweepLock::default(),
            sweep_wait: sweep::SweepWait::default(),
            holds: Arc::default(),
            tidiness: tidy::Tidiness::default(),
            alarm: halt::Alarm::default(),
            latest: metrics::Hub::default(),
            counts: metrics::Counts::default(),
            burst: burst::Ledger::new(ports.hypervisor.events()),
            health: health::HealthHub::default(),
            waits: revival::Waits::default(),
            watch: alarms::Watch::default(),
            post: alarms::Post::default(),
            recovery: OnceLock::new(),
            readiness: ReadinessHub::default(),
            workers: Mutex::default(),
            refusals: Mutex::default(),
            ports,
            limits,
            lifeline,
            moments,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Hands an operation, already written down, to its instance's worker.
    pub fn submit(&self, instance: InstanceId, operation: OperationId) {
        self.tell(instance, Job::Run(operation));
    }

    /// Hands over an operation that cannot be begun, because what it needs did not come: it fails with that error, and nothing
    /// is left of what it was to make.
    pub fn refuse(&self, instance: InstanceId, operation: OperationId, error: Error) {
        self.shared.refusals.lock().unwrap_or_else(PoisonError::into_inner).insert(operation, error);
        self.submit(instance, operation);
    }

    /// Tells those who watch an operation, which waits for something, how that comes along.
    pub fn tell_waiting(&self, operation: OperationId, total: usize, stage: String, detail: String) {
        // Nobody may be watching; that is no fault.
        let _ = self.shared.moments.send(Moment { operation, stage, detail, done: 0, total });
    }

    fn refusal(&self, operation: OperationId) -> Option<Error> {
        self.shared.refusals.lock().unwrap_or_else(PoisonError::into_inner).remove(&operation)
    }

    /// Ends the worker's wait for a guest that is shutting down: somebody wants it off now.
    pub fn hurry(&self, instance: InstanceId) {
        let workers = self.shared.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(worker) = workers.get(&instance) {
            worker.hurry.notify_one();
        }
    }

    /// The course of every operation from now on.
    pub fn moments(&self) -> broadcast::Receiver<Moment> {
        self.shared.moments.subscribe()
    }

    /// What is seen of instances.
    pub fn readiness(&self) -> &ReadinessHub {
        &self.shared.readiness
    }

    /// How many steps an operation has.
    pub fn steps_of(operation: &crate::model::Operation) -> usize {
        plan::plan(operation).len()
    }

    fn ports(&self) -> &Ports {
        &self.shared.ports
    }

    /// Whether the engine may go on; see [`Lifeline`].
    fn lives_on(&self, at: &str) -> bool {
        self.shared.lifeline.lives_on(at)
    }
}
