//! What is served on each instance's wire: DHCP, and the router's advertisements.

use std::{
    collections::HashMap,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures::future::BoxFuture;
use ipnet::Ipv6Net;
use tokio::{sync::oneshot, task::JoinHandle};

use super::{
    super::{dhcp, ra},
    Netlink, link,
};
use crate::{
    model::{DOMAIN, Error, Instance, InstanceId, Result},
    ports::LinkEvent,
};

/// Who serves, by instance, and what with.
pub(super) struct Serving<T>(Mutex<HashMap<InstanceId, (Server, T)>>);

/// Serves until it is dropped.
struct Server {
    task: JoinHandle<()>,
    _end: oneshot::Sender<()>,
}

impl<T> Default for Serving<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Copy> Serving<T> {
    fn all(&self) -> MutexGuard<'_, HashMap<InstanceId, (Server, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is served there now, if anything is.
    fn what(&self, id: InstanceId) -> Option<T> {
        self.all().get(&id).filter(|(server, _)| !server.task.is_finished()).map(|(_, what)| *what)
    }

    /// Ends what is served for an instance, if anything is, and says what it was.
    pub(super) fn end(&self, id: InstanceId) -> Option<T> {
        self.all().remove(&id).map(|(_, what)| what)
    }
}

/// Has `server` do its work until it is told to end. The kernel takes milliseconds to close a packet socket, until no processor
/// can still use it: that is waited for on a thread that nothing else waits for.
fn serve<S: Send + Sync + 'static>(
    wire: String,
    server: S,
    work: impl for<'a> FnOnce(&'a S) -> BoxFuture<'a, io::Result<()>> + Send + 'static,
) -> Server {
    let (end, ended) = oneshot::channel::<()>();
    let task = tokio::spawn(async move {
        tokio::select! {
            result = work(&server) => {
                if let Err(error) = result {
                    tracing::debug!(wire, %error, "what was served there has ended");
                }
            }
            _ = ended => {}
        }
        tokio::task::spawn_blocking(move || drop(server));
    });
    Server { task, _end: end }
}

impl Netlink {
    /// Answers DHCP on an instance's wire.
    pub(super) fn answer_dhcp(&self, instance: &Instance, index: u32) -> Result<()> {
        if self.responders.what(instance.id).is_some() {
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
        let (events, id, tap) = (self.events.clone(), instance.id, instance.id.tap());
        let leased = move || {
            // Nobody may be listening; the next lease will be heard.
            let _ = events.send(LinkEvent::Leased(id));
        };
        let responder = dhcp::Responder::open(index, lease)
            .map_err(|error| Error::internal(format!("cannot answer DHCP on {tap}: {error}")))?;
        let server = serve(tap, responder, move |responder| Box::pin(responder.run(leased)));
        self.responders.all().insert(id, (server, ()));
        Ok(())
    }

    /// Plays the router on an instance's wire, or stops doing so where it shall have no IPv6.
    pub(super) async fn advertise(&self, instance: &Instance, index: u32) -> Result<()> {
        let (id, tap) = (instance.id, instance.id.tap());
        let Some(address) = instance.ipv6.filter(|_| self.settings.ipv6.is_some()) else {
            self.withdraw(id, index);
            return link::without_ipv6(&self.handle, id).await;
        };
        let mac = link::mac(&self.handle, id).await?;
        let settings = ra::Settings { mac, prefix: Ipv6Net::new_assert(address, 64).trunc() };
        match self.advertisers.what(id) {
            Some(told) if told == settings => return Ok(()),
            // It has another subnet than before: what leads to the old one goes.
            Some(_) => {
                self.withdraw(id, index);
                link::without_ipv6(&self.handle, id).await?;
                link::ensure(&self.handle, &self.settings, instance).await?;
            }
            None => {}
        }
        let advertiser = ra::Advertiser::open(index, settings)
            .map_err(|error| Error::internal(format!("cannot advertise a router on {tap}: {error}")))?;
        let server = serve(tap, advertiser, |advertiser| Box::pin(advertiser.run()));
        self.advertisers.all().insert(id, (server, settings));
        Ok(())
    }

    /// Plays the router no longer, and says so. A guest that does not hear it finds out: nothing leads to its address any more.
    fn withdraw(&self, id: InstanceId, index: u32) {
        if let Some(told) = self.advertisers.end(id) {
            let _ = ra::Advertiser::open(index, told).and_then(ra::Advertiser::withdraw);
        }
    }
}
