use super::{Page, Verbs};
use crate::model::{Caller, Result};

impl Verbs {
    /// Every name of the caller's resources, of any type, a page at a time.
    pub async fn get_active_names(&self, caller: &Caller, token: Option<&str>) -> Result<Page<String>> {
        let seen = |owner| self.policy.access.allows(caller, owner);
        let instances = self.ports.store.instances().await?;
        let pairs = self.ports.store.key_pairs().await?;
        let static_ips = self.ports.store.static_ips().await?;
        let alarms = self.ports.store.alarms().await?;
        let disks = self.ports.store.disks().await?;
        // An automatic one has no name.
        let snapshots = self.ports.store.snapshots().await?;
        let snapshots = snapshots.iter().filter(|one| seen(&one.owner)).filter_map(|one| one.name.as_ref());
        let mut names: Vec<String> = instances
            .iter()
            .filter(|instance| seen(&instance.owner))
            .map(|instance| instance.name.to_string())
            .chain(pairs.iter().filter(|pair| seen(&pair.owner)).map(|pair| pair.name.to_string()))
            .chain(alarms.iter().filter(|one| seen(&one.owner)).map(|one| one.name.to_string()))
            .chain(disks.iter().filter(|one| seen(&one.owner)).map(|one| one.name.to_string()))
            .chain(snapshots.map(ToString::to_string))
            .chain(static_ips.iter().filter(|one| seen(&one.owner)).map(|one| one.name.to_string()))
            .collect();
        names.sort_unstable();
        Page::by_name(names, String::as_str, token)
    }
}
