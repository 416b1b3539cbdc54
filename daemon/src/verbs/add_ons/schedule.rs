use std::time::Duration;

use crate::{
    model::{
        AutoSnapshot, Caller, DiskId, Error, InstanceId, Operation, ResourceType, Result, Snapshot,
        SnapshotState,
    },
    ports::Change,
    verbs::Verbs,
};

/// How often the schedule is looked at. What is due is told by the time of day alone, so it does not matter how often.
const BEAT: Duration = Duration::from_secs(20);

impl Verbs {
    /// Takes automatic snapshots when they are due, until the daemon ends.
    pub async fn keep_schedule(self) {
        loop {
            if let Err(error) = self.take_due_snapshots().await {
                tracing::error!(%error, "cannot look for automatic snapshots that are due");
            }
            tokio::time::sleep(BEAT).await;
        }
    }

    /// Begins every automatic snapshot that is due now, and forgets the oldest ones beyond those that are kept. One that cannot be taken
    /// is due still the next time.
    pub async fn take_due_snapshots(&self) -> Result<Vec<Operation>> {
        let mut begun = Vec::new();
        for daily in self.ports.store.auto_snapshots().await? {
            match self.take_due(&daily).await {
                Ok(operations) => begun.extend(operations),
                Err(error) => {
                    tracing::warn!(source = %daily.source, %error, "an automatic snapshot is due and cannot be taken");
                }
            }
            self.forget_oldest(&daily).await?;
        }
        Ok(begun)
    }

    async fn take_due(&self, daily: &AutoSnapshot) -> Result<Vec<Operation>> {
        let Some(day) = daily.due(self.ports.clock.now()) else { return Ok(Vec::new()) };
        let _alone = self.admission.lock().await;
        let there = self.auto_snapshots_of(daily.source).await?;
        if there.iter().any(|one| one.state == SnapshotState::Pending) {
            return Ok(Vec::new());
        }
        if daily.kind == ResourceType::Disk {
            return self.take_due_of_disk(DiskId(daily.source), day).await;
        }
        let instance = self.ports.store.instance_by_id(InstanceId(daily.source)).await?;
        let instance = instance.ok_or_else(|| Error::not_found("Instance", daily.source))?;
        let owner = Caller::daemon(&instance.owner);
        let snapshot =
            self.design_snapshot(&owner, None, crate::verbs::snapshots::frozen(&instance), Vec::new())?;
        self.order_snapshot(&owner, &instance, Snapshot { day: Some(day), ..snapshot }).await
    }

    async fn take_due_of_disk(&self, id: DiskId, day: String) -> Result<Vec<Operation>> {
        let disk = self.ports.store.disks().await?.into_iter().find(|disk| disk.id == id);
        let disk = disk.ok_or_else(|| Error::not_found("Disk", id))?;
        let owner = Caller::daemon(&disk.owner);
        let origin = crate::model::Origin::Disk { id, name: Some(disk.name.clone()), instance: None };
        let snapshot = Snapshot { day: Some(day), ..self.design_snapshot(&owner, None, origin, Vec::new())? };
        match self.settled_instance_of(&disk).await? {
            Some(instance) => self.order_snapshot(&owner, &instance, snapshot).await,
            None => self.freeze_at_once(&owner, &disk, snapshot).await,
        }
    }

    async fn forget_oldest(&self, daily: &AutoSnapshot) -> Result<()> {
        let _alone = self.admission.lock().await;
        let mut all = self.auto_snapshots_of(daily.source).await?;
        all.retain(|one| one.state == SnapshotState::Available);
        let mut forgotten = false;
        for old in all.into_iter().skip(self.policy.auto_snapshots_kept) {
            if self.not_needed(&old).await.is_ok() {
                let operation = self.forgotten(&Caller::daemon(&old.owner), &old);
                let changes = vec![Change::RemoveSnapshot(old.id), Change::PutOperation(Box::new(operation))];
                self.ports.store.commit(changes).await?;
                forgotten = true;
            }
        }
        if forgotten {
            self.engine.sweep_soon();
        }
        Ok(())
    }
}
