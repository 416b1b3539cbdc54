use crate::{
    model::{
        Caller, Channel, ContactMethod, Endpoint, Error, Kind, Operation, OperationKind, Result, Tags,
        changed, shown,
    },
    ports::{AlarmChange, Change},
    verbs::Verbs,
};

/// As long as Lightsail lets an endpoint be.
const LONGEST: usize = 256;

impl Verbs {
    /// Says where the caller is told by that way, in place of where they were told before. An e-mail address gets a code that confirms it.
    pub async fn create_contact_method(
        &self,
        caller: &Caller,
        endpoint: Endpoint,
        tags: Vec<(String, String)>,
    ) -> Result<Vec<Operation>> {
        bounded(&endpoint.address)?;
        if endpoint.channel == Channel::Command && !caller.admin {
            let message = "Only administrators of this host have commands run";
            return Err(Error::new(Kind::AccessDenied, "AccessDenied", message)
                .tip("be told by Email or Webhook, or ask an administrator"));
        }
        self.ports
            .notifier
            .admit(&endpoint)
            .map_err(|error| Error { field: error.field.or(Some("contactEndpoint")), ..error })?;
        let mut labels = Tags::default();
        labels.put(tags, self.policy.quotas.tags)?;
        let _alone = self.admission.lock().await;
        let now = self.ports.clock.now();
        let before = self.own_contact(caller, endpoint.channel).await?;
        let contact = ContactMethod::new(caller.owner.clone(), endpoint, labels, now);
        if contact.code.is_some() {
            self.admit_code(caller, now).await?;
        }
        let change = match &before {
            Some(before) => changed::between(before.told(), contact.told()),
            None => contact.told().to_owned(),
        };
        let kind = OperationKind::CreateContactMethod;
        let operation = self.done(caller, kind, &contact, contact.name()).changing(change);
        let mut changes = vec![Change::Alarm(AlarmChange::PutContact(Box::new(contact.clone())))];
        changes.extend(self.code_for(&contact, now));
        changes.push(Change::PutOperation(Box::new(operation.clone())));
        self.ports.store.commit(changes).await?;
        self.engine.post_soon();
        Ok(vec![operation])
    }
}

fn bounded(address: &str) -> Result<()> {
    let length = address.chars().count();
    if (1..=LONGEST).contains(&length) && !address.chars().any(char::is_control) {
        return Ok(());
    }
    let message = format!(
        "A contact endpoint has 1 to {LONGEST} printable characters, and this one has not: {}",
        shown(address)
    );
    Err(Error::invalid("contactEndpoint", message))
}
