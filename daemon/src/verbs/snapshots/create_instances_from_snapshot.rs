use super::whole;
use crate::{
    model::{
        Beneath, Bundle, Caller, Error, FrozenDisk, Operation, PortRange, PortRule, ResourceName,
        ResourceType, Result, Snapshot,
    },
    verbs::{
        AutoChoice, CreateInstances, Verbs,
        create_instances::{Mold, MoldDisk},
    },
};

/// What is asked for: several instances that begin with what a snapshot holds.
#[derive(Clone, Debug, Default)]
pub struct CreateFromSnapshot {
    /// The snapshot, by its name.
    pub snapshot: String,
    /// Or an automatic one of an instance, by that one's name.
    pub automatic: Option<(String, AutoChoice)>,
    /// Names and all that is the same for any instances. The blueprint is the snapshot's.
    pub instances: CreateInstances,
    /// What the copies of attached disks are to be called; the others get the instance's name before their own.
    pub disk_names: Vec<NewDiskName>,
}

/// What the copy of an attached disk is to be called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewDiskName {
    /// The disk, by its name.
    pub disk: String,
    /// Or by its path.
    pub path: String,
    /// The new name.
    pub name: String,
}

impl Verbs {
    /// Asks for instances that begin with what a snapshot holds: all are accepted, or none is. Each is one of its own, with keys and an
    /// identity that nothing else has.
    pub async fn create_instances_from_snapshot(
        &self,
        caller: &Caller,
        asked: CreateFromSnapshot,
    ) -> Result<Vec<Operation>> {
        let CreateFromSnapshot { snapshot, automatic, instances, disk_names } = asked;
        let snapshot = match automatic {
            Some((source, choice)) => self.find_auto(caller, &source, &choice).await?,
            None => self.find_snapshot(caller, ResourceType::InstanceSnapshot, &snapshot).await?,
        };
        self.create_from(caller, &snapshot, instances, &disk_names).await
    }

    pub(super) async fn create_from(
        &self,
        caller: &Caller,
        snapshot: &Snapshot,
        asked: CreateInstances,
        disk_names: &[NewDiskName],
    ) -> Result<Vec<Operation>> {
        let bundle = self.catalogue.bundle(&asked.bundle_id)?;
        let mold = self.mold_of(snapshot, bundle, disk_names, asked.names.len()).await?;
        let order = self.check_common(caller, asked, mold).await?;
        // From here to the commit the snapshot stays.
        let cursor = self.admission.lock().await;
        let there = self.ports.store.snapshot_by_id(snapshot.id).await?;
        let there = there.ok_or_else(|| Error::not_found("InstanceSnapshot", snapshot.title()))?;
        whole(&there)?;
        self.make(&order, cursor).await
    }

    async fn mold_of(
        &self,
        snapshot: &Snapshot,
        bundle: &Bundle,
        disk_names: &[NewDiskName],
        count: usize,
    ) -> Result<Mold> {
        whole(snapshot)?;
        let from =
            snapshot.instance().ok_or_else(|| Error::internal("a snapshot of an instance is of a disk"))?;
        let ports = match self.blueprint(&from.blueprint_id).await {
            Ok(blueprint) => blueprint.ports,
            // Its blueprint is not in the catalogue any more.
            Err(_) => vec![PortRule::everybody(PortRange::tcp(22))],
        };
        let mut disks = Vec::new();
        for frozen in &snapshot.disks {
            disks.push(mold_disk(frozen, bundle, snapshot, disk_names, count)?);
        }
        unknown(disk_names, &snapshot.disks)?;
        Ok(Mold {
            from: format!("from the snapshot {} of {}", snapshot.title(), from.name),
            blueprint_id: from.blueprint_id.clone(),
            blueprint_name: from.blueprint_name.clone(),
            username: from.username.clone(),
            firmware: from.firmware,
            ports,
            vendor_config: from.vendor_config.clone(),
            disks,
        })
    }
}

fn mold_disk(
    frozen: &FrozenDisk,
    bundle: &Bundle,
    snapshot: &Snapshot,
    names: &[NewDiskName],
    count: usize,
) -> Result<MoldDisk> {
    let slot = frozen.slot.ok_or_else(|| Error::internal("a disk of an instance has no place"))?;
    let beneath = Beneath::Layer(frozen.layer);
    if slot.is_system() {
        if bundle.disk_bytes() < frozen.bytes {
            let message = format!(
                "{} has a disk of {} GB, and that in {} has {} GB",
                bundle.id,
                bundle.disk_gb,
                snapshot.title(),
                frozen.bytes >> 30
            );
            return Err(Error::invalid("bundleId", message).tip("choose the same bundle or a bigger one"));
        }
        return Ok(MoldDisk { name: None, given: None, slot, beneath, bytes: bundle.disk_bytes() });
    }
    let given = names.iter().find(|one| concerns(one, frozen));
    if given.is_some() && count > 1 {
        let message = "Several instances cannot have a disk of the same name";
        return Err(Error::invalid("attachedDiskMapping", message).tip("leave it out, or make one at a time"));
    }
    let given = given.map(|one| ResourceName::parse("attachedDiskMapping", &one.name)).transpose()?;
    Ok(MoldDisk { name: frozen.name.clone(), given, slot, beneath, bytes: frozen.bytes })
}

fn concerns(name: &NewDiskName, frozen: &FrozenDisk) -> bool {
    let by_name = frozen.name.as_ref().is_some_and(|own| own.as_str() == name.disk);
    let by_path = frozen.slot.is_some_and(|slot| slot.to_string() == name.path);
    if name.path.is_empty() { by_name } else { by_path }
}

/// A name for a disk that is not there is a mistake.
fn unknown(names: &[NewDiskName], disks: &[FrozenDisk]) -> Result<()> {
    match names.iter().find(|name| !disks.iter().any(|disk| concerns(name, disk))) {
        None => Ok(()),
        Some(name) => {
            let which = crate::model::shown(if name.path.is_empty() { &name.disk } else { &name.path });
            Err(Error::invalid("attachedDiskMapping", format!("There is no disk {which} in the snapshot")))
        }
    }
}
