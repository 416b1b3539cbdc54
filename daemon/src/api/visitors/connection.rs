//! A visitor's connection, which ends by itself when the visitor is slow or sends too much: the daemon serves all the others with
//! the same memory.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep},
};

use super::{super::slots::Slot, Limits, Peer};

/// How HTTP/2 begins (RFC 9113, section 3.4). The server below would take it up, with a memory of its own for each of
/// many streams; EC2's service speaks HTTP/1 only, and so does everybody else who comes.
const HTTP2: &[u8] = b"PRI ";

/// A connection with limits, and its seat.
#[derive(Debug)]
pub(in crate::api) struct Connection {
    stream: TcpStream,
    peer: Peer,
    limits: Limits,
    /// When the visitor must have sent its next request, or have taken the last answer.
    end: Pin<Box<Sleep>>,
    /// Bytes that came since the last answer.
    unanswered: usize,
    /// The very first bytes, as many as tell HTTP/2.
    opening: Vec<u8>,
    /// The hop limit that the socket has, 0 for the kernel's.
    hops: u8,
    _seat: Slot,
}

impl Connection {
    /// Takes over a stream from `peer`. Must be called within the runtime, whose clock it uses.
    pub(super) fn new(stream: TcpStream, peer: Peer, limits: Limits, seat: Slot) -> Self {
        let end = Box::pin(sleep(limits.patience));
        Self { stream, peer, limits, end, unanswered: 0, opening: Vec::new(), hops: 0, _seat: seat }
    }

    /// Nothing to do yet, and nothing at all once the visitor's time is over.
    fn wait<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        self.end.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    fn hear(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.unanswered += bytes.len();
        if self.unanswered > self.limits.unanswered {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a request is too long"));
        }
        let missing = HTTP2.len() - self.opening.len();
        self.opening.extend(bytes.iter().take(missing));
        if self.opening == HTTP2 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "HTTP/2 is not spoken here"));
        }
        Ok(())
    }

    /// Sets the time to live of what is sent from now on.
    fn limit_hops(&mut self) -> io::Result<()> {
        let hops = self.peer.hop_limit().unwrap_or_default();
        if hops != self.hops {
            SockRef::from(&self.stream).set_ttl_v4(hops.into())?;
            self.hops = hops;
        }
        Ok(())
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = into.filled().len();
        match Pin::new(&mut this.stream).poll_read(context, into) {
            Poll::Pending => this.wait(context),
            Poll::Ready(Ok(())) => {
                let heard = this.hear(&into.filled()[before..]);
                if heard.is_err() {
                    // What fails has read nothing.
                    into.set_filled(before);
                }
                Poll::Ready(heard)
            }
            failed @ Poll::Ready(_) => failed,
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        // A token that could go further than it may is not sent.
        if let Err(error) = this.limit_hops() {
            return Poll::Ready(Err(error));
        }
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        if written.is_pending() {
            return this.wait(context);
        }
        this.unanswered = 0;
        this.end.as_mut().reset(Instant::now() + this.limits.patience);
        written
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
