//! Starts instances again that ended without being told to.
//!
//! ```text
//!   running ─▶ off by itself, or silent ─▶ decide ─┬─▶ RecoverInstance ─▶ running
//!                        ▲                         ├─▶ a rest ─▶ decide
//!                        └── it did not start ◀────┤
//!                                                  ├─▶ left off  (stopped)
//!                                                  └─▶ given up  (stopped, a RecoverInstance that failed says why)
//! ```
//!
//! An instance stays `running` all the while, with its addresses and rules: that is what its owner asked for. Its worker decides, so that
//! nothing else happens to it meanwhile; what its owner asks for comes first, and ends a rest. Why it is recovered and how often it was is
//! written down with the operation, before anything is done, so that a daemon that is killed begins nothing twice and forgets no attempt.

mod order;
mod waits;

use std::time::Duration;

use self::waits::Rest;
pub(super) use self::waits::Waits;
use super::{
    Engine, Job,
    health::BEAT,
    run::{Killed, Outcome},
};
use crate::{
    model::{
        Cause, Decision, DomainState, Instance, InstanceId, Operation, OperationKind, RecoveryRecord,
        RecoveryRules, Situation, Status,
    },
    ports::{Change, RecoveryChange},
};

/// What is decided upon.
struct Evidence {
    record: RecoveryRecord,
    cause: Cause,
    decision: Decision,
}

impl Engine {
    /// Says what is done with guests that end by themselves. Call it once, before [`Engine::recover`]; without it the defaults hold.
    pub fn set_recovery(&self, rules: RecoveryRules) {
        if self.shared.recovery.set(rules).is_err() {
            tracing::error!(
                "what is done with guests that end by themselves was said twice; the first word holds"
            );
        }
    }

    /// What is done with guests that end by themselves.
    pub fn recovery_rules(&self) -> &RecoveryRules {
        self.shared.recovery.get_or_init(RecoveryRules::default)
    }

    /// The daemon is about to end, perhaps because the host goes down and all guests with it: what ends from now on is for the next one to
    /// judge.
    pub fn let_go(&self) {
        self.shared.waits.end();
    }

    /// How long it will be until an instance that is off is started again; none where it is not waited for.
    pub fn recovery_due(&self, id: InstanceId) -> Option<Duration> {
        self.shared.waits.left(id)
    }

    /// What its owner wants done has changed: an instance that is given a rest is decided upon anew.
    pub fn reconsider(&self, id: InstanceId) {
        if self.shared.waits.forget(id) {
            self.tell(id, Job::Look);
        }
    }

    /// A guest that should run is off, and nobody has told it to.
    pub(super) async fn ended(&self, instance: &Instance) -> Result<Outcome, Killed> {
        let id = instance.id;
        let rest = self.shared.waits.rest(id);
        if self.shared.waits.is_ending() || rest == Rest::Going {
            return Ok(Outcome::Done);
        }
        let Some(Evidence { record, cause, decision }) = self.evidence(instance).await else {
            // Nobody may come and tell: it is looked at again.
            self.look_again(id, order::RETRY);
            return Ok(Outcome::Done);
        };
        match decision {
            Decision::Recover { counts } => self.order_recovery(instance, cause, counts).await,
            Decision::After(_) if rest == Rest::Over => self.order_recovery(instance, cause, true).await,
            Decision::After(pause) => {
                self.give_rest(instance, cause, pause);
                Ok(Outcome::Done)
            }
            Decision::GiveUp => self.give_up_on(instance, cause, true).await,
            Decision::Leave => self.leave_off(instance, &record, cause).await,
        }
    }

    /// How it ended, and what is to be done about it. None when somebody who must know does not answer: then nobody decides anything.
    async fn evidence(&self, instance: &Instance) -> Option<Evidence> {
        let (id, ports) = (instance.id, self.ports());
        let record = match ports.store.recovery(id).await {
            Ok(record) => record,
            Err(error) => {
                tracing::error!(instance = %instance.name, %error, "cannot read how often it was recovered");
                return None;
            }
        };
        let is_fresh = self.shared.waits.was_cut_off(id);
        let seen = if is_fresh { Cause::HostDown } else { ports.hypervisor.ending(id).await.ok()?.into() };
        // What it was begun to be recovered for still holds: how the attempt ended says nothing about it.
        let cause = record.cause.unwrap_or(seen);
        let decision = self.decide(&record, instance.status, cause, is_fresh);
        Some(Evidence { record, cause, decision })
    }

