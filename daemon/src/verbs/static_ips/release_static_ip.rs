use crate::{
    model::{Caller, Error, Kind, Operation, OperationKind, Result},
    ports::Change,
    verbs::Verbs,
};

impl Verbs {
    /// Gives a static address back. One that an instance has is refused: that would cut it off.
    pub async fn release_static_ip(&self, caller: &Caller, static_ip: &str) -> Result<Vec<Operation>> {
        let _alone = self.admission.lock().await;
        let static_ip = self.find_static_ip(caller, static_ip).await?;
        if let Some(holder) = &static_ip.holder {
            let message = format!("{} is attached to {}", static_ip.name, holder.name);
            return Err(Error::new(Kind::WrongState, "StaticIpAttached", message)
                .tip(format!("detach it first: sloop static-ip detach {}", static_ip.name)));
        }
        let operation = self
            .done(caller, OperationKind::ReleaseStaticIp, &static_ip, "")
            .changing(static_ip.address.to_string());
        let changes =
            vec![Change::RemoveStaticIp(static_ip.id), Change::PutOperation(Box::new(operation.clone()))];
        self.ports.store.commit(changes).await?;
        Ok(vec![operation])
    }
}
