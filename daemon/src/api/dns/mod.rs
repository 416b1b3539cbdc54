//! Names for guests and for the host: `<instance>.sloop.internal`, its addresses backwards, and for all else whatever the
//! host's own resolvers say.
//!
//! Who asks is known by the address that the kernel binds to the wire, and decides which names there are. `query` reads a
//! question, `zone` knows what there is of a name, `answer` says what to answer: all three are pure. `udp` and `tcp` carry
//! messages, `forward` hands on what is not ours.

mod answer;
mod askers;
mod forward;
mod frame;
mod query;
mod resolv;
#[cfg(test)]
mod samples;
mod settings;
mod tcp;
mod udp;
mod zone;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures::FutureExt as _;
use hickory_proto::op::ResponseCode;
use tokio::net::{TcpListener, UdpSocket};

pub use self::settings::{Limits, Settings};
use self::{
    answer::Decision,
    askers::{Askers, Look},
    forward::{Forwarder, Patience},
    query::{Asked, Carrier},
    resolv::Upstreams,
    zone::Zones,
};
use super::slots::Slots;
use crate::verbs::Verbs;

/// Where the host's resolvers listen.
const DNS_PORT: u16 = 53;

/// How long to rest when a socket fails: the next call may fail as fast.
const REST: Duration = Duration::from_millis(100);

/// Both sockets at the one address.
pub async fn bind(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    Ok((UdpSocket::bind(address).await?, TcpListener::bind(address).await?))
}

/// Serves until `ended` resolves.
pub async fn serve(
    verbs: Verbs,
    settings: Settings,
    udp: UdpSocket,
    tcp: TcpListener,
    ended: impl Future<Output = ()> + Send + 'static,
) {
    let look: Look = Arc::new(move |from: Ipv4Addr| {
        let verbs = verbs.clone();
        async move { verbs.names_for(from).await }.boxed()
    });
    let door = Arc::new(Door::new(look, settings, DNS_PORT));
    tokio::select! {
        () = udp::serve(door.clone(), udp) => {}
        () = tcp::serve(door, tcp) => {}
        () = ended => {}
    }
}

/// What both carriers share.
struct Door {
    /// The host's own programs ask from here.
    gateway: IpAddr,
    askers: Askers,
    zones: Zones,
    forwarder: Forwarder,
    /// Questions that wait for others' answers.
    forwards: Arc<Slots>,
    /// TCP connections.
    talks: Arc<Slots>,
    idle: Duration,
}

impl Door {
    fn new(look: Look, settings: Settings, upstream_port: u16) -> Self {
        let Settings { private, public, resolv_conf, limits } = settings;
        let upstreams = Upstreams::new(resolv_conf, private.gateway().into(), upstream_port);
        let patience = Patience { next: limits.next_server, all: limits.forward };
        Self {
            gateway: private.gateway().into(),
            askers: Askers::new(look, limits.fresh),
            zones: Zones::new(private, public),
            forwarder: Forwarder::new(upstreams, patience),
            forwards: Slots::new(limits.forwards_each, limits.forwards),
            talks: Slots::new(limits.talks_each, limits.talks),
            idle: limits.idle,
        }
    }

    /// What to do with a message.
    async fn decide(&self, from: IpAddr, message: &[u8], carrier: Carrier) -> Decision {
        let known = self.askers.known(from).await;
        match answer::to(message, &known, &self.zones, carrier) {
            // Whom we would ask has asked us, or knows them too: the host's resolver is not to wait for itself.
            Decision::Forward(asked) if from == self.gateway => {
                answer::failure(&asked, ResponseCode::Refused).map_or(Decision::Silence, Decision::Answer)
            }
            decision => decision,
        }
    }

    /// What the host's resolvers say to a question that is not ours, or that they say nothing. Whoever calls this holds one
    /// of the `forwards`.
    async fn forward(&self, message: &[u8], asked: &Asked, carrier: Carrier) -> Option<Vec<u8>> {
        let answer = self.forwarder.ask(message, asked, carrier).await;
        answer.or_else(|| answer::failure(asked, ResponseCode::ServFail))
    }
}

/// Says that a socket fails, and rests.
async fn rest(error: &io::Error) {
    tracing::warn!(%error, "the naming service cannot receive");
    tokio::time::sleep(REST).await;
}
