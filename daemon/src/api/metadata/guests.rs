//! The guests at the door: takes their connections, each with its limits.

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::net::{TcpListener, TcpStream};

use super::{super::slots::Slots, connection::Connection, peer::Peer};

/// What guests may take of the daemon.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Connections of one address at a time.
    pub(super) each: usize,
    /// Connections at a time.
    pub(super) all: usize,
    /// How long a guest may take for a request, a pause between two, or an answer.
    pub(super) patience: Duration,
    /// Bytes that a guest may send before it is answered.
    pub(super) unanswered: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // A request is a few hundred bytes, and the largest report 16 KiB.
        Self { each: 32, all: 512, patience: Duration::from_secs(15), unanswered: 32 * 1024 }
    }
}

/// A listener that keeps the limits. A guest that has too many connections is heard no further: the new one is closed.
pub(super) struct Guests {
    listener: TcpListener,
    limits: Limits,
    seats: Arc<Slots>,
}

impl Guests {
    /// Those who come to `listener`.
    pub(super) fn new(listener: TcpListener, limits: Limits) -> Self {
        Self { listener, limits, seats: Slots::new(limits.each, limits.all) }
    }

    fn welcome(&self, stream: TcpStream, from: IpAddr) -> Option<(Connection, Peer)> {
        let seat = self.seats.take(from)?;
        let peer = Peer::new(from);
        Some((Connection::new(stream, peer.clone(), self.limits, seat), peer))
    }
}

impl Listener for Guests {
    type Io = Connection;
    type Addr = Peer;

    async fn accept(&mut self) -> (Connection, Peer) {
        loop {
            match self.listener.accept().await {
                Ok((stream, address)) => {
                    if let Some(welcome) = self.welcome(stream, address.ip()) {
                        return welcome;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    // Out of file descriptors, most likely: some will be free in a while.
                    tracing::warn!(%error, "cannot take a guest's connection");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer::new(self.listener.local_addr()?.ip()))
    }
}

impl Connected<IncomingStream<'_, Guests>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Guests>) -> Self {
        stream.remote_addr().clone()
    }
}
