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
        let resource = (source.kind(), source.id(), source.name());
        let (kind, now) = (OperationKind::DisableAddOn, self.ports.clock.now());
        let operation = Operation::accepted(kind, &caller.owner, resource, "AutoSnapshot", now).succeeded();
        let changes =
            vec![Change::RemoveAutoSnapshot(source.id()), Change::PutOperation(Box::new(operation.clone()))];
        self.ports.store.commit(changes).await?;
        Ok(vec![operation])
    }
}
