//! What the checks of every instance say.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::time::Instant;

use crate::model::{CheckState, Health, InstanceId, StatusCheck};

/// The checks of instances that run, as far as somebody has looked at them.
#[derive(Default)]
pub(in crate::engine) struct HealthHub(Mutex<HashMap<InstanceId, Entry>>);

struct Entry {
    health: Health,
    /// Counts the starts; what was seen of an earlier one is worth nothing.
    epoch: u64,
    /// Since when it has been up, as far as this daemon knows.
    since: Instant,
    /// Whether the guest has answered since it was started.
    answered: bool,
    /// For how many checks in a row a guest that had answered has not.
    silent: u32,
}

/// What is known of an instance before it is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    pub(super) epoch: u64,
    pub(super) answered: bool,
    pub(super) up: Duration,
}

/// What became of its checks by a look.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) health: Health,
    pub(super) system_changed: bool,
    pub(super) instance_changed: bool,
    /// For how many checks in a row the guest has not answered.
    pub(super) silent: u32,
}

impl HealthHub {
    /// The checks now; none where nobody has looked.
    pub(super) fn now(&self, id: InstanceId) -> Option<Health> {
        self.all().get(&id).map(|entry| entry.health.clone())
    }

    /// It starts anew: what was seen before no longer counts.
    pub(in crate::engine) fn reset(&self, id: InstanceId, now: Timestamp) {
        let mut all = self.all();
        let epoch = all.get(&id).map_or(0, |entry| entry.epoch + 1);
        all.insert(id, Entry::new(epoch, Health::starting(Some(now)), false));
    }

    /// It is off, or no more.
    pub(in crate::engine) fn forget(&self, id: InstanceId) {
        self.all().remove(&id);
    }

    /// Its machine does not run, for this reason.
    pub(in crate::engine) fn fail_system(&self, id: InstanceId, reason: String, now: Timestamp) {
        let mut all = self.all();
        let entry = all.entry(id).or_insert_with(|| Entry::new(0, Health::default(), false));
        entry.health.system.become_like(StatusCheck::new(CheckState::Failed, reason), now);
        let nobody = StatusCheck::new(CheckState::Unknown, "the guest cannot be asked: its machine is off");
        entry.health.instance.become_like(nobody, now);
        entry.silent = 0;
        // Who is looking at it has not seen this.
        entry.epoch += 1;
    }

    /// For how many checks in a row a guest that had answered has not.
    pub(in crate::engine) fn silent(&self, id: InstanceId) -> u32 {
        self.all().get(&id).map_or(0, |entry| entry.silent)
    }

    /// Somebody is about to look at it. `answered` is what is written down, for one that ran on while the daemon was started anew.
    pub(super) fn ticket(&self, id: InstanceId, answered: bool) -> Ticket {
        let mut all = self.all();
        let entry = all.entry(id).or_insert_with(|| Entry::new(0, Health::default(), answered));
        Ticket { epoch: entry.epoch, answered: entry.answered, up: entry.since.elapsed() }
    }

    /// Takes in what was seen, unless it was started anew meanwhile.
    pub(super) fn settle(
        &self,
        id: InstanceId,
        ticket: Ticket,
        (health, answers): (Health, Option<bool>),
        now: Timestamp,
    ) -> Option<Outcome> {
        let mut all = self.all();
        let entry = all.get_mut(&id).filter(|entry| entry.epoch == ticket.epoch)?;
        entry.answered |= answers == Some(true);
        entry.silent = match health.instance.state {
            CheckState::Failed if entry.answered => entry.silent.saturating_add(1),
            // Nobody could look: that is neither for it nor against it.
            CheckState::Unknown => entry.silent,
            _ => 0,
        };
        let system_changed = entry.health.system.become_like(health.system, now);
        let instance_changed = entry.health.instance.become_like(health.instance, now);
        let (health, silent) = (entry.health.clone(), entry.silent);
        Some(Outcome { health, system_changed, instance_changed, silent })
    }

    fn all(&self) -> MutexGuard<'_, HashMap<InstanceId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn new(epoch: u64, health: Health, answered: bool) -> Self {
        Self { health, epoch, since: Instant::now(), answered, silent: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn seen(state: CheckState, answers: Option<bool>) -> (Health, Option<bool>) {
        let check = |state| StatusCheck::new(state, "");
        (Health { system: check(CheckState::Passed), instance: check(state) }, answers)
    }

    fn look(hub: &HealthHub, id: InstanceId, what: (Health, Option<bool>)) -> u32 {
        let ticket = hub.ticket(id, false);
        hub.settle(id, ticket, what, NOW).expect("it is the same start").silent
    }

    #[test]
    fn silence_is_counted_from_the_last_answer_on() {
        let (hub, id) = (HealthHub::default(), InstanceId::fresh());
        let failed = || seen(CheckState::Failed, Some(false));
        assert_eq!(look(&hub, id, failed()), 0, "it never answered");
        assert_eq!(look(&hub, id, seen(CheckState::Passed, Some(true))), 0);
        assert_eq!(look(&hub, id, failed()), 1);
        assert_eq!(look(&hub, id, seen(CheckState::Unknown, None)), 1, "nobody could look");
        assert_eq!(look(&hub, id, failed()), 2);
        assert_eq!(look(&hub, id, seen(CheckState::Passed, Some(true))), 0);
        look(&hub, id, failed());
        hub.reset(id, NOW);
        assert_eq!(hub.silent(id), 0);
        assert_eq!(look(&hub, id, failed()), 0, "it has not answered since it was started anew");
    }

    #[test]
    fn what_was_seen_of_an_earlier_start_is_worth_nothing() {
        let (hub, id) = (HealthHub::default(), InstanceId::fresh());
        let ticket = hub.ticket(id, true);
        assert!(ticket.answered);
        hub.reset(id, NOW);
        assert!(hub.settle(id, ticket, seen(CheckState::Failed, Some(false)), NOW).is_none());
        assert_eq!(hub.now(id), Some(Health::starting(Some(NOW))));
        let ticket = hub.ticket(id, true);
        assert!(!ticket.answered, "what is written down is of the start before");
        hub.fail_system(id, "gone".into(), NOW);
        assert!(hub.settle(id, ticket, seen(CheckState::Passed, Some(true)), NOW).is_none());
        hub.forget(id);
        assert_eq!(hub.now(id), None);
    }
}
