use super::wrong_state;
use crate::{
    model::{Caller, Disk, Error, Instance, Kind, Operation, OperationKind, Order, Result, Slot, Status},
    ports::Change,
    verbs::Verbs,
};

/// So many disks may be attached to an instance, as at Lightsail.
const MOST: usize = 15;

impl Verbs {
    /// Hands a disk to an instance. One that runs sees it at once, one that is stopped when it starts.
    pub async fn attach_disk(
        &self,
        caller: &Caller,
        disk: &str,
        instance: &str,
        path: &str,
    ) -> Result<Vec<Operation>> {
        let slot = Slot::of_path(path)?;
        let _alone = self.admission.lock().await;
        let disk = self.find_disk(caller, disk).await?;
        let instance = self.find(caller, instance).await?;
        check(&disk, &instance, slot)?;
        self.admit_disk(1).await?;
        let order = (Order::Disk(disk.id), format!("{} to {} at {slot}", disk.name, instance.name));
        let (operation, other) =
            self.work_on_disk(caller, OperationKind::AttachDisk, (&disk, &instance), order);
        let changes = vec![
            Change::Expect(instance.id, instance.status),
            Change::AttachDisk { disk: disk.id, instance: instance.id, slot },
            Change::PutOperation(Box::new(operation.clone())),
            Change::PutOperation(Box::new(other.clone())),
        ];
        self.order(changes, vec![(instance.id, operation.id)]).await?;
        Ok(vec![other, operation])
    }
}

fn check(disk: &Disk, instance: &Instance, slot: Slot) -> Result<()> {
    if let Some(attachment) = &disk.attachment {
        let message = format!("{} is attached to {}", disk.name, attachment.name);
        return Err(wrong_state(message).tip("detach it first: sloop disk detach"));
    }
    if disk.owner != instance.owner {
        let message = format!("{} and {} belong to different owners", disk.name, instance.name);
        return Err(Error::new(Kind::AccessDenied, "OwnersDiffer", message));
    }
    if !matches!(instance.status, Status::Running | Status::Stopped) {
        let tip = "wait until it is running or stopped";
        return Err(instance.status.refuse("attach a disk to", &instance.name, tip));
    }
    if let Some(other) = instance.drives.iter().find(|drive| drive.slot == slot) {
        let name = other.name.as_ref().map_or("its system disk", |name| name.as_str());
        let message = format!("{slot} of {} is taken by {name}", instance.name);
        return Err(Error::invalid("diskPath", message).tip("choose another path"));
    }
    if instance.drives.len() > MOST {
        let message = format!("{} has {MOST} disks attached, and there may be no more", instance.name);
        return Err(Error::new(Kind::Quota, "DiskLimitExceeded", message).tip("detach one"));
    }
    Ok(())
}
