//! Automatic snapshots: one file for each verb, and the schedule.

mod delete_auto_snapshot;
mod disable_add_on;
mod enable_add_on;
mod get_auto_snapshots;
mod get_daily_times;
mod schedule;

pub use self::{get_auto_snapshots::AutoSnapshots, get_daily_times::DailyTimes};
use super::Verbs;
use crate::model::{
    Caller, Disk, Error, Instance, Kind, Resource, ResourceName, ResourceType, Result, Snapshot, shown,
};

/// What automatic snapshots are taken of.
pub(super) enum Source {
    Instance(Box<Instance>),
    Disk(Box<Disk>),
}

impl Source {
    pub(super) fn id(&self) -> uuid::Uuid {
        match self {
            Self::Instance(instance) => instance.id.0,
            Self::Disk(disk) => disk.id.0,
        }
    }

    pub(super) fn kind(&self) -> ResourceType {
        match self {
            Self::Instance(_) => ResourceType::Instance,
            Self::Disk(_) => ResourceType::Disk,
        }
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Instance(instance) => instance.name.as_str(),
            Self::Disk(disk) => disk.name.as_str(),
        }
    }
}

impl<'a> From<&'a Source> for Resource<'a> {
    fn from(source: &'a Source) -> Self {
        match source {
            Source::Instance(instance) => instance.as_ref().into(),
            Source::Disk(disk) => disk.as_ref().into(),
        }
    }
}

/// Which automatic snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AutoChoice {
    /// That of a day, such as 2026-11-23.
    Day(String),
    /// The last one.
    Latest,
}

impl AutoChoice {
    /// What a request asks for, by its two members: exactly one of them is given.
    pub fn of(day: Option<String>, latest: Option<bool>) -> Result<Self> {
        match (day, latest.unwrap_or_default()) {
            (Some(day), false) => Ok(Self::Day(day)),
            (None, true) => Ok(Self::Latest),
            _ => {
                let message = "Give either restoreDate or useLatestRestorableAutoSnapshot";
                Err(Error::invalid("restoreDate", message))
            }
        }
    }
}

impl Verbs {
    /// The instance or disk of that name, if the caller may see it.
    pub(super) async fn find_source(&self, caller: &Caller, name: &str) -> Result<Source> {
        match self.find(caller, name).await {
            Ok(instance) => Ok(Source::Instance(Box::new(instance))),
            Err(error) if error.kind == Kind::NotFound => {
                let disk = self.find_disk(caller, name).await;
                disk.map(|disk| Source::Disk(Box::new(disk))).map_err(|_| {
                    Error::not_found("Resource", shown(name))
                        .tip("automatic snapshots are of instances and disks")
                })
            }
            Err(error) => Err(Error { field: Some("resourceName"), ..error }),
        }
    }

    /// Refuses to delete what daily snapshots are taken of, as Lightsail does, unless they are to go with it. Call it with the admission
    /// held.
    pub(super) async fn without_daily(
        &self,
        source: uuid::Uuid,
        name: &ResourceName,
        or_with_them: bool,
    ) -> Result<()> {
        if or_with_them || self.ports.store.auto_snapshots().await?.iter().all(|one| one.source != source) {
            return Ok(());
        }
        let message = format!("Automatic snapshots of {name} are enabled, and would be deleted with it");
        let tip = format!("ask with forceDeleteAddOns, or turn them off: sloop snapshot auto off {name}");
        Err(Error::new(Kind::WrongState, "AddOnEnabled", message).tip(tip))
    }

    /// The automatic snapshots of a source, the newest first.
    pub(super) async fn auto_snapshots_of(&self, source: uuid::Uuid) -> Result<Vec<Snapshot>> {
        let mut all = self.ports.store.snapshots().await?;
        all.retain(|one| one.day.is_some() && one.source() == source);
        all.sort_by(|one, other| (&other.day, other.created_at).cmp(&(&one.day, one.created_at)));
        Ok(all)
    }

    /// One automatic snapshot of an instance or a disk that is whole.
    pub(super) async fn find_auto(
        &self,
        caller: &Caller,
        source: &str,
        choice: &AutoChoice,
    ) -> Result<Snapshot> {
        let source = self.find_source(caller, source).await?;
        let mut all = self.auto_snapshots_of(source.id()).await?;
        all.retain(|one| one.state == crate::model::SnapshotState::Available);
        let found = match choice {
            AutoChoice::Latest => all.into_iter().next(),
            AutoChoice::Day(day) => all.into_iter().find(|one| one.day.as_ref() == Some(day)),
        };
        found.ok_or_else(|| {
            let which =
                if let AutoChoice::Day(day) = choice { format!(" of {}", shown(day)) } else { String::new() };
            let message = format!("automatic snapshot{which} of {}", source.name());
            Error::not_found("Snapshot", message)
                .tip(format!("see which there are: sloop snapshot auto list {}", source.name()))
        })
    }
}
