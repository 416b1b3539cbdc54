//! Snapshots: one file for each verb.

mod copy_snapshot;
mod create_disk_snapshot;
mod create_instance_snapshot;
mod create_instances_from_snapshot;
mod delete_snapshot;
mod export_snapshot;
mod get_snapshots;
mod import_plan;
mod import_snapshot;

pub use self::{
    copy_snapshot::CopySnapshot,
    create_disk_snapshot::DiskSource,
    create_instances_from_snapshot::{CreateFromSnapshot, NewDiskName},
    export_snapshot::{ExportPart, ExportRequest, SnapshotExport},
    import_plan::{ImportSnapshot, ImportedDisk, ImportedInstance},
};
use super::Verbs;
use crate::model::{
    Caller, Error, FrozenInstance, Instance, Kind, Origin, ResourceName, ResourceType, Result, Snapshot,
    SnapshotId, SnapshotState, Tags,
};

/// The member of a request that names a snapshot of that sort.
fn field(kind: ResourceType) -> &'static str {
    if kind == ResourceType::DiskSnapshot { "diskSnapshotName" } else { "instanceSnapshotName" }
}

impl Verbs {
    /// The snapshot `name`, of that sort, if the caller may see it.
    pub(super) async fn find_snapshot(
        &self,
        caller: &Caller,
        kind: ResourceType,
        name: &str,
    ) -> Result<Snapshot> {
        let name = ResourceName::parse(field(kind), name)?;
        let found = self.ports.store.snapshot(&name).await?;
        let found = found.filter(|one| one.resource_type() == kind);
        found.filter(|one| self.policy.access.allows(caller, &one.owner)).ok_or_else(|| {
            Error::not_found(kind.word(), &name).tip("see which there are: sloop snapshot list")
        })
    }

    /// A snapshot that is to be made.
    pub(super) fn design_snapshot(
        &self,
        caller: &Caller,
        name: Option<ResourceName>,
        origin: Origin,
        tags: Vec<(String, String)>,
    ) -> Result<Snapshot> {
        let mut labels = Tags::default();
        labels.put(tags, self.policy.quotas.tags)?;
        Ok(Snapshot {
            id: SnapshotId::fresh(),
            name,
            owner: caller.owner.clone(),
            created_at: self.ports.clock.now(),
            state: SnapshotState::Pending,
            origin,
            day: None,
            is_from_auto: false,
            quiesced: None,
            disks: Vec::new(),
            tags: labels,
        })
    }

    /// Refuses one snapshot too many.
    pub(super) async fn admit_snapshot(&self) -> Result<()> {
        let (count, quota) = (self.ports.store.snapshots().await?.len(), self.policy.quotas.snapshots);
        if count < quota {
            return Ok(());
        }
        let message = format!("There are {count} snapshots and the quota is {quota}");
        Err(Error::new(Kind::Quota, "SnapshotLimitExceeded", message)
            .tip("delete one, or raise quotas.snapshots in the configuration"))
    }
}

/// Refuses a snapshot that is not whole yet.
pub(super) fn whole(snapshot: &Snapshot) -> Result<()> {
    if snapshot.state == SnapshotState::Available {
        return Ok(());
    }
    let message = format!("The snapshot {} is still being made", snapshot.title());
    Err(Error::new(Kind::WrongState, "InvalidSnapshotState", message).tip("wait until it is available"))
}

/// What must be known of an instance to make another like it.
pub(super) fn frozen(instance: &Instance) -> Origin {
    Origin::Instance(Box::new(FrozenInstance {
        id: instance.id,
        name: instance.name.clone(),
        blueprint_id: instance.blueprint_id.clone(),
        blueprint_name: instance.blueprint_name.clone(),
        bundle_id: instance.bundle_id.clone(),
        username: instance.username.clone(),
        firmware: instance.firmware,
        vendor_config: instance.vendor_config.clone(),
    }))
}
