use super::Verbs;
use crate::{
    model::{Caller, Operation, OperationKind, ResourceType, Result, Status},
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
        let mut operation = Operation::accepted(
            OperationKind::StopInstance,
            &caller.owner,
            (ResourceType::Instance, instance.id.0, instance.name.as_str()),
            "",
            self.ports.clock.now(),
        );
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
