//! How operations on disks end.

use std::time::Duration;

use super::{
    Engine,
    finish::set,
    run::{Killed, Outcome},
    steps::new_tops,
};
use crate::{
    model::{
        Caller, DiskId, Instance, LayerId, Operation, OperationKind, Order, Slot, Snapshot, SnapshotId,
        Status,
    },
    ports::{Address, Change},
};

/// What holds when the goal is reached.
pub(super) fn reached(operation: &Operation, instance: &Instance) -> Vec<Change> {
    match &operation.order {
        Order::Snapshot(id) => vec![Change::Settle(*id)],
        Order::Disk(disk) if operation.kind == OperationKind::AttachDisk => vec![Change::SetAttached(*disk)],
        Order::Disk(_)
        | Order::Grow { .. }
        | Order::Resize { restart: false, .. }
        | Order::RollBack { restart: false, .. } => Vec::new(),
        Order::Plain | Order::Clone { .. } | Order::Resize { .. } | Order::RollBack { .. } => {
            vec![set(instance, Status::Running)]
        }
    }
}

/// Between two tries to learn from the hypervisor where a guest writes.
const AGAIN: Duration = Duration::from_millis(500);

impl Engine {
    pub(super) async fn give_up_storage(
        &self,
        operation: Operation,
        instance: &Instance,
        clean: bool,
    ) -> Result<Outcome, Killed> {
        let changes = match &operation.order {
            Order::Snapshot(id) => self.abandon(*id, instance).await?,
            Order::Disk(disk) if clean => vec![Change::DetachDisk(*disk)],
            Order::Disk(disk) => vec![Change::SetAttached(*disk)],
            // What was to keep the present is not needed.
            Order::RollBack { keep, .. } => vec![Change::RemoveSnapshot(*keep)],
            Order::Plain | Order::Clone { .. } | Order::Grow { .. } | Order::Resize { .. } => Vec::new(),
        };
        let (Order::Resize { restart, .. } | Order::RollBack { restart, .. }) = operation.order else {
            return self.end(operation, changes, Outcome::Done).await;
        };
        if restart {
            return self.start_again(operation, instance, changes).await;
        }
        self.end(operation, changes, Outcome::Done).await
    }

    /// The snapshot is not to be; but a guest that writes to a new top already goes on doing so.
    async fn abandon(&self, id: SnapshotId, instance: &Instance) -> Result<Vec<Change>, Killed> {
        let Ok(Some(snapshot)) = self.ports().store.snapshot_by_id(id).await else { return Ok(Vec::new()) };
        let written =
            if new_tops(&snapshot).is_empty() { Vec::new() } else { self.written(instance).await? };
        Ok(vec![Change::AbandonSnapshot(id, moved(&snapshot, &written))])
    }

    /// Where the guest's disks are written. Nobody may guess that: without the hypervisor there is nothing to do but wait for it.
    async fn written(&self, instance: &Instance) -> Result<Vec<(Slot, LayerId)>, Killed> {
        loop {
            self.alive("before", "looking at the tops")?;
            match self.ports().hypervisor.tops(instance.id).await {
                Ok(tops) => return Ok(tops),
                Err(error) => {
                    tracing::warn!(instance = %instance.name, %error, "cannot see where its disks are written");
                }
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// All is as it was, but the guest is off: it is started again, by an operation of its own.
    async fn start_again(
        &self,
        operation: Operation,
        instance: &Instance,
        mut changes: Vec<Change>,
    ) -> Result<Outcome, Killed> {
        let start = Operation::accepted(
            OperationKind::StartInstance,
            &Caller::daemon(&instance.owner),
            instance,
            "",
            self.ports().clock.now(),
        );
        let start = start.changing(format!("after {} failed", operation.kind.word()));
        let pending = Change::SetStatus {
            id: instance.id,
            expect: None,
            status: Status::Pending,
            address: Address::Keep,
        };
        let next = start.id;
        changes.extend([pending, Change::PutOperation(Box::new(start))]);
        let outcome = self.end(operation, changes, Outcome::Done).await?;
        self.submit(instance.id, next);
        Ok(outcome)
    }
}

/// The disks that are written to their new tops.
fn moved(snapshot: &Snapshot, written: &[(Slot, LayerId)]) -> Vec<DiskId> {
    let is_written = |next: LayerId| written.iter().any(|(_, layer)| *layer == next);
    let moved = snapshot.disks.iter().filter(|disk| disk.next.is_some_and(is_written));
    moved.map(|disk| disk.disk).collect()
}
