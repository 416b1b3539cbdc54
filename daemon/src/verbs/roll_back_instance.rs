use super::{
    Verbs,
    snapshots::{frozen, whole},
};
use crate::{
    model::{
        Caller, DiskId, Error, Instance, LayerId, Operation, OperationKind, Order, ResourceName,
        ResourceType, Result, Snapshot, Status,
    },
    ports::Change,
};

impl Verbs {
    /// Takes an instance, and the disks that are attached to it and in the snapshot, back to a snapshot of it. What they hold now is
    /// kept as a snapshot first. It is restarted if it runs.
    pub async fn roll_back_instance(
        &self,
        caller: &Caller,
        name: &str,
        to: &str,
        keep_as: Option<&str>,
    ) -> Result<Vec<Operation>> {
        let _alone = self.admission.lock().await;
        let instance = self.find(caller, name).await?;
        let to = self.find_snapshot(caller, ResourceType::InstanceSnapshot, to).await?;
        whole(&to)?;
        check(&instance, &to)?;
        self.idle(&instance).await?;
        self.admit_snapshot().await?;
        self.admit_disk(1).await?;
        let kept = match keep_as {
            Some(name) => ResourceName::parse("keptSnapshotName", name)?,
            None => self.name_for_present(&instance)?,
        };
        let keep = self.design_snapshot(caller, Some(kept), frozen(&instance), Vec::new())?;
        let mut operation = self
            .accept(caller, OperationKind::RollBackInstance, &instance, to.title())
            .changing(format!("back to {}, the present is kept as {}", to.title(), keep.title()));
        operation.order = Order::RollBack {
            to: to.id,
            keep: keep.id,
            tops: tops(&instance, &to),
            restart: instance.status == Status::Running,
        };
        let other = operation.other_side(&keep);
        let mut changes = vec![
            Change::Expect(instance.id, instance.status),
            Change::AddSnapshot(Box::new(keep)),
            Change::PutOperation(Box::new(operation.clone())),
            Change::PutOperation(Box::new(other.clone())),
        ];
        let disks = disk_entries(&operation, &instance, &to);
        changes.extend(disks.map(|disk| Change::PutOperation(Box::new(disk))));
        self.order(changes, vec![(instance.id, operation.id)]).await?;
        Ok(vec![operation, other])
    }

    fn name_for_present(&self, instance: &Instance) -> Result<ResourceName> {
        let now =
            self.ports.clock.now().to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y%m%d-%H%M%S").to_string();
        // Names have a bound.
        let stem: String = instance.name.as_str().chars().take(200).collect();
        ResourceName::parse("keptSnapshotName", &format!("{stem}-before-rollback-{now}"))
    }
}

fn check(instance: &Instance, to: &Snapshot) -> Result<()> {
    if !matches!(instance.status, Status::Running | Status::Stopped) {
        let tip = "wait until it is running or stopped";
        return Err(instance.status.refuse("roll back", &instance.name, tip));
    }
    match to.instance() {
        Some(source) if source.id == instance.id => Ok(()),
        _ => {
            let message = format!("{} is not a snapshot of {}", to.title(), instance.name);
            let tip = format!("make a new instance from it: sloop snapshot restore {}", to.title());
            Err(Error::invalid("instanceSnapshotName", message).tip(tip))
        }
    }
}

/// What is told of the attached disks that go back with their instance.
fn disk_entries(
    operation: &Operation,
    instance: &Instance,
    to: &Snapshot,
) -> impl Iterator<Item = Operation> {
    let both =
        instance.drives.iter().filter(move |drive| to.disks.iter().any(|disk| disk.disk == drive.disk));
    both.filter_map(move |drive| {
        let disk = operation.other_side(drive.resource(&instance.owner)?);
        Some(disk.changing(format!("back to {}", to.title())))
    })
}

/// New tops for the disks that go back.
fn tops(instance: &Instance, to: &Snapshot) -> Vec<(DiskId, LayerId)> {
    let both = instance.drives.iter().filter(|drive| to.disks.iter().any(|disk| disk.disk == drive.disk));
    both.map(|drive| (drive.disk, LayerId::fresh())).collect()
}
