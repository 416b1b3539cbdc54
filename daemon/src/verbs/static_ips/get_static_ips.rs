use crate::{
    model::{Caller, Result, StaticIp},
    verbs::{Page, Verbs},
};

impl Verbs {
    /// One static address.
    pub async fn get_static_ip(&self, caller: &Caller, name: &str) -> Result<StaticIp> {
        self.find_static_ip(caller, name).await
    }

    /// The caller's static addresses by name, a page at a time.
    pub async fn get_static_ips(&self, caller: &Caller, token: Option<&str>) -> Result<Page<StaticIp>> {
        let mut static_ips = self.ports.store.static_ips().await?;
        static_ips.retain(|one| self.policy.access.allows(caller, &one.owner));
        Page::by_name(static_ips, |one| one.name.as_str(), token)
    }
}
