//! What an operation is on.

use uuid::Uuid;

use super::{
    Alarm, ContactMethod, Disk, Drive, Instance, KeyPair, Owner, ResourceType, Snapshot, StaticIp, Watched,
};

/// What an operation is on.
#[derive(Clone, Copy, Debug)]
pub struct Resource<'a> {
    /// What sort of resource.
    pub kind: ResourceType,
    /// Its identity, which outlives its name.
    pub id: Uuid,
    /// Its name now.
    pub name: &'a str,
    /// Whose it is; where nobody says so, it is the caller's. They see what is done to it, whoever does it.
    pub owner: Option<&'a Owner>,
}

impl<'a> Resource<'a> {
    /// The images of a blueprint. They are everybody's and have no identity; what is done to them is seen by who did it.
    pub fn image(blueprint: &'a str) -> Self {
        Self { kind: ResourceType::Image, id: Uuid::nil(), name: blueprint, owner: None }
    }
}

impl Drive {
    /// The disk of an instance of that owner; none if it is the system disk, which is no resource of its own.
    pub fn resource<'a>(&'a self, owner: &'a Owner) -> Option<Resource<'a>> {
        let name = self.name.as_ref()?.as_str();
        Some(Resource { kind: ResourceType::Disk, id: self.disk.0, name, owner: Some(owner) })
    }
}

impl<'a> From<(ResourceType, Uuid, &'a str)> for Resource<'a> {
    fn from((kind, id, name): (ResourceType, Uuid, &'a str)) -> Self {
        Self { kind, id, name, owner: None }
    }
}

impl<'a> From<&'a Instance> for Resource<'a> {
    fn from(one: &'a Instance) -> Self {
        let (kind, name) = (ResourceType::Instance, one.name.as_str());
        Self { kind, id: one.id.0, name, owner: Some(&one.owner) }
    }
}

impl<'a> From<&'a Disk> for Resource<'a> {
    fn from(one: &'a Disk) -> Self {
        Self { kind: ResourceType::Disk, id: one.id.0, name: one.name.as_str(), owner: Some(&one.owner) }
    }
}

impl<'a> From<&'a Snapshot> for Resource<'a> {
    fn from(one: &'a Snapshot) -> Self {
        Self { kind: one.resource_type(), id: one.id.0, name: one.title(), owner: Some(&one.owner) }
    }
}

impl<'a> From<&'a StaticIp> for Resource<'a> {
    fn from(one: &'a StaticIp) -> Self {
        let (kind, name) = (ResourceType::StaticIp, one.name.as_str());
        Self { kind, id: one.id.0, name, owner: Some(&one.owner) }
    }
}

impl<'a> From<&'a KeyPair> for Resource<'a> {
    fn from(one: &'a KeyPair) -> Self {
        let (kind, name) = (ResourceType::KeyPair, one.name.as_str());
        Self { kind, id: one.id.0, name, owner: Some(&one.owner) }
    }
}

impl<'a> From<&'a Alarm> for Resource<'a> {
    fn from(one: &'a Alarm) -> Self {
        Self { kind: ResourceType::Alarm, id: one.id.0, name: one.name.as_str(), owner: Some(&one.owner) }
    }
}

impl<'a> From<&'a Watched> for Resource<'a> {
    fn from(one: &'a Watched) -> Self {
        Self { kind: ResourceType::Instance, id: one.id.0, name: one.name.as_str(), owner: Some(&one.owner) }
    }
}

impl<'a> From<&'a ContactMethod> for Resource<'a> {
    fn from(one: &'a ContactMethod) -> Self {
        Self { kind: ResourceType::ContactMethod, id: one.id.0, name: one.name(), owner: Some(&one.owner) }
    }
}
