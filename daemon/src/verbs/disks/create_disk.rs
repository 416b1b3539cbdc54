use super::parse_size;
use crate::{
    model::{
        Beneath, Caller, Disk, DiskId, Error, Kind, Layer, Operation, OperationKind, Place, ResourceName,
        ResourceType, Result, Snapshot, Stack, Tags, shown,
    },
    ports::Change,
    verbs::{AutoChoice, Verbs, snapshots::whole},
};

/// A disk that is asked for.
#[derive(Clone, Debug, Default)]
pub struct CreateDisk {
    /// Its name.
    pub name: String,
    /// Must be this host's zone.
    pub zone: String,
    /// Its size in GB.
    pub size_gb: i32,
    /// What it holds at first.
    pub origin: DiskOrigin,
    /// Labels, each a key and a value.
    pub tags: Vec<(String, String)>,
}

/// What a new disk holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DiskOrigin {
    /// Nothing.
    #[default]
    Empty,
    /// What the disk snapshot of that name holds.
    Snapshot(String),
    /// What an automatic snapshot of the disk of that name holds.
    Automatic(String, AutoChoice),
}

impl Verbs {
    /// Makes a disk, thin: it takes room as it is written to. Nothing but a record is needed until an instance is to write to it.
    pub async fn create_disk(&self, caller: &Caller, asked: CreateDisk) -> Result<Vec<Operation>> {
        let name = ResourceName::parse("diskName", &asked.name)?;
        in_zone(&self.policy.place, &asked.zone)?;
        let bytes = parse_size(asked.size_gb)?;
        let mut tags = Tags::default();
        tags.put(asked.tags, self.policy.quotas.tags)?;
        let _alone = self.admission.lock().await;
        self.admit_disks().await?;
        self.admit_disk(1).await?;
        let (kind, beneath, from) = match &asked.origin {
            DiskOrigin::Empty => (OperationKind::CreateDisk, Beneath::Nothing, String::new()),
            DiskOrigin::Snapshot(name) => {
                let snapshot = self.find_snapshot(caller, ResourceType::DiskSnapshot, name).await?;
                (OperationKind::CreateDiskFromSnapshot, content_of(&snapshot, bytes)?, name.clone())
            }
            DiskOrigin::Automatic(disk, choice) => {
                let snapshot = self.find_auto(caller, disk, choice).await?;
                (OperationKind::CreateDiskFromSnapshot, content_of(&snapshot, bytes)?, disk.clone())
            }
        };
        let disk = Disk {
            id: DiskId::fresh(),
            name,
            owner: caller.owner.clone(),
            created_at: self.ports.clock.now(),
            attachment: None,
            stack: Stack::single(Layer::on(beneath, bytes)),
            tags,
        };
        let operation = self.done_on_disk(caller, kind, &disk, &from);
        let changes =
            vec![Change::AddDisk(Box::new(disk)), Change::PutOperation(Box::new(operation.clone()))];
        self.ports.store.commit(changes).await?;
        Ok(vec![operation])
    }

    async fn admit_disks(&self) -> Result<()> {
        let (count, quota) = (self.ports.store.disks().await?.len(), self.policy.quotas.disks);
        if count < quota {
            return Ok(());
        }
        let message = format!("There are {count} disks and the quota is {quota}");
        Err(Error::new(Kind::Quota, "DiskLimitExceeded", message)
            .tip("delete one, or raise quotas.disks in the configuration"))
    }
}

/// The layer that a snapshot keeps, for a disk of that size.
fn content_of(snapshot: &Snapshot, bytes: u64) -> Result<Beneath> {
    whole(snapshot)?;
    let [frozen] = snapshot.disks.as_slice() else {
        let message = format!("{} is not a snapshot of one disk", snapshot.title());
        return Err(Error::invalid("diskSnapshotName", message));
    };
    if bytes < frozen.bytes {
        let message = format!("{} holds a disk of {} GB", snapshot.title(), frozen.bytes >> 30);
        return Err(Error::invalid("sizeInGb", message).tip("ask for that size or a larger one"));
    }
    Ok(Beneath::Layer(frozen.layer))
}

/// Refuses any other zone than this host's.
fn in_zone(place: &Place, zone: &str) -> Result<()> {
    if zone == place.zone {
        return Ok(());
    }
    let message = format!("Unknown availability zone: {}", shown(zone));
    Err(Error::invalid("availabilityZone", message).tip(format!("this host is {}", place.zone)))
}
