use crate::{
    model::{Caller, Publication, ResourceName, Result},
    verbs::Verbs,
};

impl Verbs {
    /// The ports of the host that lead to the caller's instances, or to the one of that name.
    pub async fn get_published_ports(
        &self,
        caller: &Caller,
        name: Option<&str>,
    ) -> Result<Vec<(ResourceName, Publication)>> {
        let instances = match name {
            Some(name) => vec![self.find(caller, name).await?],
            None => self.ports.store.instances().await?,
        };
        let seen = instances.into_iter().filter(|one| self.policy.access.allows(caller, &one.owner));
        Ok(seen.flat_map(|one| one.published.into_iter().map(move |port| (one.name.clone(), port))).collect())
    }
}
