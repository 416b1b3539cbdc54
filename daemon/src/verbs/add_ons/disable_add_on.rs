use crate::{
    model::{Caller, Operation, OperationKind, Result},
    ports::Change,
    verbs::Verbs,
};

impl Verbs {
    /// Ends daily snapshots of an instance or a disk. Those that there are stay.
    pub async fn disable_auto_snapshots(&self, caller: &Caller, name: &str) -> Result<Vec<Operation>> {
        let _alone = self.admission.lock().await;
        let source = self.find_source(caller, name).await?;
        let was = self.ports.store.auto_snapshots().await?.into_iter().find(|one| one.source == source.id());
        let change = was.map(|was| format!("daily at {} -> off", was.time)).unwrap_or_default();
        let operation =
            self.done(caller, OperationKind::DisableAddOn, &source, "AutoSnapshot").changing(change);
        let changes =
            vec![Change::RemoveAutoSnapshot(source.id()), Change::PutOperation(Box::new(operation.clone()))];
        self.ports.store.commit(changes).await?;
        Ok(vec![operation])
    }
}
