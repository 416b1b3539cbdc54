use crate::{
    model::{Caller, Operation, OperationKind, Result},
    ports::{AlarmChange, Change},
    verbs::Verbs,
};

impl Verbs {
    /// Deletes an alarm. What it has still to tell is not told.
    pub async fn delete_alarm(&self, caller: &Caller, name: &str) -> Result<Vec<Operation>> {
        let alarm = self.find_alarm(caller, name).await?;
        let details = alarm.watched.name.as_str();
        let operation =
            self.done(caller, OperationKind::DeleteAlarm, &alarm, details).changing(alarm.sentence());
        let changes = vec![
            Change::Alarm(AlarmChange::Remove(alarm.id)),
            Change::PutOperation(Box::new(operation.clone())),
        ];
        self.ports.store.commit(changes).await?;
        Ok(vec![operation])
    }
}
