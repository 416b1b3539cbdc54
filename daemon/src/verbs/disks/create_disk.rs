use super::parse_size;
use crate::{
    model::{
        AutoSnapshot, Beneath, Caller, Disk, DiskId, Error, Kind, Layer, Operation, OperationKind,
        ResourceName, ResourceType, Result, Snapshot, Stack, Tags, TimeOfDay, changed,
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
    /// Daily snapshots from the beginning, at that time.
    pub daily: Option<TimeOfDay>,
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
        self.policy.place.admit_zone(&asked.zone)?;
        let bytes = parse_size(asked.size_gb)?;
        let mut tags = Tags::default();
        tags.put(asked.tags, self.policy.quotas.tags)?;
        let _alone = self.admission.lock().await;
        self.admit_disks().await?;
        self.admit_disk(1).await?;
        let (kind, beneath, from) = self.beginning_of(caller, &asked.origin, bytes).await?;
        let disk = Disk {
            id: DiskId::fresh(),
            name,
            owner: caller.owner.clone(),
            created_at: self.ports.clock.now(),
            attachment: None,
            stack: Stack::single(Layer::on(beneath, bytes)),
            tags,
        };
        let origin = if from.is_empty() { String::new() } else { format!(" from {from}") };
        let at = asked.daily.map(|time| format!(", snapshots daily at {time}")).unwrap_or_default();
        let operation = self
            .done(caller, kind, &disk, from)
            .changing(format!("disk of {}{origin}{at}", changed::size(bytes)));
        let daily = asked
            .daily
            .map(|time| AutoSnapshot::beginning(disk.id.0, ResourceType::Disk, time, disk.created_at));
        let mut changes =
            vec![Change::AddDisk(Box::new(disk)), Change::PutOperation(Box::new(operation.clone()))];
        changes.extend(daily.map(Change::PutAutoSnapshot));
        self.ports.store.commit(changes).await?;
        Ok(vec![operation])
    }

    /// What a new disk stands on, the sort of operation that makes it, and the name of what it is made from.
    async fn beginning_of(
        &self,
        caller: &Caller,
        origin: &DiskOrigin,
        bytes: u64,
    ) -> Result<(OperationKind, Beneath, String)> {
        let (snapshot, from) = match origin {
            DiskOrigin::Empty => return Ok((OperationKind::CreateDisk, Beneath::Nothing, String::new())),
            DiskOrigin::Snapshot(name) => {
                (self.find_snapshot(caller, ResourceType::DiskSnapshot, name).await?, name)
            }
            DiskOrigin::Automatic(disk, choice) => (self.find_auto(caller, disk, choice).await?, disk),
        };
        Ok((OperationKind::CreateDiskFromSnapshot, content_of(&snapshot, bytes)?, from.clone()))
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
