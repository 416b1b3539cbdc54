use super::Verbs;
use crate::{
    model::{Caller, Operation, OperationKind, ResourceType, Result, Status},
    ports::{Address, Change},
};

impl Verbs {
    /// Starts a stopped instance, with a new public address unless it has a static one.
    pub async fn start_instance(&self, caller: &Caller, name: &str) -> Result<Vec<Operation>> {
        let mut cursor = self.admission.lock().await;
        let instance = self.find(caller, name).await?;
        if !instance.status.can_start() {
            let tip = if instance.status == Status::Running {
                "it runs already"
            } else {
                "wait until it is stopped"
            };
            return Err(instance.status.refuse("start", &instance.name, tip));
        }
        let instances = self.ports.store.instances().await?;
        self.admit_memory(instance.name.as_str(), instance.ram_bytes(), &instances)?;
        self.admit_disk(1).await?;
        let operation = Operation::accepted(
            OperationKind::StartInstance,
            &caller.owner,
            (ResourceType::Instance, instance.id.0, instance.name.as_str()),
            "",
            self.ports.clock.now(),
        );
        let begun = Change::SetStatus {
            id: instance.id,
            expect: Some(instance.status),
            status: Status::Pending,
            address: if instance.has_static_ip {
                Address::Keep
            } else {
                let used = self.ports.store.public_addresses().await?;
                Address::Give(cursor.public(self.policy.public_pool, &used)?)
            },
        };
        let changes = vec![begun, Change::PutOperation(Box::new(operation.clone()))];
        self.order(changes, vec![(instance.id, operation.id)]).await?;
        Ok(vec![operation])
    }
}
