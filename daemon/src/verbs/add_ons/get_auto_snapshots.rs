use crate::{
    model::{Caller, ResourceType, Result, Snapshot},
    verbs::Verbs,
};

/// The automatic snapshots of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoSnapshots {
    /// Its name.
    pub name: String,
    /// What sort of resource it is.
    pub kind: ResourceType,
    /// The snapshots, the newest first.
    pub snapshots: Vec<Snapshot>,
}

impl Verbs {
    /// The automatic snapshots of an instance or a disk.
    pub async fn get_auto_snapshots(&self, caller: &Caller, name: &str) -> Result<AutoSnapshots> {
        let source = self.find_source(caller, name).await?;
        let snapshots = self.auto_snapshots_of(source.id()).await?;
        Ok(AutoSnapshots { name: source.name().to_owned(), kind: source.kind(), snapshots })
    }
}
