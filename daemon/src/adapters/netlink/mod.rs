//! The wires: one tap for each instance, routed by the host, no bridge. `host` prepares the machine, `link` makes a tap,
//! `uplink` answers for public addresses in a network that others are in too, `capture` keeps others' policy routes from taking
//! packets of instances, `sysctl` writes kernel settings, `ssh` looks whether a guest's SSH server answers.

mod capture;
mod guard;
mod host;
mod link;
mod ssh;
mod sysctl;
mod uplink;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use ipnet::Ipv6Net;
use tokio::{sync::broadcast, task::JoinHandle};

use super::{dhcp, ra};
use crate::{
    model::{DOMAIN, Error, Finding, HostId, Instance, InstanceId, Ipv6Range, Pool, Result},
    ports::{LinkEvent, Network},
};

/// What the network must know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Instances' own addresses; the first is the gateway.
    pub private: Pool,
    /// Their public addresses.
    pub public: Pool,
    /// Where IPv6 addresses of instances are from; none where there is no IPv6.
    pub ipv6: Option<Ipv6Range>,
    /// DNS servers to tell guests.
    pub dns: Vec<std::net::Ipv4Addr>,
    /// Whether the way to instances is kept where policy routes of others would take it.
    pub repairs: bool,
    /// Whose taps these are.
    pub host_id: HostId,
}

/// The adapter.
pub struct Netlink {
    settings: Settings,
    handle: rtnetlink::Handle,
    responders: Mutex<Tasks<()>>,
    advertisers: Mutex<Tasks<ra::Settings>>,
    events: broadcast::Sender<LinkEvent>,
}

/// What runs for each instance, and what with.
type Tasks<T> = HashMap<InstanceId, (JoinHandle<()>, T)>;

/// Netlink answers in microseconds.
const LIMIT: Duration = Duration::from_secs(5);

impl Netlink {
    /// Opens a netlink socket.
    pub fn open(settings: Settings) -> Result<Arc<Self>> {
        let (connection, handle, _) = rtnetlink::new_connection()
            .map_err(|error| Error::unavailable(format!("cannot open a netlink socket: {error}")))?;
        tokio::spawn(connection);
        let (responders, advertisers) = (Mutex::default(), Mutex::default());
        Ok(Arc::new(Self { settings, handle, responders, advertisers, events: broadcast::channel(256).0 }))
    }

    /// Takes the host's addresses and routes for instances away again.
    pub async fn leave(&self) -> Result<()> {
        limited(async {
            capture::withdraw(&self.handle).await?;
            host::leave(&self.handle, &self.settings).await
        })
        .await
    }

    fn answer_dhcp(&self, instance: &Instance, index: u32) -> Result<()> {
        let mut responders = self.responders.lock().unwrap_or_else(PoisonError::into_inner);
        if responders.get(&instance.id).is_some_and(|(task, ())| !task.is_finished()) {
            return Ok(());
        }
        let lease = dhcp::Lease {
            address: instance.private_ip,
            mask: self.settings.private.mask(),
            gateway: self.settings.private.gateway(),
            dns: self.settings.dns.clone(),
            host_name: instance.name.host_name(),
            domain: DOMAIN.to_owned(),
        };
        let (events, id) = (self.events.clone(), instance.id);
        let leased = move || {
            // Nobody may be listening; the next lease will be heard.
            let _ = events.send(LinkEvent::Leased(id));
        };
        let responder = dhcp::Responder::open(index, lease).map_err(|error| {
            Error::internal(format!("cannot answer DHCP on {}: {error}", instance.id.tap()))
        })?;
        let name = instance.name.clone();
        let task = tokio::spawn(async move {
            if let Err(error) = responder.run(leased).await {
                tracing::debug!(instance = %name, %error, "DHCP on its wire has ended");
            }
        });
        responders.insert(id, (task, ()));
        Ok(())
    }

    /// What the guest on an instance's wire is told about IPv6 now.
    fn told(&self, id: InstanceId) -> Option<ra::Settings> {
        self.advertisers.lock().unwrap_or_else(PoisonError::into_inner).get(&id).map(|(_, told)| *told)
    }

    /// Plays the router no longer, and says so. A guest that does not hear it finds out: nothing leads to its address any more.
    fn withdraw(&self, id: InstanceId, index: u32) {
        if let Some(told) = end(&self.advertisers, id) {
            let _ = ra::Advertiser::open(index, told).and_then(ra::Advertiser::withdraw);
        }
    }

