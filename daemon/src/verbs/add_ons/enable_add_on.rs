use crate::{
    model::{AutoSnapshot, Caller, Operation, OperationKind, Result, TimeOfDay, changed},
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
        let last = last.into_iter().find(|one| one.source == source.id());
        let change = match &last {
            Some(last) => changed::between(last.time, time),
            None => time.to_string(),
        };
        let change = if change.is_empty() { change } else { format!("daily at {change}") };
        let last_day = last.and_then(|one| one.last_day);
        let daily =
            AutoSnapshot { last_day, ..AutoSnapshot::beginning(source.id(), source.kind(), time, now) };
        let operation =
            self.done(caller, OperationKind::EnableAddOn, &source, "AutoSnapshot").changing(change);
        let changes = vec![Change::PutAutoSnapshot(daily), Change::PutOperation(Box::new(operation.clone()))];
        self.ports.store.commit(changes).await?;
        Ok(vec![operation])
    }
}
