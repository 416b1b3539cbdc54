//! Contact methods: one file for each verb. Everybody has their own, also where all else is shared.

mod confirm_contact_method;
mod create_contact_method;
mod delete_contact_method;
mod get_contact_methods;
mod send_contact_method_verification;

use jiff::{SignedDuration, Timestamp};

use super::Verbs;
use crate::{
    model::{
        Caller, Channel, ContactMethod, Error, Kind, Letter, Notice, OperationKind, ResourceName, Result,
    },
    ports::{AlarmChange, Change, OperationFilter},
};

/// Between two codes to somebody: nobody has another's mailbox filled from here.
const PAUSE: SignedDuration = SignedDuration::from_secs(60);

impl Verbs {
    /// The caller's contact method of that sort, if there is one.
    async fn own_contact(&self, caller: &Caller, channel: Channel) -> Result<Option<ContactMethod>> {
        let all = self.ports.store.contact_methods().await?;
        Ok(all.into_iter().find(|one| one.owner == caller.owner && one.endpoint.channel == channel))
    }

    /// The caller's contact method of that sort.
    async fn find_contact(&self, caller: &Caller, channel: Channel) -> Result<ContactMethod> {
        let found = self.own_contact(caller, channel).await?;
        found.ok_or_else(|| {
            Error::not_found("ContactMethod", channel.word()).tip("see which you have: sloop contact list")
        })
    }

    /// Whether the caller has a contact method of that name.
    pub(super) async fn has_contact(&self, caller: &Caller, name: &ResourceName) -> Result<bool> {
        match name.as_str().parse::<Channel>() {
            Ok(channel) => Ok(self.own_contact(caller, channel).await?.is_some()),
            Err(_) => Ok(false),
        }
    }

    /// Refuses another code within a minute. The history knows of the one before, whatever became of that contact method.
    async fn admit_code(&self, caller: &Caller, now: Timestamp) -> Result<()> {
        let Ok(since) = now.checked_sub(PAUSE) else { return Ok(()) };
        let lately = OperationFilter {
            resource: Some(Channel::Email.word().to_owned()),
            owner: Some(caller.owner.clone()),
            since: Some(since),
            limit: 100,
            ..OperationFilter::default()
        };
        let sends = [OperationKind::CreateContactMethod, OperationKind::SendContactMethodVerification];
        let mut lately = self.ports.store.operations(lately).await?.into_iter();
        // One of a clock that was ahead says nothing.
        if !lately.any(|one| sends.contains(&one.kind) && one.created_at > since && one.created_at <= now) {
            return Ok(());
        }
        let message = "A code was sent to you less than a minute ago";
        Err(Error::new(Kind::Quota, "TooManyCodes", message).tip("look for it, or ask again in a minute"))
    }

    /// Sends a contact method its code, when it is written down that it waits for it.
    fn code_for(&self, contact: &ContactMethod, now: Timestamp) -> Option<Change> {
        let code = contact.code.as_ref()?.text.clone();
        let notice = Notice::Confirm { code, host: self.ports.host.name() };
        Some(Change::Alarm(AlarmChange::AddLetter(Box::new(Letter::new(contact, None, notice, now)))))
    }
}
