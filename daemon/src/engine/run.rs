//! Runs one operation to its end.

use std::time::Duration;

use futures::FutureExt as _;
use tokio::sync::Notify;

use super::{
    Engine, Moment,
    finish::{meanwhile, set},
    plan::plan,
    steps::Scene,
};
use crate::{
    model::{
        Error, Instance, InstanceId, Kind, Operation, OperationId, OperationKind, OperationStatus, Phase,
        Result, Status,
    },
    ports::Change,
};

/// How a worker's job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The operation is terminal.
    Done,
    /// It is terminal, and the instance is no more.
    Gone,
    /// The engine was killed in a test: nothing more may happen.
    Killed,
}

/// The engine's lifeline was cut.
pub(super) struct Killed;

impl Engine {
    pub(super) async fn run(&self, id: OperationId, hurry: &Notify) -> Outcome {
        let operation = match self.ports().store.operation(id).await {
            Ok(Some(operation)) if !operation.status.is_terminal() => operation,
            Ok(_) => return Outcome::Done,
            Err(error) => {
                tracing::error!(operation = %id, %error, "cannot read the operation; it is taken up at the next start");
                return Outcome::Done;
            }
        };
        match self.hold_instance(InstanceId(operation.resource_id), &operation.order).await {
            Ok(Some((instance, _held))) => match self.drive(operation, instance, hurry).await {
                Ok(outcome) => outcome,
                Err(Killed) => Outcome::Killed,
            },
            Ok(None) => self.settle_without_instance(operation).await,
            Err(error) => {
                tracing::error!(operation = %id, %error, "cannot read the instance; the operation is taken up at the next start");
                Outcome::Done
            }
        }
    }

    async fn drive(
        &self,
        mut operation: Operation,
        mut instance: Instance,
        hurry: &Notify,
    ) -> Result<Outcome, Killed> {
        let force = operation.force || self.is_hurried(&operation, hurry).await;
        let order = operation.order.clone();
        let scene = Scene {
            ports: self.ports(),
            rules: &self.shared.rules,
            order: &order,
            force,
            hurry,
            shutdown: self.shared.limits.shutdown,
        };
        let resumed = operation.status == OperationStatus::Started;
        if operation.kind == OperationKind::StopInstance && instance.status != Status::Stopping {
            // An earlier stop has done it, and somebody may have started the instance again since.
            return self.settle_moot(operation).await;
        }
        if let Some(outcome) = self.spare(&operation, &instance).await? {
            return Ok(outcome);
        }
        if resumed && operation.phase == Phase::Forward {
            operation.steps_done = plan(&operation).resume_at(operation.steps_done);
        }
        self.begin(&mut operation, &instance).await?;
        if let Some(error) = self.refusal(operation.id) {
            tracing::warn!(operation = ?operation.kind, instance = %instance.name, %error, "operation cannot be begun");
            operation.blame(&error);
            return self.give_up(operation, &instance, true).await;
        }
        if operation.phase == Phase::Forward {
            match self.forward(&mut operation, &mut instance, &scene).await? {
                Ok(()) => {
                    let outcome = self.finish(operation, &instance).await?;
                    if resumed && outcome == Outcome::Done {
                        // Its lease may have been given before the daemon was restarted.
                        self.watch_ssh(instance.id);
                    }
                    return Ok(outcome);
                }
                Err(error) => {
                    tracing::warn!(operation = ?operation.kind, instance = %instance.name, %error, "operation failed");
                    operation.blame(&error);
                }
            }
            if !plan(&operation).undoes {
                return self.give_up(operation, &instance, true).await;
            }
            // The step that failed may have done half of its work: it is undone too.
            operation.steps_done += 1;
            operation.phase = Phase::Undoing;
            self.record(&operation).await?;
        }
        let clean = self.undo(&mut operation, &instance, &scene).await?;
        self.give_up(operation, &instance, clean).await
    }

    /// Whether somebody, behind this operation in the queue, wants the instance off at once. A call to hurry that came
    /// before is forgotten first: the queue knows, and one left over must not cut the power of a later, polite stop.
    async fn is_hurried(&self, operation: &Operation, hurry: &Notify) -> bool {
        let _ = hurry.notified().now_or_never();
        let unfinished = self.ports().store.unfinished().await.unwrap_or_default();
        let mut behind = unfinished.iter().filter(|one| one.resource_id == operation.resource_id);
        behind.any(|one| one.force || one.kind == OperationKind::DeleteInstance)
    }

