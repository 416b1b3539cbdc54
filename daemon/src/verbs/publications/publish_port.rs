use crate::{
    model::{Caller, Error, Instance, Kind, Operation, OperationKind, Publication, Result, Status},
    verbs::Verbs,
};

/// As many as one instance may have.
const MOST: usize = 100;
/// Ports below are for the host's own services, and for its administrators.
const UNPRIVILEGED: u16 = 1024;
/// Ports at which the host is asked for names and addresses, by itself too.
const KEPT: [u16; 3] = [53, 67, 68];
/// What guests send leaves the host from ports behind this.
const LAST: u16 = 60_999;

impl Verbs {
    /// Has a port of the host's own addresses lead to an instance, whose firewall decides who comes in by it. Where it leads there
    /// already, nothing changes. Says also whether the firewall has the instance's port open for anybody.
    pub async fn publish_port(
        &self,
        caller: &Caller,
        name: &str,
        wanted: Publication,
    ) -> Result<(Operation, bool)> {
        let alone = self.admission.clone().lock_owned().await;
        let instance = self.find(caller, name).await?;
        if instance.status == Status::ShuttingDown {
            return Err(instance.status.refuse("publish ports of", &instance.name, "it is being deleted"));
        }
        let mut published = instance.published.clone();
        if !published.contains(&wanted) {
            self.check_publication(caller, &instance, wanted).await?;
            published.retain(|one| !one.is_same_port(&wanted));
            published.push(wanted);
        }
        let is_open = instance.ports.iter().any(|rule| rule.range.has(wanted.protocol, wanted.port));
        let kind = (OperationKind::PublishPort, wanted);
        let operation = self.change_published(caller, alone, instance, kind, published).await?;
        Ok((operation, is_open))
    }

    async fn check_publication(
        &self,
        caller: &Caller,
        instance: &Instance,
        wanted: Publication,
    ) -> Result<()> {
        let Publication { protocol, host_port, .. } = wanted;
        let port = format!("Port {host_port}/{} of this host", protocol.word());
        let refused = |kind, code, message: String, tip| Err(Error::new(kind, code, message).tip(tip));
        if host_port < UNPRIVILEGED && !caller.admin {
            let message = format!("{port} is for administrators, as all below {UNPRIVILEGED}");
            return refused(Kind::AccessDenied, "PortReserved", message, "take another, such as 8080");
        }
        if KEPT.contains(&host_port) || host_port > LAST {
            let message = format!("{port} is kept for names, addresses and what instances send");
            return refused(Kind::InvalidInput, "PortReserved", message, "take another, such as 8080");
        }
        if instance.published.len() >= MOST {
            let message = format!("{} has {MOST} published ports, which is the most", instance.name);
            return refused(Kind::Quota, "PublicationLimitExceeded", message, "unpublish one first");
        }
        let others = self.ports.store.instances().await?;
        let has_it = |of: &Instance| of.published.iter().any(|one| one.is_same_port(&wanted));
        if let Some(holder) = others.iter().find(|other| other.id != instance.id && has_it(other)) {
            // Others' names are theirs.
            let is_shown = self.policy.access.allows(caller, &holder.owner);
            let whom = if is_shown { holder.name.to_string() } else { "another instance".to_owned() };
            let message = format!("{port} leads to {whom} already");
            return refused(
                Kind::WrongState,
                "PortPublished",
                message,
                "take another, or unpublish that one",
            );
        }
        if !has_it(instance) && self.ports.host.listens(protocol, host_port) {
            let message = format!("{port} is in use: a program listens there, and would be reached no more");
            return refused(
                Kind::WrongState,
                "PortInUse",
                message,
                "take another; ss -tulpn shows who listens",
            );
        }
        Ok(())
    }
}
