use crate::{
    model::{Caller, Error, Kind, Order, ResourceName, ResourceType, Result, Snapshot},
    verbs::{Page, Verbs},
};

impl Verbs {
    /// One snapshot, of an instance or of a disk.
    pub async fn get_snapshot(&self, caller: &Caller, kind: ResourceType, name: &str) -> Result<Snapshot> {
        self.find_snapshot(caller, kind, name).await
    }

    /// The caller's snapshots of instances, or of disks, by name, a page at a time. Automatic ones are not among them.
    pub async fn get_snapshots(
        &self,
        caller: &Caller,
        kind: ResourceType,
        token: Option<&str>,
    ) -> Result<Page<Snapshot>> {
        let mut snapshots = self.ports.store.snapshots().await?;
        snapshots.retain(|one| {
            one.resource_type() == kind && one.name.is_some() && self.policy.access.allows(caller, &one.owner)
        });
        Page::by_name(snapshots, |one| one.name.as_ref().map_or("", ResourceName::as_str), token)
    }

    /// Refuses to take away what an operation still needs.
    pub(in crate::verbs) async fn not_needed(&self, snapshot: &Snapshot) -> Result<()> {
        let unfinished = self.ports.store.unfinished().await?;
        let needs = |order: &Order| match order {
            Order::Snapshot(id) => *id == snapshot.id,
            Order::RollBack { to, keep, .. } => *to == snapshot.id || *keep == snapshot.id,
            _ => false,
        };
        let Some(user) = unfinished.iter().find(|operation| needs(&operation.order)) else { return Ok(()) };
        let message =
            format!("{} of {} needs {} still", user.kind.word(), user.resource_name, snapshot.title());
        Err(Error::new(Kind::WrongState, "SnapshotInUse", message).tip("wait until that has ended"))
    }
}
