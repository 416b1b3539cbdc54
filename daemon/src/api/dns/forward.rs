//! Hands questions on to the host's resolvers, byte for byte as they came, and their answers back.
//!
//! Each question goes out from a socket of its own, whose port the kernel draws by lot; an answer must come from the asked
//! server to that port and repeat the question and its number. Anything else is not heard.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use futures::{StreamExt as _, stream::FuturesUnordered};
use tokio::{
    io::Interest,
    net::{TcpStream, UdpSocket},
};

use super::{
    frame,
    query::{Asked, Carrier},
    resolv::Upstreams,
};

/// How long to wait for resolvers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// Before the next one is asked, too.
    pub(super) next: Duration,
    /// For all of them together.
    pub(super) all: Duration,
}

/// Asks the host's resolvers.
pub(super) struct Forwarder {
    upstreams: Upstreams,
    patience: Patience,
}

impl Forwarder {
    pub(super) fn new(upstreams: Upstreams, patience: Patience) -> Self {
        Self { upstreams, patience }
    }

    /// The first answer, if there is one in time.
    pub(super) async fn ask(&self, message: &[u8], asked: &Asked, carrier: Carrier) -> Option<Vec<u8>> {
        let servers = self.upstreams.servers();
        let ask = move |server: SocketAddr| async move {
            match carrier {
                Carrier::Udp => by_datagram(server, message, asked).await,
                Carrier::Tcp => by_stream(server, message, asked).await,
            }
        };
        race(&servers, self.patience, ask).await
    }
}

/// Asks one after the other, without giving up those that were asked before. A server that cannot be asked, or that says
/// it does not know, is no reason to wait.
async fn race<F>(servers: &[SocketAddr], patience: Patience, ask: impl Fn(SocketAddr) -> F) -> Option<Vec<u8>>
where
    F: Future<Output = io::Result<Vec<u8>>>,
{
    let mut waiting = servers.iter();
    let mut asked = FuturesUnordered::new();
    let mut refusal = None;
    let end = tokio::time::sleep(patience.all);
    tokio::pin!(end);
    loop {
        match waiting.next() {
            Some(server) => asked.push(ask(*server)),
            None if asked.is_empty() => return refusal,
            None => {}
        }
        tokio::select! {
            Some(answer) = asked.next() => match answer {
                Ok(answer) if is_refusal(&answer) => refusal = Some(answer),
                Ok(answer) => return Some(answer),
                Err(error) => tracing::debug!(%error, "a resolver cannot be asked"),
            },
            () = tokio::time::sleep(patience.next), if !waiting.as_slice().is_empty() => {}
            () = &mut end => return refusal,
        }
    }
}

/// SERVFAIL, NOTIMP or REFUSED: the C library asks the next server, too.
fn is_refusal(answer: &[u8]) -> bool {
    answer.get(3).is_some_and(|flags| matches!(flags & 0x0f, 2 | 4 | 5))
}

async fn by_datagram(server: SocketAddr, message: &[u8], asked: &Asked) -> io::Result<Vec<u8>> {
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    // The kernel then takes nothing from anybody else.
    socket.connect(server).await?;
    socket.send(message).await?;
    loop {
        let ready = socket.ready(Interest::READABLE | Interest::ERROR).await?;
        // Its host says that nobody listens there. That does not make the socket readable.
        if ready.is_error() {
            return Err(socket.take_error()?.unwrap_or_else(|| io::ErrorKind::ConnectionRefused.into()));
        }
        // Room for the longest answer, but not before there is one: hundreds may be waited for.
        let mut answer = vec![0; usize::from(u16::MAX)];
        match socket.try_recv(&mut answer) {
            Ok(length) if asked.is_answered_by(&answer[..length]) => return Ok(answer[..length].to_vec()),
            Ok(_) => tracing::debug!(%server, "what came answers another question"),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

async fn by_stream(server: SocketAddr, message: &[u8], asked: &Asked) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    frame::write(&mut stream, message).await?;
    let answer = frame::read(&mut stream).await?;
    if asked.is_answered_by(&answer) {
        Ok(answer)
    } else {
        Err(io::Error::other("what came answers another question"))
    }
}

#[cfg(test)]
mod tests;
