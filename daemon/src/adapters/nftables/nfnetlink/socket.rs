//! The socket. Thin: what is sent and how it is meant is said elsewhere.

use std::io;

use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_NETFILTER};
use nix::libc;

use super::message::{received, word};

/// `NLMSG_ERROR`, which a success is too.
const ANSWER: u16 = 2;
/// The kernel refuses a batch that does not fit; 60 rules in 60 pieces are far from it.
const SEND_BUFFER: usize = 1 << 21;

/// An open socket. One request follows the other on it; that it stays open spares the wait that closing one means.
pub(in crate::adapters::nftables) struct Channel {
    socket: Socket,
    port: u32,
}

impl Channel {
    /// Opens it.
    pub(in crate::adapters::nftables) fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_NETFILTER)?;
        let port = socket.bind_auto()?.port_number();
        socket2::SockRef::from(&socket).set_send_buffer_size(SEND_BUFFER)?;
        socket.set_non_blocking(true)?;
        Ok(Self { socket, port })
    }

    /// By which its doings are told from those of others.
    pub(in crate::adapters::nftables) fn port(&self) -> u32 {
        self.port
    }

    /// Has the kernel carry a request out, which it does before this returns.
    pub(in crate::adapters::nftables) fn ask(&self, request: &[u8]) -> io::Result<()> {
        self.socket.send_to(request, &SocketAddr::new(0, 0), 0)?;
        let mut outcome = None;
        loop {
            let mut buffer = Vec::with_capacity(1 << 16);
            match self.socket.recv(&mut buffer, 0) {
                Ok(_) => {}
                // Everything that it had to say is there when the sending returns.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
            for message in received(&buffer).filter(|message| message.kind == ANSWER) {
                let code = word(message.body, 0).map_or(libc::EPROTO, |code| -code.cast_signed());
                // The first fault is the reason; a success comes last.
                outcome = outcome.or((code != 0).then_some(code)).or(Some(0));
            }
        }
        match outcome {
            Some(0) => Ok(()),
            Some(code) => Err(io::Error::from_raw_os_error(code)),
            None => Err(io::Error::other("the kernel did not answer")),
        }
    }
}
