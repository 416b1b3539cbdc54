//! What is written down and done when it is decided.

use std::time::Duration;

use super::super::{
    Engine, Job,
    run::{Killed, Outcome},
};
use crate::{
    model::{
        Caller, Cause, DomainState, Error, Instance, InstanceId, Kind, Operation, OperationKind,
        OperationStatus, RecoveryRecord, Status,
    },
    ports::{Change, RecoveryChange},
};

/// After this it is tried again, where the state could not be read or written.
pub(super) const RETRY: Duration = Duration::from_secs(10);

impl Engine {
    /// Writes down that it is to be started again, and has it done.
    pub(super) async fn order_recovery(
        &self,
        instance: &Instance,
        cause: Cause,
        counts: bool,
    ) -> Result<Outcome, Killed> {
        let mut operation = self.new_recovery(instance, cause);
        // Nobody is asked: who hangs does not answer, and who crashed is off.
        operation.force = true;
        let (next, at) = (operation.id, counts.then_some(operation.created_at));
        let begun = Change::Recovery(instance.id, RecoveryChange::Begin { cause, at });
        let changes = vec![begun, Change::PutOperation(Box::new(operation))];
        if self.write_while_running(instance, changes).await? {
            tracing::warn!(instance = %instance.name, why = cause.sentence(), "it is started again");
            self.submit(instance.id, next);
        }
        Ok(Outcome::Done)
    }

    /// It is started again, but not at once.
    pub(super) fn give_rest(&self, instance: &Instance, cause: Cause, pause: Duration) {
        let (why, seconds) = (cause.sentence(), pause.as_secs());
        tracing::warn!(instance = %instance.name, why, seconds, "it is started again after a rest");
        let reason = format!("{why}; it is started again after a rest of {seconds} seconds");
        self.shared.health.fail_system(instance.id, reason, self.ports().clock.now());
        self.readiness().reset(instance.id);
        self.look_again(instance.id, pause);
    }

    /// Looks again after a while.
    pub(super) fn look_again(&self, id: InstanceId, pause: Duration) {
        let due = self.shared.waits.begin(id, pause);
        let engine = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep_until(due).await;
            engine.tell(id, Job::Look);
        });
    }

    /// The limit is reached. The history says so, by an operation that failed.
    pub(super) async fn give_up_on(
        &self,
        instance: &Instance,
        cause: Cause,
        is_off: bool,
    ) -> Result<Outcome, Killed> {
        let (id, name, rules) = (instance.id, &instance.name, self.recovery_rules());
        let minutes = rules.window.as_secs() / 60;
        let message = format!(
            "{}; it was recovered {} times within {minutes} minutes, and is left alone now",
            cause.sentence(),
            rules.limit
        );
        let verb = if is_off { "start" } else { "reboot" };
        let error = Error::new(Kind::Unavailable, "RecoveryLimitReached", message)
            .tip(format!("see what it says, sloop console {name} --log; then sloop {verb} {name}"));
        tracing::error!(instance = %name, %error, "it is given up");
        let mut operation = self.new_recovery(instance, cause);
        operation.blame(&error);
        operation.advance(OperationStatus::Failed, operation.created_at);
        let mut changes = vec![
            Change::Recovery(id, RecoveryChange::GiveUp(cause)),
            Change::PutOperation(Box::new(operation)),
        ];
        if is_off {
            changes.push(self.released(instance).await);
        }
        if self.write_while_running(instance, changes).await? && is_off {
            self.is_off(id);
        }
        Ok(Outcome::Done)
    }

    /// It stays off.
    pub(super) async fn leave_off(
        &self,
        instance: &Instance,
        record: &RecoveryRecord,
        cause: Cause,
    ) -> Result<Outcome, Killed> {
        tracing::info!(instance = %instance.name, why = cause.sentence(), "it is off, and stays off");
        let mut changes = vec![self.released(instance).await];
        if record.cause.is_some() && !record.given_up {
            changes.push(Change::Recovery(instance.id, RecoveryChange::End));
        }
        if self.write_while_running(instance, changes).await? {
            self.is_off(instance.id);
        }
        Ok(Outcome::Done)
    }

    /// Ends a recovery before it begins, or goes on, where it is not wanted any more.
    pub(in crate::engine) async fn spare(
        &self,
        operation: &Operation,
        instance: &Instance,
    ) -> Result<Option<Outcome>, Killed> {
        if operation.kind != OperationKind::RecoverInstance {
            return Ok(None);
        }
        let mut ended = operation.clone();
        if instance.status != Status::Running {
            let message =
                format!("something else was asked of it meanwhile: it is {}", instance.status.word());
            ended.blame(&Error::new(Kind::WrongState, "RecoverySuperseded", message));
            ended.advance(OperationStatus::Failed, self.ports().clock.now());
        } else if operation.status == OperationStatus::NotStarted && self.runs_by_itself(instance.id).await {
            ended.advance(OperationStatus::Succeeded, self.ports().clock.now());
        } else {
            return Ok(None);
        }
        self.end(ended, vec![Change::Recovery(instance.id, RecoveryChange::End)], Outcome::Done)
            .await
            .map(Some)
    }

    /// Whether a guest that had ended runs, because somebody was quicker. One that hangs runs all the while.
    async fn runs_by_itself(&self, id: InstanceId) -> bool {
        let hangs = match self.ports().store.recovery(id).await {
            Ok(record) => record.cause == Some(Cause::Hung),
            Err(_) => true,
        };
        !hangs && self.ports().hypervisor.state(id).await.is_ok_and(DomainState::is_alive)
    }

    /// Writes it while the instance should run, and says whether it did: somebody may have asked for something else.
    async fn write_while_running(&self, instance: &Instance, changes: Vec<Change>) -> Result<bool, Killed> {
        let mut all = vec![Change::Expect(instance.id, Status::Running)];
        all.extend(changes);
        self.alive("before", "recording")?;
        let written = self.ports().store.commit(all.clone()).await;
        self.alive("after", "recording")?;
        let Err(error) = written else {
            self.shared.burst.follow(&all);
            return Ok(true);
        };
        if matches!(error.kind, Kind::WrongState | Kind::NotFound) {
            tracing::info!(instance = %instance.name, %error, "something else was asked of it");
        } else {
            // Nothing may happen that is not recorded.
            tracing::error!(instance = %instance.name, %error, "cannot write what is to become of it; it is tried again");
            self.look_again(instance.id, RETRY);
        }
        Ok(false)
    }

    fn is_off(&self, id: InstanceId) {
        self.shared.waits.forget(id);
        self.readiness().reset(id);
        self.shared.health.forget(id);
    }

    /// A recovery, for its instance's owner.
    fn new_recovery(&self, instance: &Instance, cause: Cause) -> Operation {
        let why = if cause == Cause::Hung {
            match self.shared.health.silent(instance.id).max(self.recovery_rules().hung_minutes) {
                1 => "the guest did not answer for a minute".to_owned(),
                minutes => format!("the guest did not answer for {minutes} minutes"),
            }
        } else {
            cause.sentence().to_owned()
        };
        Operation::accepted(
            OperationKind::RecoverInstance,
            &Caller::daemon(&instance.owner),
            instance,
            why,
            self.ports().clock.now(),
        )
    }
}
