use crate::{
    model::{Caller, Operation, OperationKind, ResourceName, Result, StaticIp, StaticIpId},
    ports::Change,
    verbs::Verbs,
};

impl Verbs {
    /// Takes an address from the public range, for as long as its owner wants it.
    pub async fn allocate_static_ip(&self, caller: &Caller, name: &str) -> Result<Vec<Operation>> {
        let name = ResourceName::parse("staticIpName", name)?;
        let mut cursor = self.admission.lock().await;
        let static_ips = self.ports.store.static_ips().await?;
        self.admit_static_ips(static_ips.len())?;
        let used = self.ports.store.public_addresses().await?;
        let static_ip = StaticIp {
            id: StaticIpId::fresh(),
            name,
            owner: caller.owner.clone(),
            created_at: self.ports.clock.now(),
            address: cursor.public(self.policy.public_pool, &used)?,
            holder: None,
        };
        let operation = self
            .done(caller, OperationKind::AllocateStaticIp, &static_ip, "")
            .changing(static_ip.address.to_string());
        let changes =
            vec![Change::AddStaticIp(Box::new(static_ip)), Change::PutOperation(Box::new(operation.clone()))];
        self.ports.store.commit(changes).await?;
        Ok(vec![operation])
    }
}
