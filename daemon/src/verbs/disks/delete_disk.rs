use super::wrong_state;
use crate::{
    model::{Caller, Operation, OperationKind, Result, changed},
    ports::Change,
    verbs::Verbs,
};

impl Verbs {
    /// Deletes a disk that is not attached, at once. Snapshots of it stay, but automatic ones do not: one with daily snapshots is refused
    /// unless they are to go with it.
    pub async fn delete_disk(
        &self,
        caller: &Caller,
        name: &str,
        force_add_ons: bool,
    ) -> Result<Vec<Operation>> {
        let _alone = self.admission.lock().await;
        let disk = self.find_disk(caller, name).await?;
        if let Some(attachment) = &disk.attachment {
            let message = format!("{} is attached to {}", disk.name, attachment.name);
            return Err(wrong_state(message).tip(format!("detach it first: sloop disk detach {}", disk.name)));
        }
        self.without_daily(disk.id.0, &disk.name, force_add_ons).await?;
        let operation = self
            .done(caller, OperationKind::DeleteDisk, &disk, "")
            .changing(format!("disk of {}", changed::size(disk.stack.bytes())));
        let changes = vec![Change::RemoveDisk(disk.id), Change::PutOperation(Box::new(operation.clone()))];
        self.ports.store.commit(changes).await?;
        self.engine.sweep_soon();
        Ok(vec![operation])
    }
}
