use std::net::Ipv4Addr;

use super::Verbs;
use crate::model::{Error, Instance, InstanceId, Place, Pool, Result};

/// What an instance may know of itself and of where it is.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// The instance that asks.
    pub instance: Instance,
    /// Region, zone and account of the host.
    pub place: Place,
    /// The range that the instance's own address is from.
    pub subnet: Pool,
}

impl Verbs {
    /// What the guest with that address may know. Which guest it is is known by the address that its wire is bound to; of
    /// another one it learns nothing. Not found where no instance has the address.
    pub async fn get_metadata(&self, from: Ipv4Addr) -> Result<Metadata> {
        let instance = self.ports.store.instance_at(from).await?;
        let instance = instance.ok_or_else(|| Error::not_found("Instance", from))?;
        Ok(Metadata { instance, place: self.policy.place.clone(), subnet: self.policy.private_pool })
    }

    /// A guest was let in that asked without a session token. It is counted.
    pub fn asked_without_token(&self, id: InstanceId) {
        self.engine.count_no_token(id);
    }
}
