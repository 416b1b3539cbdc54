use super::whole;
use crate::{
    model::{
        Caller, Error, Operation, OperationKind, Origin, ResourceName, ResourceType, Result, Snapshot,
        SnapshotId, SnapshotState, changed,
    },
    ports::Change,
    verbs::{AutoChoice, Verbs},
};

/// Which snapshot is to be copied, under which name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopySnapshot {
    /// Its name, of either sort.
    pub source: String,
    /// Or an automatic one of an instance or a disk, by that one's name.
    pub automatic: Option<(String, AutoChoice)>,
    /// The name of the copy.
    pub target: String,
    /// Must be this host's region.
    pub region: String,
}

impl Verbs {
    /// Makes a snapshot of a snapshot. They share all that they hold, so it takes no room.
    pub async fn copy_snapshot(&self, caller: &Caller, asked: CopySnapshot) -> Result<Vec<Operation>> {
        let name = ResourceName::parse("targetSnapshotName", &asked.target)?;
        if asked.region != self.policy.place.region {
            let message = format!("{} is not the region of this host", crate::model::shown(&asked.region));
            return Err(
                Error::invalid("sourceRegion", message).tip(format!("it is {}", self.policy.place.region))
            );
        }
        let _alone = self.admission.lock().await;
        let source = match &asked.automatic {
            Some((source, choice)) => self.find_auto(caller, source, choice).await?,
            None => self.find_any_snapshot(caller, &asked.source).await?,
        };
        whole(&source)?;
        self.admit_snapshot().await?;
        let copy = Snapshot {
            id: SnapshotId::fresh(),
            name: Some(name),
            owner: caller.owner.clone(),
            created_at: self.ports.clock.now(),
            state: SnapshotState::Available,
            is_from_auto: source.day.is_some() || source.is_from_auto,
            day: None,
            ..source.clone()
        };
        let kind = match copy.origin {
            Origin::Instance(_) => OperationKind::CreateInstanceSnapshot,
            Origin::Disk { .. } => OperationKind::CreateDiskSnapshot,
        };
        let operation = self.done(caller, kind, &copy, source.title()).changing(format!(
            "a copy of {} of {}",
            source.title(),
            changed::source(&source)
        ));
        let changes =
            vec![Change::AddSnapshot(Box::new(copy)), Change::PutOperation(Box::new(operation.clone()))];
        self.ports.store.commit(changes).await?;
        Ok(vec![operation])
    }

    /// The snapshot of that name, of either sort.
    pub(super) async fn find_any_snapshot(&self, caller: &Caller, name: &str) -> Result<Snapshot> {
        match self.find_snapshot(caller, ResourceType::InstanceSnapshot, name).await {
            Ok(found) => Ok(found),
            Err(_) => self
                .find_snapshot(caller, ResourceType::DiskSnapshot, name)
                .await
                .map_err(|error| Error { field: error.field.map(|_| "sourceSnapshotName"), ..error }),
        }
    }
}
