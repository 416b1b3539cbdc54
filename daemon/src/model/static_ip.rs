//! Public addresses that stay.

use std::net::Ipv4Addr;

use jiff::Timestamp;

use super::{InstanceId, Owner, ResourceName, StaticIpId};

/// A public address that stays with its owner, whatever becomes of the instance that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticIp {
    /// Its identity.
    pub id: StaticIpId,
    /// Its name.
    pub name: ResourceName,
    /// Whose it is.
    pub owner: Owner,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// The address.
    pub address: Ipv4Addr,
    /// The instance whose public address it is.
    pub holder: Option<Holder>,
}

/// An instance that has a static address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its identity.
    pub id: InstanceId,
    /// Its name.
    pub name: ResourceName,
}
