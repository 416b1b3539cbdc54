use super::Verbs;
use crate::{
    model::{Caller, InstanceId, Operation, OperationKind, ResourceType, Result, Status},
    ports::{Address, Change},
};

impl Verbs {
    /// Deletes an instance, whatever it is doing. One whose deletion failed can be deleted again. One with daily snapshots is refused
    /// unless they are to go with it.
    pub async fn delete_instance(
        &self,
        caller: &Caller,
        name: &str,
        force_add_ons: bool,
    ) -> Result<Vec<Operation>> {
        let _alone = self.admission.lock().await;
        let instance = self.find(caller, name).await?;
        if instance.status == Status::ShuttingDown && self.is_being_deleted(instance.id).await? {
            return Err(instance.status.refuse("delete", &instance.name, "it is being deleted already"));
        }
        if !force_add_ons {
            self.without_daily(instance.id.0, &instance.name).await?;
        }
        let operation = Operation::accepted(
            OperationKind::DeleteInstance,
            &caller.owner,
            (ResourceType::Instance, instance.id.0, instance.name.as_str()),
            "",
            self.ports.clock.now(),
        );
        let begun = Change::SetStatus {
            id: instance.id,
            expect: Some(instance.status),
            status: Status::ShuttingDown,
            address: Address::Keep,
        };
        // No more are due from now on. Those that there are go when the instance does.
        let changes = vec![
            begun,
            Change::RemoveAutoSnapshot(instance.id.0),
            Change::PutOperation(Box::new(operation.clone())),
        ];
        self.order(changes, vec![(instance.id, operation.id)]).await?;
        self.engine.hurry(instance.id);
        Ok(vec![operation])
    }

    async fn is_being_deleted(&self, id: InstanceId) -> Result<bool> {
        let unfinished = self.ports.store.unfinished().await?;
        Ok(unfinished.iter().any(|op| op.kind == OperationKind::DeleteInstance && op.resource_id == id.0))
    }
}
