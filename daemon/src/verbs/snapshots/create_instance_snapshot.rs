use super::frozen;
use crate::{
    model::{
        Caller, Instance, Operation, OperationKind, Order, ResourceName, ResourceType, Result, Snapshot,
        Status, changed,
    },
    ports::Change,
    verbs::Verbs,
};

impl Verbs {
    /// Keeps what an instance and the disks attached to it hold, all at one moment, whether it runs or is stopped.
    pub async fn create_instance_snapshot(
        &self,
        caller: &Caller,
        instance: &str,
        name: &str,
        tags: Vec<(String, String)>,
    ) -> Result<Vec<Operation>> {
        let name = ResourceName::parse("instanceSnapshotName", name)?;
        let _alone = self.admission.lock().await;
        let instance = self.find(caller, instance).await?;
        let snapshot = self.design_snapshot(caller, Some(name), frozen(&instance), tags)?;
        self.order_snapshot(caller, &instance, snapshot).await
    }

    /// Has an instance's worker take a snapshot. Call it with the admission held.
    pub(in crate::verbs) async fn order_snapshot(
        &self,
        caller: &Caller,
        instance: &Instance,
        snapshot: Snapshot,
    ) -> Result<Vec<Operation>> {
        if !matches!(instance.status, Status::Running | Status::Stopped) {
            let tip = "wait until it is running or stopped";
            return Err(instance.status.refuse("take a snapshot of", &instance.name, tip));
        }
        self.admit_snapshot().await?;
        self.admit_disk(1).await?;
        let kind = match snapshot.resource_type() {
            ResourceType::DiskSnapshot => OperationKind::CreateDiskSnapshot,
            _ => OperationKind::CreateInstanceSnapshot,
        };
        let mut operation = self.accept(caller, kind, instance, snapshot.title()).changing(format!(
            "{} of {}",
            snapshot.title(),
            changed::source(&snapshot)
        ));
        operation.order = Order::Snapshot(snapshot.id);
        let other = operation.other_side(&snapshot);
        let changes = vec![
            Change::Expect(instance.id, instance.status),
            Change::AddSnapshot(Box::new(snapshot)),
            Change::PutOperation(Box::new(operation.clone())),
            Change::PutOperation(Box::new(other.clone())),
        ];
        self.order(changes, vec![(instance.id, operation.id)]).await?;
        // Clients look at the first one only.
        Ok(vec![other, operation])
    }
}
