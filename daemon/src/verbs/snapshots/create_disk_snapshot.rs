use crate::{
    model::{
        Caller, Disk, FrozenDisk, LayerId, Operation, OperationKind, Origin, ResourceName, Result, Snapshot,
    },
    ports::Change,
    verbs::Verbs,
};

/// Which disk a snapshot is taken of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiskSource {
    /// The disk of that name.
    Disk(String),
    /// The system disk of the instance of that name.
    SystemDisk(String),
}

impl Verbs {
    /// Keeps what one disk holds, attached or not.
    pub async fn create_disk_snapshot(
        &self,
        caller: &Caller,
        source: DiskSource,
        name: &str,
        tags: Vec<(String, String)>,
    ) -> Result<Vec<Operation>> {
        let name = ResourceName::parse("diskSnapshotName", name)?;
        let _alone = self.admission.lock().await;
        let (disk, instance) = match source {
            DiskSource::SystemDisk(instance) => {
                let instance = self.find(caller, &instance).await?;
                let of = Some((instance.id, instance.name.clone()));
                (Origin::Disk { id: instance.id.system_disk(), name: None, instance: of }, instance)
            }
            DiskSource::Disk(disk) => {
                let disk = self.find_disk(caller, &disk).await?;
                let origin = Origin::Disk { id: disk.id, name: Some(disk.name.clone()), instance: None };
                match self.settled_instance_of(&disk).await? {
                    None => {
                        let snapshot = self.design_snapshot(caller, Some(name), origin, tags)?;
                        return self.freeze_at_once(caller, &disk, snapshot).await;
                    }
                    Some(instance) => (origin, instance),
                }
            }
        };
        let snapshot = self.design_snapshot(caller, Some(name), disk, tags)?;
        self.order_snapshot(caller, &instance, snapshot).await
    }

    /// Nobody writes to a disk that is not attached: a record is all that it takes.
    pub(in crate::verbs) async fn freeze_at_once(
        &self,
        caller: &Caller,
        disk: &Disk,
        snapshot: Snapshot,
    ) -> Result<Vec<Operation>> {
        self.admit_snapshot().await?;
        let frozen = FrozenDisk {
            disk: disk.id,
            name: Some(disk.name.clone()),
            slot: None,
            bytes: disk.stack.bytes(),
            layer: disk.stack.top().id,
            next: Some(LayerId::fresh()),
        };
        let operation = self
            .done(caller, OperationKind::CreateDiskSnapshot, &snapshot, disk.name.as_str())
            .changing(format!("{} of {}", snapshot.title(), disk.name));
        let other = operation.other_side(disk);
        let id = snapshot.id;
        let changes = vec![
            Change::AddSnapshot(Box::new(snapshot)),
            Change::Freeze(id, vec![frozen]),
            Change::Settle(id),
            Change::PutOperation(Box::new(operation.clone())),
            Change::PutOperation(Box::new(other.clone())),
        ];
        self.ports.store.commit(changes).await?;
        Ok(vec![operation, other])
    }
}
