use super::Verbs;
use crate::{
    model::{Caller, Operation, OperationKind, Result, Status, changed},
    ports::{Address, Change},
};

impl Verbs {
    /// Starts a stopped instance, with a new public address unless it has a static one. One that ended by itself, and rests before the
    /// daemon starts it again, is started now and keeps its address.
    pub async fn start_instance(&self, caller: &Caller, name: &str) -> Result<Vec<Operation>> {
        let mut cursor = self.admission.lock().await;
        let instance = self.find(caller, name).await?;
        let rests = instance.status == Status::Running && self.engine.recovery_due(instance.id).is_some();
        if !instance.status.can_start() && !rests {
            let tip = if instance.status == Status::Running {
                "it runs already"
            } else {
                "wait until it is stopped"
            };
            return Err(instance.status.refuse("start", &instance.name, tip));
        }
        if !rests {
            // Its memory is promised to one that rests.
            let instances = self.ports.store.instances().await?;
            self.admit_memory(instance.name.as_str(), instance.ram_bytes(), &instances)?;
        }
        self.admit_disk(1).await?;
        let given = if instance.has_static_ip || rests {
            None
        } else {
            let used = self.ports.store.public_addresses().await?;
            Some(cursor.public(self.policy.public_pool, &used)?)
        };
        let operation = self
            .accept(caller, OperationKind::StartInstance, &instance, "")
            .changing(changed::address(instance.public_ip, given.or(instance.public_ip)));
        let begun = Change::SetStatus {
            id: instance.id,
            expect: Some(instance.status),
            status: Status::Pending,
            address: given.map_or(Address::Keep, Address::Give),
        };
        let changes = vec![begun, Change::PutOperation(Box::new(operation.clone()))];
        self.order(changes, vec![(instance.id, operation.id)]).await?;
        Ok(vec![operation])
    }
}
