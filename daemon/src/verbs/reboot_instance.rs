use super::Verbs;
use crate::{
    model::{Caller, Operation, OperationKind, Result},
    ports::{Address, Change},
};

impl Verbs {
    /// Shuts a running instance down and starts it again. It keeps its addresses.
    pub async fn reboot_instance(&self, caller: &Caller, name: &str) -> Result<Vec<Operation>> {
        let instance = self.find(caller, name).await?;
        if !instance.status.can_reboot() {
            return Err(instance.status.refuse(
                "reboot",
                &instance.name,
                "only a running instance can be rebooted",
            ));
        }
        let operation = self.accept(caller, OperationKind::RebootInstance, &instance, "");
        // The status stays; saying it again makes the commit fail when somebody else was quicker.
        let running = Change::SetStatus {
            id: instance.id,
            expect: Some(instance.status),
            status: instance.status,
            address: Address::Keep,
        };
        let changes = vec![running, Change::PutOperation(Box::new(operation.clone()))];
        self.order(changes, vec![(instance.id, operation.id)]).await?;
        Ok(vec![operation])
    }
}
