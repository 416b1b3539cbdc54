use super::Verbs;
use crate::{
    model::{Caller, Operation, OperationKind, Result, Status, changed},
    ports::{Address, Change},
};

impl Verbs {
    /// Shuts a running instance down. `force` cuts its power, also when it hangs on its way down.
    pub async fn stop_instance(&self, caller: &Caller, name: &str, force: bool) -> Result<Vec<Operation>> {
        let instance = self.find(caller, name).await?;
        if !instance.status.can_stop(force) {
            let tip = match instance.status {
                Status::Stopping => "it is on its way down; sloop stop --force cuts its power",
                Status::Pending => "wait until it runs",
                _ => "only a running instance can be stopped",
            };
            return Err(instance.status.refuse("stop", &instance.name, tip));
        }
        let left = instance.public_ip.filter(|_| instance.has_static_ip);
        let mut operation = self
            .accept(caller, OperationKind::StopInstance, &instance, "")
            .changing(changed::address(instance.public_ip, left));
        operation.force = force;
        let begun = Change::SetStatus {
            id: instance.id,
            expect: Some(instance.status),
            status: Status::Stopping,
            address: Address::Keep,
        };
        let changes = vec![begun, Change::PutOperation(Box::new(operation.clone()))];
        self.order(changes, vec![(instance.id, operation.id)]).await?;
        if force {
            self.engine.hurry(instance.id);
        }
        Ok(vec![operation])
    }
}
