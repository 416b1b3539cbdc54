use crate::{
    model::{Caller, Channel, Code, ContactMethod, Error, Kind, Operation, OperationKind, Result},
    ports::{AlarmChange, Change},
    verbs::Verbs,
};

impl Verbs {
    /// Sends the caller another code to their e-mail address. The one before no longer counts.
    pub async fn send_contact_method_verification(&self, caller: &Caller) -> Result<Vec<Operation>> {
        let _alone = self.admission.lock().await;
        let contact = self.find_contact(caller, Channel::Email).await?;
        if contact.is_valid {
            let message = format!("{} is confirmed already", contact.endpoint.address);
            return Err(Error::new(Kind::WrongState, "ContactMethodValid", message)
                .tip("nothing is to be done: notices go there"));
        }
        let now = self.ports.clock.now();
        self.admit_code(caller, now).await?;
        let contact = ContactMethod { code: Some(Code::fresh(now)), ..contact };
        let kind = OperationKind::SendContactMethodVerification;
        let operation = self
            .done(caller, kind, &contact, contact.name())
            .changing(format!("another code to {}", contact.endpoint.address));
        let mut changes = vec![Change::Alarm(AlarmChange::PutContact(Box::new(contact.clone())))];
        changes.extend(self.code_for(&contact, now));
        changes.push(Change::PutOperation(Box::new(operation.clone())));
        self.ports.store.commit(changes).await?;
        self.engine.post_soon();
        Ok(vec![operation])
    }
}
