use crate::{
    model::{Caller, Channel, ContactMethod, ContactStatus, Result},
    verbs::Verbs,
};

impl Verbs {
    /// The caller's contact methods and how they stand: those of these ways, or all where none is named.
    pub async fn get_contact_methods(
        &self,
        caller: &Caller,
        channels: &[Channel],
    ) -> Result<Vec<(ContactMethod, ContactStatus)>> {
        let now = self.ports.clock.now();
        let mut all = self.ports.store.contact_methods().await?;
        all.retain(|one| {
            one.owner == caller.owner && (channels.is_empty() || channels.contains(&one.endpoint.channel))
        });
        let shown = all.into_iter().map(|one| {
            let status = one.status(now);
            (one, status)
        });
        Ok(shown.collect())
    }
}
