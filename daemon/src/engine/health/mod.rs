//! Looks once a minute whether instances are well, and says what is not.
//!
//! All is seen from the host: the state of the machine, and whether the guest answers on its wire. Only one that does not is asked by its
//! agent. Guests that hang keep nobody waiting: everything has its time, and so has a whole round.

mod ask;
mod hub;

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::time::MissedTickBehavior;

pub(super) use self::hub::HealthHub;
use self::{
    ask::Host,
    hub::{Outcome, Ticket},
};
use super::{Engine, Job};
use crate::{
    model::{
        CheckState, Health, Instance, InstanceId, Metric, RecoveryRecord, Result, Sample, Seen, Status,
        StatusCheck, Tick, judge,
    },
    ports::{Change, RecoveryChange},
};

/// Between two rounds.
pub(super) const BEAT: Duration = Duration::from_mins(1);

/// How long is waited for what may never come.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the hypervisor, and for one guest's answer on its wire.
    pub each: Duration,
    /// For the agents of all guests that do not answer there, together.
    pub agents: Duration,
    /// So many guests are asked at once.
    pub at_once: usize,
}

impl Default for Patience {
    fn default() -> Self {
        Self { each: Duration::from_secs(5), agents: Duration::from_secs(20), at_once: 16 }
    }
}

/// What is known of instances when a round begins.
struct Round {
    records: HashMap<InstanceId, RecoveryRecord>,
    host: Host,
    /// Guests that have answered for the first time since they were started.
    first: Vec<InstanceId>,
}

