use crate::{
    model::{Caller, Error, Kind, Operation, OperationKind, Protocol, Result},
    verbs::Verbs,
};

impl Verbs {
    /// Has a port of the host's own addresses lead nowhere any more. Connections by it end.
    pub async fn unpublish_port(
        &self,
        caller: &Caller,
        protocol: Protocol,
        host_port: u32,
    ) -> Result<Operation> {
        let alone = self.admission.clone().lock_owned().await;
        let all = self.ports.store.instances().await?;
        let seen = all.into_iter().filter(|instance| self.policy.access.allows(caller, &instance.owner));
        let mut found = seen.filter_map(|instance| {
            let mut published = instance.published.iter();
            let what =
                *published.find(|one| one.protocol == protocol && u32::from(one.host_port) == host_port)?;
            Some((instance, what))
        });
        let Some((instance, what)) = found.next() else {
            let message = format!("Port {host_port}/{} of this host is not published", protocol.word());
            return Err(Error::new(Kind::NotFound, "DoesNotExist", message)
                .tip("sloop publish, without anything else, lists those that are"));
        };
        let published = instance.published.iter().copied().filter(|one| *one != what).collect();
        let kind = (OperationKind::UnpublishPort, what);
        self.change_published(caller, alone, instance, kind, published).await
    }
}
