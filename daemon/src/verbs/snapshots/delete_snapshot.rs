use super::whole;
use crate::{
    model::{Caller, Operation, OperationKind, ResourceType, Result, changed},
    ports::Change,
    verbs::Verbs,
};

impl Verbs {
    /// Deletes a snapshot of an instance at once. What was made from it stays; room that nobody else needs is free soon after.
    pub async fn delete_instance_snapshot(&self, caller: &Caller, name: &str) -> Result<Vec<Operation>> {
        self.delete_snapshot(caller, ResourceType::InstanceSnapshot, name).await
    }

    /// Deletes a snapshot of a disk at once, in the same way.
    pub async fn delete_disk_snapshot(&self, caller: &Caller, name: &str) -> Result<Vec<Operation>> {
        self.delete_snapshot(caller, ResourceType::DiskSnapshot, name).await
    }

    async fn delete_snapshot(
        &self,
        caller: &Caller,
        kind: ResourceType,
        name: &str,
    ) -> Result<Vec<Operation>> {
        let _alone = self.admission.lock().await;
        let snapshot = self.find_snapshot(caller, kind, name).await?;
        whole(&snapshot)?;
        self.not_needed(&snapshot).await?;
        let verb = match kind {
            ResourceType::DiskSnapshot => OperationKind::DeleteDiskSnapshot,
            _ => OperationKind::DeleteInstanceSnapshot,
        };
        let operation =
            self.done(caller, verb, &snapshot, "").changing(format!("of {}", changed::source(&snapshot)));
        let changes =
            vec![Change::RemoveSnapshot(snapshot.id), Change::PutOperation(Box::new(operation.clone()))];
        self.ports.store.commit(changes).await?;
        self.engine.sweep_soon();
        Ok(vec![operation])
    }
}
