use crate::{
    model::{Caller, Error, Kind, Operation, OperationKind, Result, changed},
    ports::Change,
    verbs::{Verbs, follow::Work},
};

impl Verbs {
    /// Takes a static address from its instance. One that runs gets another address at once.
    pub async fn detach_static_ip(&self, caller: &Caller, static_ip: &str) -> Result<Vec<Operation>> {
        let mut alone = self.admission.clone().lock_owned().await;
        let static_ip = self.find_static_ip(caller, static_ip).await?;
        let Some(holder) = &static_ip.holder else {
            let message = format!("{} is not attached to an instance", static_ip.name);
            return Err(Error::new(Kind::WrongState, "StaticIpNotAttached", message)
                .tip("see which are: sloop static-ip list"));
        };
        let instance = self.ports.store.instance_by_id(holder.id).await?;
        let instance = instance.ok_or_else(|| Error::not_found("Instance", &holder.name))?;
        let address = self.address_without(&mut alone, &instance).await?;
        let kind = OperationKind::DetachStaticIp;
        let work = Work {
            changes: vec![Change::SetPublicIp(instance.id, address), Change::SetHolder(static_ip.id, None)],
            back: vec![
                Change::SetPublicIp(instance.id, instance.public_ip),
                Change::SetHolder(static_ip.id, Some(instance.id)),
            ],
            touched: vec![instance.id],
            rewire: self.policy.public_pool.is_lan(),
            operations: vec![
                self.done(caller, kind, &static_ip, instance.name.as_str())
                    .changing(format!("{} from {}", static_ip.address, instance.name)),
                self.done(caller, kind, &instance, static_ip.name.as_str())
                    .changing(changed::address(instance.public_ip, address)),
            ],
        };
        self.follow(alone, work).await
    }
}
