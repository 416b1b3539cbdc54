use crate::{
    model::{AutoSnapshot, Caller, Operation, OperationKind, Result, TimeOfDay},
    ports::Change,
    verbs::Verbs,
};

impl Verbs {
    /// Begins daily snapshots of an instance or a disk, or gives them another time.
    pub async fn enable_auto_snapshots(
        &self,
        caller: &Caller,
        name: &str,
        time: TimeOfDay,
    ) -> Result<Vec<Operation>> {
        let _alone = self.admission.lock().await;
        let source = self.find_source(caller, name).await?;
        let (now, last) = (self.ports.clock.now(), self.ports.store.auto_snapshots().await?);
        let last_day = last.into_iter().find(|one| one.source == source.id()).and_then(|one| one.last_day);
        let daily =
            AutoSnapshot { last_day, ..AutoSnapshot::beginning(source.id(), source.kind(), time, now) };
        let resource = (source.kind(), source.id(), source.name());
        let operation =
            Operation::accepted(OperationKind::EnableAddOn, &caller.owner, resource, "AutoSnapshot", now)
                .succeeded();
        let changes = vec![Change::PutAutoSnapshot(daily), Change::PutOperation(Box::new(operation.clone()))];
        self.ports.store.commit(changes).await?;
        Ok(vec![operation])
    }
}
