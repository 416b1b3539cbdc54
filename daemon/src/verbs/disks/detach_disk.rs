use super::wrong_state;
use crate::{
    model::{Caller, Operation, OperationKind, Result, Status},
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
        let operation = self
            .done(caller, OperationKind::DetachDisk, &disk, instance.name.as_str())
            .changing(format!("{} from {}", disk.name, instance.name));
        let other = operation.other_side(&instance);
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
