use crate::{
    model::{Caller, Disk, Result},
    verbs::{Page, Verbs},
};

impl Verbs {
    /// One disk.
    pub async fn get_disk(&self, caller: &Caller, name: &str) -> Result<Disk> {
        self.find_disk(caller, name).await
    }

    /// The caller's disks by name, a page at a time.
    pub async fn get_disks(&self, caller: &Caller, token: Option<&str>) -> Result<Page<Disk>> {
        let mut disks = self.ports.store.disks().await?;
        disks.retain(|one| self.policy.access.allows(caller, &one.owner));
        Page::by_name(disks, |one| one.name.as_str(), token)
    }
}
