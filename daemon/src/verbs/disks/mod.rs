//! Block storage: one file for each verb.

mod attach_disk;
mod create_disk;
mod delete_disk;
mod detach_disk;
mod get_disks;
mod grow_disk;

pub use self::create_disk::{CreateDisk, DiskOrigin};
use super::Verbs;
use crate::model::{
    Caller, Disk, Error, Instance, Kind, Operation, OperationKind, Order, ResourceName, Result,
};

/// A disk's size, as Lightsail bounds it.
const SMALLEST_GB: i32 = 8;
const LARGEST_GB: i32 = 16_000;

impl Verbs {
    /// The disk `name` if the caller may see it. One that is another's does not exist for them.
    pub(super) async fn find_disk(&self, caller: &Caller, name: &str) -> Result<Disk> {
        let name = ResourceName::parse("diskName", name)?;
        let found = self.ports.store.disk(&name).await?;
        found
            .filter(|disk| self.policy.access.allows(caller, &disk.owner))
            .ok_or_else(|| Error::not_found("Disk", &name).tip("see which there are: sloop disk list"))
    }

    /// The instance that a disk is attached to, if it is; refused while it is on its way.
    pub(super) async fn settled_instance_of(&self, disk: &Disk) -> Result<Option<Instance>> {
        let Some(attachment) = &disk.attachment else { return Ok(None) };
        if !attachment.is_done {
            let message = format!("{} is being attached to {}", disk.name, attachment.name);
            return Err(wrong_state(message).tip("wait until it is"));
        }
        let instance = self.ports.store.instance_by_id(attachment.instance).await?;
        instance.map(Some).ok_or_else(|| Error::not_found("Instance", &attachment.name))
    }

    /// Work on a disk for an instance's worker, and its other side.
    fn work_on_disk(
        &self,
        caller: &Caller,
        kind: OperationKind,
        (disk, instance): (&Disk, &Instance),
        (order, change): (Order, String),
    ) -> (Operation, Operation) {
        let mut operation = self.accept(caller, kind, instance, disk.name.as_str()).changing(change);
        operation.order = order;
        let other = operation.other_side(disk);
        (operation, other)
    }
}

fn wrong_state(message: String) -> Error {
    Error::new(Kind::WrongState, "InvalidDiskState", message)
}

/// A size in GB as bytes.
fn parse_size(gb: i32) -> Result<u64> {
    if !(SMALLEST_GB..=LARGEST_GB).contains(&gb) {
        let message = format!("A disk has {SMALLEST_GB} to {LARGEST_GB} GB, not {gb}");
        return Err(Error::invalid("sizeInGb", message));
    }
    Ok(u64::from(gb.unsigned_abs()) << 30)
}
