//! What holds when an operation begins and ends, written in one transaction with it.

use super::{
    Engine, Job,
    plan::plan,
    run::{Killed, Outcome},
    storage,
};
use crate::{
    model::{
        DomainState, Error, Instance, InstanceId, Operation, OperationKind, OperationStatus, Result, Status,
    },
    ports::{Address, Change, RecoveryChange},
};

impl Engine {
    /// The goal is reached.
    pub(super) async fn finish(
        &self,
        mut operation: Operation,
        instance: &Instance,
    ) -> Result<Outcome, Killed> {
        operation.advance(OperationStatus::Succeeded, self.ports().clock.now());
        match operation.kind {
            OperationKind::DeleteInstance => {
                self.end(operation, vec![Change::RemoveInstance(instance.id)], Outcome::Gone).await
            }
            OperationKind::StopInstance => {
                self.readiness().reset(instance.id);
                self.shared.health.forget(instance.id);
                self.end(operation, vec![stopped(instance)], Outcome::Done).await
            }
            // It was running all the while, unless something else was asked of it meanwhile.
            OperationKind::RebootInstance => self.end(operation, Vec::new(), Outcome::Done).await,
            OperationKind::RecoverInstance => {
                self.end(operation, vec![Change::Recovery(instance.id, RecoveryChange::End)], Outcome::Done)
                    .await
            }
            _ => {
                let changes = storage::reached(&operation, instance);
                self.end(operation, changes, Outcome::Done).await
            }
        }
    }

    /// The goal is out of reach. `clean` says that nothing half-made is left.
    pub(super) async fn give_up(
        &self,
        mut operation: Operation,
        instance: &Instance,
        clean: bool,
    ) -> Result<Outcome, Killed> {
        operation.advance(OperationStatus::Failed, self.ports().clock.now());
        let change = match operation.kind {
            OperationKind::CreateInstance if clean => {
                // Disks that were made with it are not to be either.
                let disks = instance.drives.iter().filter(|drive| !drive.slot.is_system());
                let mut changes: Vec<_> = disks.map(|drive| Change::RemoveDisk(drive.disk)).collect();
                changes.push(Change::RemoveInstance(instance.id));
                return self.end(operation, changes, Outcome::Gone).await;
            }
            // Something is left that could not be removed. The instance stays, so that it can be deleted again.
            OperationKind::CreateInstance | OperationKind::DeleteInstance => {
                set(instance, Status::ShuttingDown)
            }
            OperationKind::StartInstance if clean => stopped(instance),
            OperationKind::StartInstance => self.released(instance).await,
            OperationKind::StopInstance | OperationKind::RebootInstance => self.as_it_is(instance).await,
            // It should run still; how it is tried again is decided when it is looked at.
            OperationKind::RecoverInstance => return self.end(operation, Vec::new(), Outcome::Done).await,
            _ => return self.give_up_storage(operation, instance, clean).await,
        };
        self.end(operation, vec![change], Outcome::Done).await
    }

    /// The operation has nothing left to do.
    pub(super) async fn settle_moot(&self, mut operation: Operation) -> Result<Outcome, Killed> {
        operation.advance(OperationStatus::Succeeded, self.ports().clock.now());
        self.write(vec![Change::PutOperation(Box::new(operation.clone()))]).await?;
        self.announce(&operation, "", plan(&operation).len());
        Ok(Outcome::Done)
    }

    /// Off, with its address let go: but only when nothing leads there any more.
    pub(super) async fn released(&self, instance: &Instance) -> Change {
        match self.shared.rules.remove(self.ports(), instance).await {
            Ok(()) => stopped(instance),
            Err(error) => {
                tracing::warn!(instance = %instance.name, %error, "cannot take its rules out; it keeps its address");
                set(instance, Status::Stopped)
            }
        }
    }

    /// The status that the domain has.
    async fn as_it_is(&self, instance: &Instance) -> Change {
        match self.ports().hypervisor.state(instance.id).await {
            Ok(DomainState::Off | DomainState::Absent) => self.released(instance).await,
            // Where nobody knows, it was running; the hypervisor's return makes the daemon look again.
            Ok(DomainState::Running | DomainState::Paused) | Err(_) => set(instance, Status::Running),
        }
    }

    /// The instance went while this operation waited its turn: a deletion has its goal, anything else has lost its object.
    pub(super) async fn settle_without_instance(&self, mut operation: Operation) -> Outcome {
        let now = self.ports().clock.now();
        if operation.kind == OperationKind::DeleteInstance {
            operation.advance(OperationStatus::Succeeded, now);
        } else {
            operation.blame(&Error::not_found("Instance", &operation.resource_name));
            operation.advance(OperationStatus::Failed, now);
        }
        match self.write(vec![Change::PutOperation(Box::new(operation.clone()))]).await {
            Ok(()) => {
                self.announce(&operation, "", plan(&operation).len());
                Outcome::Gone
            }
            Err(Killed) => Outcome::Killed,
        }
    }

    pub(super) async fn end(
        &self,
        operation: Operation,
        mut changes: Vec<Change>,
        outcome: Outcome,
    ) -> Result<Outcome, Killed> {
        changes.push(Change::PutOperation(Box::new(operation.clone())));
        self.write(changes).await?;
        self.announce(&operation, "", plan(&operation).len());
        tracing::info!(
            operation = operation.kind.word(),
            instance = operation.resource_name,
            status = operation.status.word(),
            error = operation.error_details,
            "operation ended"
        );
        if meanwhile(operation.kind).is_none() {
            // What the guest did by itself meanwhile was not looked at.
            self.tell(InstanceId(operation.resource_id), Job::Look);
        }
        self.sweep_soon();
        Ok(outcome)
    }
}

/// A stopped instance has no public address but a static one: another goes back to the range, as at Lightsail.
pub(super) fn stopped(instance: &Instance) -> Change {
    Change::SetStatus { id: instance.id, expect: None, status: Status::Stopped, address: Address::LetGo }
}

pub(super) fn set(instance: &Instance, status: Status) -> Change {
    Change::SetStatus { id: instance.id, expect: None, status, address: Address::Keep }
}

/// What an instance is doing while an operation of that kind runs.
pub(super) fn meanwhile(kind: OperationKind) -> Option<Status> {
    match kind {
        OperationKind::CreateInstance | OperationKind::StartInstance => Some(Status::Pending),
        OperationKind::StopInstance => Some(Status::Stopping),
        OperationKind::DeleteInstance => Some(Status::ShuttingDown),
        // There is no "rebooting" state at Lightsail.
        _ => None,
    }
}
