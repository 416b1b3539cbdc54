//! The wires: one tap for each instance, routed by the host, no bridge. `host` prepares the machine, `link` makes a tap,
//! `serve` has DHCP and router advertisements on it, `uplink` answers for public addresses in a network that others are in too, `capture` keeps others' policy routes from taking
//! packets of instances, `sysctl` writes kernel settings, `ssh` looks whether a guest's SSH server answers, `arp` whether its kernel does.

mod arp;
mod capture;
mod guard;
mod host;
mod link;
mod record;
mod serve;
mod ssh;
mod sysctl;
mod uplink;

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::sync::broadcast;

use self::serve::Serving;
use super::ra;
use crate::{
    model::{Bytes, Error, Finding, HostId, Instance, InstanceId, Ipv6Range, Pool, Result},
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
    responders: Serving<()>,
    advertisers: Serving<ra::Settings>,
    events: broadcast::Sender<LinkEvent>,
}

/// Netlink answers in microseconds.
const LIMIT: Duration = Duration::from_secs(5);

impl Netlink {
    /// Opens a netlink socket.
    pub fn open(settings: Settings) -> Result<Arc<Self>> {
        let (connection, handle, _) = rtnetlink::new_connection()
            .map_err(|error| Error::unavailable(format!("cannot open a netlink socket: {error}")))?;
        tokio::spawn(connection);
        let (responders, advertisers) = (Serving::default(), Serving::default());
        Ok(Arc::new(Self { settings, handle, responders, advertisers, events: broadcast::channel(256).0 }))
    }

    /// Takes the host's addresses and routes for instances away again, those of an earlier configuration too.
    pub async fn leave(&self, record: &Path) -> Result<()> {
        self.leave_previous(record).await?;
        limited(async {
            capture::withdraw(&self.handle).await?;
            host::leave(&self.handle, &self.settings).await
        })
        .await
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
        // The tap goes first and takes its sockets off itself; were they closed at the same time, each would wait for the other.
        let removed = limited(link::remove(&self.handle, self.settings.host_id, id)).await;
        self.responders.end(id);
        self.advertisers.end(id);
        removed
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        limited(link::list(&self.handle, self.settings.host_id)).await
    }

    async fn traffic(&self) -> Result<Vec<(InstanceId, Bytes)>> {
        limited(link::traffic(&self.handle, self.settings.host_id)).await
    }

    async fn arp_answers(&self, instance: &Instance) -> Result<bool> {
        self.has_address(instance.id, instance.private_ip).await
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
