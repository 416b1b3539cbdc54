//! Those who come by plain HTTP: takes their connections, each with its limits. For every door that is an HTTP server of its own.
//!
//! A visitor may be hostile: a guest, or a program of the host's that a stranger's web page speaks through.

mod connection;
mod peer;

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::net::{TcpListener, TcpStream};

use self::connection::Connection;
pub use self::peer::Peer;
use super::slots::Slots;

/// What visitors may take of the daemon.
#[derive(Clone, Copy, Debug)]
pub(in crate::api) struct Limits {
    /// Connections of one address at a time.
    pub(in crate::api) each: usize,
    /// Connections at a time.
    pub(in crate::api) all: usize,
    /// How long a visitor may take for a request, a pause between two, or an answer.
    pub(in crate::api) patience: Duration,
    /// Bytes that a visitor may send before it is answered.
    pub(in crate::api) unanswered: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // A request is a few hundred bytes, and a guest's largest report 16 KiB.
        Self { each: 32, all: 512, patience: Duration::from_secs(15), unanswered: 32 * 1024 }
    }
}

/// A listener that keeps the limits. A visitor that has too many connections is heard no further: the new one is closed.
pub(in crate::api) struct Visitors {
    listener: TcpListener,
    limits: Limits,
    seats: Arc<Slots>,
}

impl Visitors {
    /// Those who come to `listener`.
    pub(in crate::api) fn new(listener: TcpListener, limits: Limits) -> Self {
        Self { listener, limits, seats: Slots::new(limits.each, limits.all) }
    }

    fn welcome(&self, stream: TcpStream, from: IpAddr) -> Option<(Connection, Peer)> {
        let seat = self.seats.take(from)?;
        let peer = Peer::new(from);
        Some((Connection::new(stream, peer.clone(), self.limits, seat), peer))
    }
}

impl Listener for Visitors {
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
                    tracing::warn!(%error, "cannot take a visitor's connection");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Peer> {
        Ok(Peer::new(self.listener.local_addr()?.ip()))
    }
}

impl Connected<IncomingStream<'_, Visitors>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Visitors>) -> Self {
        stream.remote_addr().clone()
    }
}
