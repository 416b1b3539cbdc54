use super::Verbs;
use crate::{
    model::{Caller, Instance, InstanceId, Operation, OperationKind, Resource, Result, StaticIp, Status},
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
        self.without_daily(instance.id.0, &instance.name, force_add_ons).await?;
        let operation = self.accept(caller, OperationKind::DeleteInstance, &instance, "");
        let begun = Change::SetStatus {
            id: instance.id,
            expect: Some(instance.status),
            status: Status::ShuttingDown,
            address: Address::Keep,
        };
        // No more are due from now on. Those that there are go when the instance does.
        let mut changes = vec![
            begun,
            Change::RemoveAutoSnapshot(instance.id.0),
            Change::PutOperation(Box::new(operation.clone())),
        ];
        let let_go = self.let_go_of(&operation, &instance).await?;
        changes.extend(let_go.into_iter().map(|one| Change::PutOperation(Box::new(one))));
        self.order(changes, vec![(instance.id, operation.id)]).await?;
        self.engine.hurry(instance.id);
        Ok(vec![operation])
    }

    /// What is told of the static address and the disks that the instance has: they stay, and are nobody's when it is gone.
    async fn let_go_of(&self, deletion: &Operation, instance: &Instance) -> Result<Vec<Operation>> {
        let change = format!("from {}", instance.name);
        let beside = |kind, resource: Resource<'_>| {
            Operation { kind, ..deletion.other_side(resource) }.changing(change.as_str())
        };
        let mut all: Vec<_> = instance
            .drives
            .iter()
            .filter_map(|drive| Some(beside(OperationKind::DetachDisk, drive.resource(&instance.owner)?)))
            .collect();
        if instance.has_static_ip {
            let static_ips = self.ports.store.static_ips().await?;
            let held = |one: &&StaticIp| one.holder.as_ref().is_some_and(|holder| holder.id == instance.id);
            let held = static_ips.iter().filter(held);
            all.extend(held.map(|one| beside(OperationKind::DetachStaticIp, one.into())));
        }
        Ok(all)
    }

    async fn is_being_deleted(&self, id: InstanceId) -> Result<bool> {
        let unfinished = self.ports.store.unfinished().await?;
        Ok(unfinished.iter().any(|op| op.kind == OperationKind::DeleteInstance && op.resource_id == id.0))
    }
}