    async fn begin(&self, operation: &mut Operation, instance: &Instance) -> Result<(), Killed> {
        operation.advance(OperationStatus::Started, self.ports().clock.now());
        let mut changes = vec![Change::PutOperation(Box::new(operation.clone()))];
        changes.extend(meanwhile(operation.kind).map(|status| set(instance, status)));
        changes.extend(self.attend(operation, plan(operation).starts_guest()));
        self.write(changes).await
    }

    async fn forward(
        &self,
        operation: &mut Operation,
        instance: &mut Instance,
        scene: &Scene<'_>,
    ) -> Result<Result<()>, Killed> {
        let plan = plan(operation);
        let mut faults: Vec<Error> = Vec::new();
        while let Some(step) = plan.step(operation.steps_done) {
            let stage = if plan.tears_down { step.undo_stage() } else { step.stage() };
            self.announce(operation, stage, plan.len());
            if step.starts_guest() {
                // Whatever was seen before was seen of an earlier boot.
                self.readiness().reset(instance.id);
                self.shared.health.reset(instance.id, self.ports().clock.now());
            }
            self.alive("before", step.stage())?;
            let began = std::time::Instant::now();
            let result = if plan.tears_down {
                step.undo(scene, instance).await
            } else {
                step.ensure(scene, instance).await
            };
            self.alive("after", step.stage())?;
            tracing::debug!(target: "sloopd::timing", step = stage, micros = began.elapsed().as_micros(), "step done");
            match result {
                Ok(()) if step.rewrites() => match self.ports().store.instance_by_id(instance.id).await {
                    Ok(Some(rewritten)) => *instance = rewritten,
                    Ok(None) => return Ok(Err(Error::not_found("Instance", &instance.name))),
                    Err(error) => return Ok(Err(error.while_doing(stage))),
                },
                Ok(()) => {}
                // Taking away goes on whatever happens, and says everything that went wrong.
                Err(error) if plan.tears_down => faults.push(error.while_doing(stage)),
                Err(error) => return Ok(Err(error.while_doing(stage))),
            }
            operation.steps_done += 1;
            if faults.is_empty() {
                self.record(operation).await?;
            }
        }
        Ok(join(faults))
    }

    async fn undo(
        &self,
        operation: &mut Operation,
        instance: &Instance,
        scene: &Scene<'_>,
    ) -> Result<bool, Killed> {
        let plan = plan(operation);
        let mut faults = Vec::new();
        while let Some(index) = operation.steps_done.checked_sub(1) {
            if let Some(step) = plan.step(index) {
                self.announce(operation, step.undo_stage(), plan.len());
                self.alive("before undoing", step.stage())?;
                if let Err(error) = step.undo(scene, instance).await {
                    faults.push(error.while_doing(step.undo_stage()));
                }
                self.alive("after undoing", step.stage())?;
            }
            operation.steps_done = index;
            if faults.is_empty() {
                self.record(operation).await?;
            }
        }
        let result = join(faults);
        if let (Err(error), Some(details)) = (&result, operation.error_details.as_mut()) {
            details.push_str("; and undoing it failed too: ");
            details.push_str(&error.message);
        }
        Ok(result.is_ok())
    }

    pub(super) fn announce(&self, operation: &Operation, stage: &'static str, total: usize) {
        // Nobody may be watching; that is no fault.
        let _ = self.shared.moments.send(Moment {
            operation: operation.id,
            stage: stage.to_owned(),
            detail: String::new(),
            done: operation.steps_done.min(total),
            total,
        });
    }

    /// Writes down how far the operation is.
    async fn record(&self, operation: &Operation) -> Result<(), Killed> {
        self.write(vec![Change::PutOperation(Box::new(operation.clone()))]).await
    }

    pub(super) async fn write(&self, changes: Vec<Change>) -> Result<(), Killed> {
        self.alive("before", "recording")?;
        let mut pause = Duration::from_millis(100);
        let mut written = true;
        while let Err(error) = self.ports().store.commit(changes.clone()).await {
            tracing::error!(%error, "cannot write the state");
            if !matches!(error.kind, Kind::Capacity | Kind::Unavailable) {
                written = false;
                break;
            }
            // Nothing may happen that is not recorded: wait until there is room again.
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
        if written {
            self.shared.burst.follow(&changes);
        }
        self.alive("after", "recording")
    }

    pub(super) fn alive(&self, when: &str, what: &str) -> Result<(), Killed> {
        if self.lives_on(&format!("{when} {what}")) { Ok(()) } else { Err(Killed) }
    }
}

/// Many failures as one, with every message.
fn join(faults: Vec<Error>) -> Result<()> {
    let all = faults.iter().map(|fault| fault.message.as_str()).collect::<Vec<_>>().join("; ");
    match faults.into_iter().next() {
        None => Ok(()),
        Some(first) => Err(Error { message: all, ..first }),
    }
}
