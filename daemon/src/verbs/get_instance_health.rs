use jiff::{SignedDuration, Timestamp};

use super::Verbs;
use crate::model::{Caller, CheckState, Health, Instance, RecoveryPolicy, Result, Status, StatusCheck};

/// How an instance is, and what is done when it ends without being told to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthReport {
    /// What the status checks say.
    pub health: Health,
    /// What is done.
    pub policy: RecoveryPolicy,
    /// How often it was recovered lately: the limit counts these.
    pub recent: usize,
    /// It is not recovered again before somebody starts it.
    pub given_up: bool,
    /// When it will be started again, if it is off and waits for that.
    pub next: Option<Timestamp>,
}

impl Verbs {
    /// What the status checks of an instance say, and what is done when they fail.
    pub async fn get_instance_health(&self, caller: &Caller, name: &str) -> Result<HealthReport> {
        let instance = self.find(caller, name).await?;
        let record = self.ports.store.recovery(instance.id).await?;
        let (rules, now) = (self.engine.recovery_rules(), self.ports.clock.now());
        let mut health = self.health_of(&instance);
        if let (Status::Stopped, true, Some(cause)) = (instance.status, record.given_up, record.cause) {
            let reason = format!("{}; it was recovered too often, and stays off", cause.sentence());
            let since = record.times.last().copied();
            health.system = StatusCheck { since, ..StatusCheck::new(CheckState::Failed, reason) };
        }
        // A rest longer than the calendar is none that anybody waits for.
        let due = self.engine.recovery_due(instance.id);
        let next = due.and_then(|due| now.checked_add(SignedDuration::try_from(due).ok()?).ok());
        Ok(HealthReport {
            health,
            policy: record.policy.unwrap_or(rules.policy),
            recent: rules.recent(&record.times, now),
            given_up: record.given_up,
            next,
        })
    }

    /// What the status checks of an instance say.
    pub fn health_of(&self, instance: &Instance) -> Health {
        self.engine.health(instance)
    }
}
