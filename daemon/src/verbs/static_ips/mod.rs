//! Static addresses: one file for each verb.

mod allocate_static_ip;
mod attach_static_ip;
mod detach_static_ip;
mod get_static_ips;
mod release_static_ip;

use std::net::Ipv4Addr;

use super::{Verbs, admission::Cursor};
use crate::model::{Caller, Error, Instance, ResourceName, Result, StaticIp, Status};

impl Verbs {
    /// The static address `name` if the caller may see it. One that is another's does not exist for them.
    async fn find_static_ip(&self, caller: &Caller, name: &str) -> Result<StaticIp> {
        let name = ResourceName::parse("staticIpName", name)?;
        let found = self.ports.store.static_ip(&name).await?;
        found.filter(|one| self.policy.access.allows(caller, &one.owner)).ok_or_else(|| {
            Error::not_found("StaticIp", &name).tip("see which there are: sloop static-ip list")
        })
    }

    /// The address that an instance has when a static one is taken from it: another, or none while it is stopped.
    async fn address_without(&self, cursor: &mut Cursor, instance: &Instance) -> Result<Option<Ipv4Addr>> {
        if instance.status == Status::Stopped {
            return Ok(None);
        }
        let used = self.ports.store.public_addresses().await?;
        cursor.public(self.policy.public_pool, &used).map(Some)
    }
}