    fn decide(&self, record: &RecoveryRecord, status: Status, cause: Cause, is_fresh: bool) -> Decision {
        let rules = self.recovery_rules();
        rules.decide(&Situation {
            status,
            policy: record.policy.unwrap_or(rules.policy),
            cause,
            again: record.cause.is_some() && !is_fresh,
            given_up: record.given_up,
            times: &record.times,
            now: self.ports().clock.now(),
        })
    }

    /// A guest that had answered has not for a while. It is looked at once more: since then something may have happened.
    pub(super) async fn hung(&self, id: InstanceId) -> Result<Outcome, Killed> {
        let (rules, store) = (self.recovery_rules(), &self.ports().store);
        let silent = self.shared.health.silent(id);
        if silent < rules.hung_minutes || self.shared.waits.is_ending() {
            return Ok(Outcome::Done);
        }
        let (Ok(unfinished), Ok(Some(instance))) = (store.unfinished().await, store.instance_by_id(id).await)
        else {
            return Ok(Outcome::Done);
        };
        if unfinished.iter().any(|operation| operation.resource_id == id.0) {
            return Ok(Outcome::Done);
        }
        // One that stands still for want of room does not hang, and one that is off has its own way.
        let runs = self.ports().hypervisor.state(id).await == Ok(DomainState::Running);
        let (true, Ok(record)) = (runs, store.recovery(id).await) else { return Ok(Outcome::Done) };
        match self.decide(&record, instance.status, Cause::Hung, false) {
            Decision::Recover { counts } => self.order_recovery(&instance, Cause::Hung, counts).await,
            // It rests where it is, and is asked meanwhile.
            Decision::After(pause) if BEAT * (silent - rules.hung_minutes) >= pause => {
                self.order_recovery(&instance, Cause::Hung, true).await
            }
            Decision::GiveUp => self.give_up_on(&instance, Cause::Hung, false).await,
            Decision::After(_) | Decision::Leave => Ok(Outcome::Done),
        }
    }

    /// A guest runs that may have been waited for.
    pub(super) async fn runs_again(&self, id: InstanceId) -> Result<(), Killed> {
        self.shared.waits.forget(id);
        match self.ports().store.recovery(id).await {
            Ok(RecoveryRecord { cause: Some(_), given_up: false, .. }) => {
                self.write(vec![Change::Recovery(id, RecoveryChange::End)]).await
            }
            _ => Ok(()),
        }
    }

    /// Whether the host was started anew since the last daemon ran. Those that ran then are known to have been cut off, and that is written
    /// down: this daemon may end before it has started them.
    pub(super) async fn note_boot(&self, instances: &[Instance]) {
        let (ports, boot) = (self.ports(), self.ports().host.boot_id());
        if boot.is_empty() {
            return;
        }
        let known = match ports.store.boot_id().await {
            Ok(known) => known,
            Err(error) => {
                tracing::warn!(%error, "cannot see whether the host was started anew");
                return;
            }
        };
        if known.as_ref() == Some(&boot) {
            return;
        }
        let mut changes = vec![Change::SetBootId(boot)];
        if known.is_some() {
            let running = instances.iter().filter(|instance| instance.status == Status::Running);
            let ids: Vec<_> = running.map(|instance| instance.id).collect();
            let begun = RecoveryChange::Begin { cause: Cause::HostDown, at: None };
            changes.extend(ids.iter().map(|id| Change::Recovery(*id, begun)));
            self.shared.waits.cut_off(ids.into_iter());
            tracing::info!("the host was started anew");
        }
        if let Err(error) = ports.store.commit(changes).await {
            tracing::warn!(%error, "cannot write down that the host was started anew");
        }
    }

    /// What an operation that begins means for the recovery of its instance.
    pub(super) fn attend(&self, operation: &Operation, starts_guest: bool) -> Option<Change> {
        let id = InstanceId(operation.resource_id);
        self.shared.waits.forget(id);
        if starts_guest {
            self.shared.health.reset(id, self.ports().clock.now());
        }
        match operation.kind {
            // Somebody attends to it: what was before is past.
            OperationKind::StartInstance | OperationKind::StopInstance | OperationKind::RebootInstance => {
                Some(Change::Recovery(id, RecoveryChange::Forget))
            }
            _ => starts_guest.then_some(Change::Recovery(id, RecoveryChange::Answered(false))),
        }
    }
}
