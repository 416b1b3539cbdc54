use crate::{
    model::{Caller, Channel, Operation, OperationKind, Result},
    ports::{AlarmChange, Change},
    verbs::Verbs,
};

impl Verbs {
    /// Has the caller told by that way no more, nor what is on its way there.
    pub async fn delete_contact_method(&self, caller: &Caller, channel: Channel) -> Result<Vec<Operation>> {
        let contact = self.find_contact(caller, channel).await?;
        let operation = self
            .done(caller, OperationKind::DeleteContactMethod, &contact, contact.name())
            .changing(contact.told());
        let changes = vec![
            Change::Alarm(AlarmChange::RemoveContact(contact.id)),
            Change::PutOperation(Box::new(operation.clone())),
        ];
        self.ports.store.commit(changes).await?;
        Ok(vec![operation])
    }
}
