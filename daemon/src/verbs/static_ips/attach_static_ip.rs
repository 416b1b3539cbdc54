use crate::{
    model::{Caller, Error, Instance, Kind, Operation, OperationKind, Result, StaticIp, Status, changed},
    ports::Change,
    verbs::{Verbs, follow::Work},
};

impl Verbs {
    /// Makes a static address the public one of an instance. If another instance has it, it moves in one step: at no
    /// moment does it lead to both, or to neither. Connections to the old holder end.
    pub async fn attach_static_ip(
        &self,
        caller: &Caller,
        static_ip: &str,
        instance: &str,
    ) -> Result<Vec<Operation>> {
        let mut alone = self.admission.clone().lock_owned().await;
        let static_ip = self.find_static_ip(caller, static_ip).await?;
        let instance = self.find(caller, instance).await?;
        let kind = OperationKind::AttachStaticIp;
        let operations = vec![
            self.done(caller, kind, &static_ip, instance.name.as_str())
                .changing(moved(&static_ip, &instance)),
            self.done(caller, kind, &instance, static_ip.name.as_str())
                .changing(changed::address(instance.public_ip, Some(static_ip.address))),
        ];
        let mut work = Work {
            changes: Vec::new(),
            back: Vec::new(),
            touched: Vec::new(),
            rewire: self.policy.public_pool.is_lan(),
            operations,
        };
        if static_ip.holder.as_ref().is_none_or(|holder| holder.id != instance.id) {
            check(&static_ip, &instance)?;
            if let Some(holder) = &static_ip.holder {
                let old = self.ports.store.instance_by_id(holder.id).await?;
                let old = old.ok_or_else(|| Error::not_found("Instance", &holder.name))?;
                let address = self.address_without(&mut alone, &old).await?;
                let detached =
                    self.done(caller, OperationKind::DetachStaticIp, &old, static_ip.name.as_str());
                work.operations.push(detached.changing(changed::address(old.public_ip, address)));
                work.changes.push(Change::SetPublicIp(old.id, address));
                work.back.push(Change::SetPublicIp(old.id, old.public_ip));
                work.touched.push(old.id);
            }
            work.changes.push(Change::SetPublicIp(instance.id, Some(static_ip.address)));
            work.changes.push(Change::SetHolder(static_ip.id, Some(instance.id)));
            // Taken from the new holder before it is given back to the old one: no two have the same address.
            work.back.insert(0, Change::SetPublicIp(instance.id, instance.public_ip));
            work.back.push(Change::SetHolder(static_ip.id, static_ip.holder.map(|holder| holder.id)));
            work.touched.push(instance.id);
        }
        self.follow(alone, work).await
    }
}

fn moved(static_ip: &StaticIp, instance: &Instance) -> String {
    let (address, to) = (static_ip.address, &instance.name);
    match &static_ip.holder {
        None => format!("{address} to {to}"),
        Some(holder) if holder.id == instance.id => String::new(),
        Some(holder) => format!("{address} from {} to {to}", holder.name),
    }
}

fn check(static_ip: &StaticIp, instance: &Instance) -> Result<()> {
    if instance.status == Status::ShuttingDown {
        let verb = "attach a static address to";
        return Err(instance.status.refuse(verb, &instance.name, "it is being deleted"));
    }
    if instance.has_static_ip {
        let message = format!("{} has a static address already", instance.name);
        return Err(Error::new(Kind::WrongState, "StaticIpAttached", message)
            .tip(format!("detach that one before you attach {}: sloop static-ip list", static_ip.name)));
    }
    Ok(())
}
