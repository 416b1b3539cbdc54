use super::parse_size;
use crate::{
    model::{Caller, Error, Operation, OperationKind, Order, Result, Status, changed},
    ports::Change,
    verbs::Verbs,
};

impl Verbs {
    /// Makes a disk larger, attached or not. A guest that runs is told; its file system is its own to grow.
    pub async fn grow_disk(&self, caller: &Caller, name: &str, size_gb: i32) -> Result<Vec<Operation>> {
        let bytes = parse_size(size_gb)?;
        let _alone = self.admission.lock().await;
        let disk = self.find_disk(caller, name).await?;
        if bytes <= disk.stack.bytes() {
            let message = format!("{} has {} GB already", disk.name, disk.stack.bytes() >> 30);
            return Err(Error::invalid("sizeInGb", message).tip("a disk can only become larger"));
        }
        let kind = OperationKind::GrowDisk;
        let change = changed::between(changed::size(disk.stack.bytes()), changed::size(bytes));
        let Some(instance) = self.settled_instance_of(&disk).await? else {
            // Nobody has it open. Its file, if it has one, follows before somebody does.
            let operation = self.done(caller, kind, &disk, "").changing(change);
            let layers = disk.stack.layers().map(|layer| layer.id).collect();
            let _held = self.engine.hold(layers).await;
            let disk = self.find_disk(caller, name).await?;
            if disk.stack.top().is_made {
                self.ports.volumes.grow_layer(disk.stack.top().id, bytes).await?;
            }
            let changes = vec![
                Change::SetLayerSize(disk.stack.top().id, bytes),
                Change::PutOperation(Box::new(operation.clone())),
            ];
            self.ports.store.commit(changes).await?;
            return Ok(vec![operation]);
        };
        if !matches!(instance.status, Status::Running | Status::Stopped) {
            let tip = "wait until it is running or stopped";
            return Err(instance.status.refuse("grow a disk of", &instance.name, tip));
        }
        let order = (Order::Grow { disk: disk.id, bytes }, change);
        let (operation, other) = self.work_on_disk(caller, kind, (&disk, &instance), order);
        let changes = vec![
            Change::Expect(instance.id, instance.status),
            Change::PutOperation(Box::new(operation.clone())),
            Change::PutOperation(Box::new(other.clone())),
        ];
        self.order(changes, vec![(instance.id, operation.id)]).await?;
        Ok(vec![other, operation])
    }
}
