use super::AutoChoice;
use crate::{
    model::{Caller, Operation, OperationKind, ResourceType, Result, Snapshot, changed},
    ports::Change,
    verbs::Verbs,
};

impl Verbs {
    /// Deletes the automatic snapshot of a day.
    pub async fn delete_auto_snapshot(
        &self,
        caller: &Caller,
        name: &str,
        day: &str,
    ) -> Result<Vec<Operation>> {
        let _alone = self.admission.lock().await;
        let snapshot = self.find_auto(caller, name, &AutoChoice::Day(day.to_owned())).await?;
        self.not_needed(&snapshot).await?;
        let operation = self.forgotten(caller, &snapshot);
        let changes =
            vec![Change::RemoveSnapshot(snapshot.id), Change::PutOperation(Box::new(operation.clone()))];
        self.ports.store.commit(changes).await?;
        self.engine.sweep_soon();
        Ok(vec![operation])
    }

    /// What is told of an automatic snapshot that goes.
    pub(super) fn forgotten(&self, caller: &Caller, snapshot: &Snapshot) -> Operation {
        let kind = match snapshot.resource_type() {
            ResourceType::DiskSnapshot => OperationKind::DeleteDiskSnapshot,
            _ => OperationKind::DeleteInstanceSnapshot,
        };
        let source = changed::source(snapshot);
        self.done(caller, kind, snapshot, source.as_str()).changing(format!("of {source}"))
    }
}
