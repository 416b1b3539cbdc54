//! DHCP on one tap. The tap decides: whatever client id or MAC the guest sends, it gets its instance's address.
//!
//! `answer` says what to answer, `frame` wraps it, `Responder` carries frames. A packet socket is used because a bound UDP
//! socket would quarrel with any other DHCP server of the host over port 67.

mod answer;
mod frame;

use std::{io, net::Ipv4Addr};

use socket2::{SockFilter, Socket};
use tokio::io::unix::AsyncFd;

use super::ffi;

/// What the guest on a tap is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Its address.
    pub address: Ipv4Addr,
    /// The netmask of its network.
    pub mask: Ipv4Addr,
    /// Its gateway, which is also the server's name.
    pub gateway: Ipv4Addr,
    /// DNS servers.
    pub dns: Vec<Ipv4Addr>,
    /// Its host name.
    pub host_name: String,
    /// The domain that it is in, where a bare name is looked for.
    pub domain: String,
}

/// Answers on one tap.
pub struct Responder {
    socket: AsyncFd<Socket>,
    lease: Lease,
}

/// An Ethernet frame of a tap with the usual MTU, and a tag.
const FRAME_MAX: usize = 1600;

impl Responder {
    /// Listens on the interface with that index.
    pub fn open(index: u32, lease: Lease) -> io::Result<Self> {
        Ok(Self { socket: ffi::packet::open(index, ffi::packet::IPV4, &requests_only())?, lease })
    }

    /// Answers until the interface goes away. Calls `leased` whenever an address was given.
    pub async fn run(&self, leased: impl Fn()) -> io::Result<()> {
        let mut buffer = [0; FRAME_MAX];
        loop {
            let Some(length) = ffi::packet::receive(&self.socket, &mut buffer).await? else { continue };
            let Some(request) = frame::parse(&buffer[..length]) else { continue };
            let Some(reply) = answer::to(&request.payload, &self.lease) else { continue };
            let bytes = frame::build(&request, &reply, &self.lease);
            // A full queue loses the answer; the guest asks again.
            if self.socket.get_ref().send(&bytes).is_ok() && reply.is_ack {
                leased();
            }
        }
    }
}

/// A classic BPF program that lets IPv4 UDP to port 67 through and nothing else: a busy guest costs the daemon nothing.
fn requests_only() -> Vec<SockFilter> {
    vec![
        SockFilter::new(0x28, 0, 0, 12),     // load the EtherType
        SockFilter::new(0x15, 0, 6, 0x0800), // IPv4, or drop
        SockFilter::new(0x30, 0, 0, 23),     // load the protocol
        SockFilter::new(0x15, 0, 4, 17),     // UDP, or drop
        SockFilter::new(0xb1, 0, 0, 14),     // load the length of the IPv4 header
        SockFilter::new(0x48, 0, 0, 16),     // load the destination port behind it
        SockFilter::new(0x15, 0, 1, 67),     // 67, or drop
        SockFilter::new(0x06, 0, 0, 0xffff), // pass
        SockFilter::new(0x06, 0, 0, 0),      // drop
    ]
}
