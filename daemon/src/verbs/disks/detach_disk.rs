use super::wrong_state;
use crate::{
    model::{Caller, Operation, OperationKind, ResourceType, Result, Status},
    ports::Change,
    verbs::Verbs,
};

impl Verbs {
    /// Takes a disk from its instance, which must be stopped: a guest that runs may be writing to it.
    pub async fn detach_disk(&self, caller: &Caller, name: &str) -> Result<Vec<Operation>> {
        let _alone = self.admission.lock().await;
        let disk = self.find_disk(caller, name).await?;
        let Some(instance) = self.settled_instance_of(&disk).await? else {
            let message = format!("{} is not attached to an instance", disk.name);
            return Err(wrong_state(message).tip("see which are: sloop disk list"));
        };
        if instance.status != Status::Stopped {
            let tip = format!("stop it first: sloop stop {}", instance.name);
            let verb = format!("detach {} from", disk.name);
            return Err(instance.status.refuse(&verb, &instance.name, &tip));
        }
        self.idle(&instance).await?;
        let kind = OperationKind::DetachDisk;
        let operation = self.done_on_disk(caller, kind, &disk, instance.name.as_str());
        let other = operation.other_side((ResourceType::Instance, instance.id.0, instance.name.as_str()));
        let changes = vec![
            Change::Expect(instance.id, Status::Stopped),
            Change::DetachDisk(disk.id),
            Change::PutOperation(Box::new(operation.clone())),
            Change::PutOperation(Box::new(other.clone())),
        ];
        self.ports.store.commit(changes).await?;
        Ok(vec![operation, other])
    }
}