    /// Plays the router on an instance's wire, or stops doing so where it shall have no IPv6.
    async fn advertise(&self, instance: &Instance, index: u32) -> Result<()> {
        let Some(address) = instance.ipv6.filter(|_| self.settings.ipv6.is_some()) else {
            self.withdraw(instance.id, index);
            return link::without_ipv6(&self.handle, instance.id).await;
        };
        let mac = link::mac(&self.handle, instance.id).await?;
        let prefix = Ipv6Net::new_assert(address, 64).trunc();
        let settings = ra::Settings { mac, prefix };
        if self.told(instance.id).is_some_and(|told| told != settings) {
            // It has another subnet than before: what leads to the old one goes.
            self.withdraw(instance.id, index);
            link::without_ipv6(&self.handle, instance.id).await?;
            link::ensure(&self.handle, &self.settings, instance).await?;
        }
        let cannot =
            |error| Error::internal(format!("cannot advertise a router on {}: {error}", instance.id.tap()));
        let mut advertisers = self.advertisers.lock().unwrap_or_else(PoisonError::into_inner);
        if advertisers.get(&instance.id).is_some_and(|(task, _)| !task.is_finished()) {
            return Ok(());
        }
        let advertiser = ra::Advertiser::open(index, settings).map_err(cannot)?;
        let name = instance.name.clone();
        let task = tokio::spawn(async move {
            if let Err(error) = advertiser.run().await {
                tracing::debug!(instance = %name, %error, "router advertisements on its wire have ended");
            }
        });
        advertisers.insert(instance.id, (task, settings));
        Ok(())
    }
}

#[async_trait]
impl Network for Netlink {
    async fn ensure_host(&self) -> Result<()> {
        limited(async {
            host::ensure(&self.handle, &self.settings).await?;
            if let Err(error) = capture::settle(&self.handle, &self.settings).await {
                tracing::warn!(%error, "policy routes are not as they should be");
            }
            Ok(())
        })
        .await
    }

    async fn ensure_link(&self, instance: &Instance) -> Result<()> {
        limited(async {
            host::ensure(&self.handle, &self.settings).await?;
            let index = link::ensure(&self.handle, &self.settings, instance).await?;
            if let Some(address) = instance.public_ip {
                uplink::announce(&self.handle, self.settings.public, address).await;
            }
            self.advertise(instance, index).await?;
            self.answer_dhcp(instance, index)
        })
        .await
    }

    async fn remove_link(&self, id: InstanceId) -> Result<()> {
        end(&self.responders, id);
        end(&self.advertisers, id);
        limited(link::remove(&self.handle, self.settings.host_id, id)).await
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        limited(link::list(&self.handle, self.settings.host_id)).await
    }

    async fn ssh_answers(&self, instance: &Instance) -> bool {
        ssh::answers(instance.private_ip).await
    }

    fn events(&self) -> broadcast::Receiver<LinkEvent> {
        self.events.subscribe()
    }

    async fn examine(&self) -> Vec<Finding> {
        let mut findings = host::examine(&self.handle, &self.settings).await;
        findings.extend(capture::examine(&self.handle, &self.settings).await);
        findings
    }
}

/// Ends what runs for an instance, if anything does, and says what with.
fn end<T>(tasks: &Mutex<Tasks<T>>, id: InstanceId) -> Option<T> {
    let (task, with) = tasks.lock().unwrap_or_else(PoisonError::into_inner).remove(&id)?;
    task.abort();
    Some(with)
}

async fn limited<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(LIMIT, work).await.unwrap_or_else(|_| {
        Err(Error::unavailable(format!("the kernel's netlink did not answer within {} s", LIMIT.as_secs())))
    })
}

/// What failed, in words that name it.
fn failed(what: &str) -> impl FnOnce(rtnetlink::Error) -> Error + use<'_> {
    move |error| Error::internal(format!("cannot {what}: {error}"))
}

/// Whether the kernel says that it is so already.
fn exists(error: &rtnetlink::Error) -> bool {
    matches!(error, rtnetlink::Error::NetlinkError(message) if message.raw_code() == -nix::libc::EEXIST)
}

/// Whether the kernel says that there is none.
fn absent(error: &rtnetlink::Error) -> bool {
    matches!(error, rtnetlink::Error::NetlinkError(message) if [-nix::libc::ENODEV, -nix::libc::ENXIO].contains(&message.raw_code()))
}

/// Makes it so, and is content when it was.
fn done<T>(result: Result<T, rtnetlink::Error>, what: &str) -> Result<()> {
    match result {
        Err(error) if !exists(&error) => Err(failed(what)(error)),
        _ => Ok(()),
    }
}

/// Takes it away, and is content when it was not there.
fn gone(result: Result<(), rtnetlink::Error>, what: &str) -> Result<()> {
    let was_not_there = |error: &rtnetlink::Error| {
        let codes = [-nix::libc::ESRCH, -nix::libc::EADDRNOTAVAIL];
        matches!(error, rtnetlink::Error::NetlinkError(message) if codes.contains(&message.raw_code()))
    };
    match result {
        Err(error) if !was_not_there(&error) => Err(failed(what)(error)),
        _ => Ok(()),
    }
}