impl Engine {
    /// Looks once a minute, until the engine is dropped. Call it once, behind [`Engine::recover`].
    pub fn keep_health(&self) {
        let engine = self.clone();
        tokio::spawn(async move {
            let mut beat = tokio::time::interval(BEAT);
            // A host that was suspended makes up for nothing: a guest that slept with it has its time to wake up.
            beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                beat.tick().await;
                if let Err(error) = engine.check_health(Patience::default()).await {
                    tracing::warn!(%error, "cannot look at instances now; in a minute");
                }
            }
        });
    }

    /// Looks at every instance that should run, once. What is being worked on is left out: its checks are what they were.
    pub async fn check_health(&self, patience: Patience) -> Result<()> {
        let ports = self.ports();
        let mut instances = ports.store.instances().await?;
        instances.retain(|instance| instance.status == Status::Running);
        let unfinished = ports.store.unfinished().await?;
        let busy: HashSet<_> = unfinished.iter().map(|operation| operation.resource_id).collect();
        let records = ports.store.recoveries().await?;
        let idle: Vec<_> = instances.iter().filter(|instance| !busy.contains(&instance.id.0)).collect();
        let ticket = |id: InstanceId| {
            self.shared.health.ticket(id, records.get(&id).is_some_and(|record| record.answered))
        };
        // Before anybody is asked: what is started anew meanwhile is told from what was asked.
        let tickets: HashMap<_, _> = idle.iter().map(|instance| (instance.id, ticket(instance.id))).collect();
        let host = self.look_at_host(patience).await;
        let answers = self.ask_guests(&idle, &host, patience).await;
        let mut round = Round { records, host, first: Vec::new() };
        for instance in idle {
            if let Some(ticket) = tickets.get(&instance.id) {
                let answers = answers.get(&instance.id).copied().flatten();
                self.take_in(&mut round, instance, *ticket, answers);
            }
        }
        self.keep_what_answered(round.first).await;
        self.record_checks(&instances).await;
        Ok(())
    }

    /// What the checks of an instance say.
    pub fn health(&self, instance: &Instance) -> Health {
        match instance.status {
            Status::Running => {
                let seen = self.shared.health.now(instance.id);
                seen.unwrap_or_else(|| Health::unknown("nobody has looked at it yet"))
            }
            Status::Pending => Health::starting(None),
            Status::Stopping | Status::Stopped | Status::ShuttingDown => Health::unknown("it is not to run"),
        }
    }

    fn take_in(&self, round: &mut Round, instance: &Instance, ticket: Ticket, answers: Option<bool>) {
        let (id, rules) = (instance.id, self.recovery_rules());
        if self.recovery_due(id).is_some() {
            // It is off, and rests; why is told already.
            return;
        }
        let state = round.host.state(id);
        let health = judge(&Seen {
            state,
            is_halted: round.host.is_halted(id),
            accelerator: round.host.accelerator.as_deref(),
            answers,
            has_answered: ticket.answered,
            up: ticket.up,
            boot: rules.boot,
        });
        if state.is_some_and(|state| !state.is_alive()) {
            // Nobody was told that it ended, or what was to be done about it could not be done then.
            self.tell(id, Job::Look);
        }
        let now = self.ports().clock.now();
        let Some(outcome) = self.shared.health.settle(id, ticket, (health, answers), now) else { return };
        tell_changes(instance, &outcome);
        let record = round.records.get(&id);
        if answers == Some(true) && !record.is_some_and(|record| record.answered && !record.given_up) {
            round.first.push(id);
        }
        if rules.hung_minutes > 0 && outcome.silent >= rules.hung_minutes {
            self.tell(id, Job::Hung);
        }
    }

    /// Writes down that guests have answered, for a daemon that comes later. One that was given up and answers is so no more.
    async fn keep_what_answered(&self, first: Vec<InstanceId>) {
        let changes = first.into_iter().flat_map(|id| {
            [Change::Recovery(id, RecoveryChange::Answered(true)), Change::Recovery(id, RecoveryChange::End)]
        });
        let changes: Vec<_> = changes.collect();
        if changes.is_empty() {
            return;
        }
        if let Err(error) = self.ports().store.commit(changes).await {
            tracing::warn!(%error, "cannot write down which guests answer; in a minute");
        }
    }

    /// What the checks of an instance say, as numbers.
    pub(super) fn checks_of(&self, instance: &Instance) -> impl Iterator<Item = (Metric, f64)> + use<> {
        values(&self.health(instance))
    }

    /// Keeps a sample of each check of every instance that should run: 1 where it failed.
    async fn record_checks(&self, instances: &[Instance]) {
        let at = Tick::of(self.ports().clock.now());
        let samples: Vec<_> = instances
            .iter()
            .flat_map(|instance| {
                let sample = |(metric, value)| Sample { subject: instance.id.into(), metric, value };
                self.checks_of(instance).map(sample)
            })
            .collect();
        if samples.is_empty() {
            return;
        }
        if let Err(error) = self.ports().metrics.record(at, samples).await {
            tracing::warn!(%error, "the status checks cannot be kept; they can be asked for all the same");
        }
    }
}

/// Each check as a number: 1 where it failed. What nobody knows is missing.
fn values(health: &Health) -> impl Iterator<Item = (Metric, f64)> + use<> {
    let failed = |check: &StatusCheck| {
        (check.state != CheckState::Unknown).then_some(check.state == CheckState::Failed)
    };
    let (instance, system) = (failed(&health.instance), failed(&health.system));
    let either = if health.has_failed() { Some(true) } else { instance.and(system) };
    let all = [
        (Metric::StatusCheckFailed, either),
        (Metric::StatusCheckFailedInstance, instance),
        (Metric::StatusCheckFailedSystem, system),
    ];
    all.into_iter().filter_map(|(metric, failed)| Some((metric, f64::from(u8::from(failed?)))))
}

fn tell_changes(instance: &Instance, outcome: &Outcome) {
    let checks = [
        ("system", &outcome.health.system, outcome.system_changed),
        ("instance", &outcome.health.instance, outcome.instance_changed),
    ];
    let (instance, changed) = (&instance.name, checks.into_iter().filter(|(_, _, changed)| *changed));
    for (check, StatusCheck { state, reason, .. }, _) in changed {
        if *state == CheckState::Failed {
            tracing::warn!(%instance, check, reason, "a status check failed");
        } else {
            tracing::info!(%instance, check, state = state.word(), reason, "a status check changed");
        }
    }
}
