use crate::{
    model::{AlarmNotice, AlarmState, Caller, Operation, OperationKind, Result, changed},
    ports::{AlarmChange, Change},
    verbs::Verbs,
};

impl Verbs {
    /// Has an alarm say something until a period of its metric is over, and tells it as if it were so.
    pub async fn test_alarm(&self, caller: &Caller, name: &str, state: AlarmState) -> Result<Vec<Operation>> {
        let alarm = self.find_alarm(caller, name).await?;
        let (now, reason) = (self.ports.clock.now(), format!("{} tries it", caller.name));
        let notice = alarm.notice(state, &reason, now, self.ports.host.name());
        let notice = AlarmNotice { test: true, ..notice };
        let contacts = self.ports.store.contact_methods().await?;
        let change = changed::between(alarm.state.word(), state.word());
        let operation = self.done(caller, OperationKind::TestAlarm, &alarm, state.word()).changing(change);
        let mut changes = vec![Change::Alarm(AlarmChange::SetState {
            was: Box::new(alarm.clone()),
            state,
            reason,
            since: now,
            before_test: Some(alarm.settled_state()),
        })];
        let letters = alarm.letters(&contacts, &notice).into_iter();
        changes.extend(letters.map(|letter| Change::Alarm(AlarmChange::AddLetter(Box::new(letter)))));
        changes.push(Change::PutOperation(Box::new(operation.clone())));
        self.ports.store.commit(changes).await?;
        self.engine.post_soon();
        Ok(vec![operation])
    }
}
