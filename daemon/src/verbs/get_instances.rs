use super::{Page, Verbs};
use crate::model::{Caller, Instance, Result};

impl Verbs {
    /// One instance.
    pub async fn get_instance(&self, caller: &Caller, name: &str) -> Result<Instance> {
        self.find(caller, name).await
    }

    /// The caller's instances by name, a page at a time.
    pub async fn get_instances(&self, caller: &Caller, token: Option<&str>) -> Result<Page<Instance>> {
        let mut instances = self.ports.store.instances().await?;
        instances.retain(|instance| self.policy.access.allows(caller, &instance.owner));
        Page::by_name(instances, |instance| instance.name.as_str(), token)
    }
}
