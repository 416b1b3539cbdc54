use std::net::{Ipv4Addr, Ipv6Addr};

use super::Verbs;
use crate::model::{Access, Caller, Error, Instance, Result};

/// An instance as those know it who may find it by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownName {
    /// Its name as a label. Other instances may have the same one.
    pub host_name: String,
    /// Its own address.
    pub private_ip: Ipv4Addr,
    /// The address that others reach it at, while it leads there.
    pub public_ip: Option<Ipv4Addr>,
    /// Its IPv6 address.
    pub ipv6: Option<Ipv6Addr>,
}

impl Verbs {
    /// The names that whoever asks from that address may know: the host all, a guest those that its owner may see. Which
    /// guest is known by the address that its wire is bound to; nobody else has any business here.
    pub async fn names_for(&self, from: Ipv4Addr) -> Result<Vec<KnownName>> {
        let instances = self.ports.store.instances().await?;
        let is_host = from.is_loopback() || from == self.policy.private_pool.gateway();
        let names = if is_host {
            Some(instances.iter().map(KnownName::of).collect())
        } else {
            seen_by_guest(from, &instances, self.policy.access)
        };
        names.ok_or_else(|| Error::not_found("Instance", from))
    }
}

impl KnownName {
    fn of(instance: &Instance) -> Self {
        Self {
            host_name: instance.name.host_name(),
            private_ip: instance.private_ip,
            public_ip: instance.public_ip.filter(|_| instance.is_reachable()),
            ipv6: instance.ipv6,
        }
    }
}

fn seen_by_guest(from: Ipv4Addr, instances: &[Instance], access: Access) -> Option<Vec<KnownName>> {
    let guest = instances.iter().find(|instance| instance.private_ip == from)?;
    // Being root in a guest makes nobody an administrator of the host.
    let caller = Caller::guest(&guest.owner);
    let seen = instances.iter().filter(|instance| access.allows(&caller, &instance.owner));
    Some(seen.map(KnownName::of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Owner, Status},
        testing,
    };

    fn instance(name: &str, owner: &str, last: u8) -> Instance {
        Instance {
            owner: Owner(owner.into()),
            private_ip: [172, 26, 0, last].into(),
            ..testing::instance(name)
        }
    }

    fn seen(from: u8, access: Access) -> Option<Vec<String>> {
        let instances =
            [instance("Web.1", "ann", 10), instance("db", "ann", 11), instance("secret", "bob", 12)];
        let names = seen_by_guest([172, 26, 0, from].into(), &instances, access)?;
        Some(names.into_iter().map(|name| name.host_name).collect())
    }

    #[test]
    fn a_guest_knows_what_its_owner_may_see() {
        let known = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(seen(10, Access::Private), known(&["web-1", "db"]));
        assert_eq!(seen(12, Access::Private), known(&["secret"]));
        assert_eq!(seen(12, Access::Shared), known(&["web-1", "db", "secret"]));
        assert_eq!(seen(99, Access::Shared), None, "nobody");
    }

    #[test]
    fn a_public_address_is_known_while_it_leads_there() {
        let mut web = instance("web", "ann", 10);
        web.status = Status::Running;
        assert_eq!(KnownName::of(&web).public_ip, web.public_ip);
        web.status = Status::Stopped;
        assert!(web.public_ip.is_some());
        assert_eq!(KnownName::of(&web).public_ip, None);
    }
}
