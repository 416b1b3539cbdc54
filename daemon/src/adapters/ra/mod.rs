//! Router advertisements on one tap: from them the guest learns its /64 and its router (RFC 4861, RFC 4862).
//!
//! `advertisement` is what is said, `frame` wraps it and knows a sound solicitation, `pace` says when; `Advertiser` carries
//! frames. Who the router is, in the language of MAC addresses, the kernel answers: the tap has the router's address. It
//! answers with the tap's own MAC address and takes no frame for another one, so that the advertisement must name that one.

mod advertisement;
mod frame;
mod pace;

use std::{io, time::Instant};

use ipnet::Ipv6Net;
use socket2::{SockFilter, Socket};
use tokio::io::unix::AsyncFd;

use self::pace::Pace;
use super::ffi;

/// What the guest on a tap is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The tap's MAC address, at which the guest reaches the router.
    pub mac: [u8; 6],
    /// The guest's own subnet.
    pub prefix: Ipv6Net,
}

/// Plays the router on one tap.
pub struct Advertiser {
    socket: AsyncFd<Socket>,
    settings: Settings,
}

/// An Ethernet frame of a tap with the usual MTU, and a tag.
const FRAME_MAX: usize = 1600;

impl Advertiser {
    /// Listens on the interface with that index.
    pub fn open(index: u32, settings: Settings) -> io::Result<Self> {
        let socket = ffi::packet::open(index, ffi::packet::IPV6, &solicitations_only())?;
        Ok(Self { socket, settings })
    }

    /// Advertises now, from time to time, and whenever it is asked, until the interface goes away.
    pub async fn run(&self) -> io::Result<()> {
        let frame = frame::build(&self.settings, advertisement::USUAL);
        let mut buffer = [0; FRAME_MAX];
        let mut pace = Pace::new(Instant::now());
        loop {
            // Looked at first, so that a guest that asks without end does not keep its own answer from being sent.
            if pace.is_due(Instant::now()) {
                // A full queue or a tap that is down loses it; the guest asks again.
                let _ = self.socket.get_ref().send(&frame);
                pace.sent(Instant::now());
            }
            tokio::select! {
                () = tokio::time::sleep_until(pace.next().into()) => {}
                heard = self.hear(&mut buffer) => {
                    if heard? {
                        pace.asked(Instant::now());
                    }
                }
            }
        }
    }

    /// Says once that there is no router any more and that the subnet is not to be used: for a guest that shall be without
    /// IPv6 while it runs. It may keep its address for two hours (RFC 4862, 5.5.3), but prefers every other.
    pub fn withdraw(self) -> io::Result<()> {
        self.socket.get_ref().send(&frame::build(&self.settings, advertisement::OVER)).map(drop)
    }

    /// Takes one frame, and says whether it was a solicitation.
    async fn hear(&self, buffer: &mut [u8]) -> io::Result<bool> {
        let length = ffi::packet::receive(&self.socket, buffer).await?;
        Ok(length.is_some_and(|length| frame::is_solicitation(&buffer[..length])))
    }
}

/// A classic BPF program that lets Router Solicitations of a neighbour through and nothing else: a busy guest costs the daemon
/// nothing. One behind extension headers is not let through; no system sends it so.
fn solicitations_only() -> Vec<SockFilter> {
    vec![
        SockFilter::new(0x28, 0, 0, 12),     // load the EtherType
        SockFilter::new(0x15, 0, 7, 0x86dd), // IPv6, or drop
        SockFilter::new(0x30, 0, 0, 20),     // load the next header
        SockFilter::new(0x15, 0, 5, 58),     // ICMPv6, or drop
        SockFilter::new(0x30, 0, 0, 21),     // load the hop limit
        SockFilter::new(0x15, 0, 3, 255),    // not routed, or drop
        SockFilter::new(0x30, 0, 0, 54),     // load the type
        SockFilter::new(0x15, 0, 1, 133),    // a Router Solicitation, or drop
        SockFilter::new(0x06, 0, 0, 0xffff), // pass
        SockFilter::new(0x06, 0, 0, 0),      // drop
    ]
}
