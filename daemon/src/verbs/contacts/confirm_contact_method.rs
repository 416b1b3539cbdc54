use crate::{
    model::{Caller, Channel, Code, ContactMethod, Error, Kind, Operation, OperationKind, Result},
    ports::{AlarmChange, Change},
    verbs::Verbs,
};

/// What to do where a code no longer counts.
const ANEW: &str = "have another one sent: sloop contact verify";

impl Verbs {
    /// Takes the code that came to the caller's e-mail address: notices go there from now on. Few wrong ones are heard.
    pub async fn confirm_contact_method(&self, caller: &Caller, said: &str) -> Result<Vec<Operation>> {
        let _alone = self.admission.lock().await;
        let contact = self.find_contact(caller, Channel::Email).await?;
        if contact.is_valid {
            let message = format!("{} is confirmed already", contact.endpoint.address);
            return Err(Error::new(Kind::WrongState, "ContactMethodValid", message)
                .tip("nothing is to be done: notices go there"));
        }
        let now = self.ports.clock.now();
        let Some(code) = contact.code.clone().filter(|code| code.counts(now)) else {
            let message =
                "The code that was sent does not count any more: it is too old, or wrong ones were said";
            return Err(Error::new(Kind::WrongState, "CodeExpired", message).tip(ANEW));
        };
        if !code.is(said) {
            return self.wrong_code(contact, code).await;
        }
        let contact = ContactMethod { is_valid: true, code: None, ..contact };
        let operation = self
            .done(caller, OperationKind::ConfirmContactMethod, &contact, contact.name())
            .changing(format!("{} is confirmed", contact.endpoint.address));
        let changes = vec![
            Change::Alarm(AlarmChange::PutContact(Box::new(contact))),
            Change::PutOperation(Box::new(operation.clone())),
        ];
        self.ports.store.commit(changes).await?;
        Ok(vec![operation])
    }

    /// Counted before it is refused, so that nobody guesses on while it is written.
    async fn wrong_code<T>(&self, contact: ContactMethod, code: Code) -> Result<T> {
        let tries = code.tries - 1;
        let contact = ContactMethod { code: Some(Code { tries, ..code }), ..contact };
        self.ports.store.commit(vec![Change::Alarm(AlarmChange::PutContact(Box::new(contact)))]).await?;
        let left = match tries {
            0 => "it does not count any more".to_owned(),
            1 => "one more try is left".to_owned(),
            tries => format!("{tries} more tries are left"),
        };
        let error = Error::invalid("code", format!("That is not the code that was sent; {left}"));
        Err(error.tip(if tries == 0 { ANEW } else { "copy it from the latest message" }))
    }
}
