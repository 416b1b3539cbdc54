//! Whether somebody on a tap has an address: asked as any host would, by ARP, from the gateway and for nobody but the guest.
//!
//! The kernel's own neighbour entries are permanent and say nothing about it. A packet socket sees the answer before any filter does.

use std::{io, net::Ipv4Addr, time::Duration};

use etherparse::{
    ArpEthIpv4Packet, ArpOperation, EtherType, LinkSlice, NetSlice, PacketBuilder, SlicedPacket,
};
use socket2::{SockFilter, Socket};
use tokio::{
    io::unix::AsyncFd,
    time::{Instant, timeout_at},
};

use super::{Netlink, host::index_of, limited, link};
use crate::{
    adapters::ffi,
    model::{Error, InstanceId, Result},
};

/// A guest that is busy may lose a question.
const TRIES: u32 = 3;
/// How long it has for each. A kernel that lives answers within a millisecond.
const EACH: Duration = Duration::from_millis(500);

/// As much of a frame as is looked at: an ARP packet has 42 bytes with its header.
const FRAME_MAX: usize = 128;

/// Who asks, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Question {
    /// The tap's MAC address, which the guest knows as the gateway's.
    mac: [u8; 6],
    gateway: Ipv4Addr,
    wanted: Ipv4Addr,
}

impl Netlink {
    /// Whether somebody on the tap of that instance says that it has that address.
    pub async fn has_address(&self, id: InstanceId, wanted: Ipv4Addr) -> Result<bool> {
        let (index, mac) = limited(async {
            let index = index_of(&self.handle, &id.tap()).await?;
            Ok((index, link::mac_of_index(&self.handle, index).await?))
        })
        .await?;
        let question = Question { mac, gateway: self.settings.private.gateway(), wanted };
        let failed = |error: io::Error| Error::internal(format!("cannot ask on {}: {error}", id.tap()));
        let socket = ffi::packet::open(index, EtherType::ARP.0, &replies_only()).map_err(failed)?;
        let answered = ask(&socket, &question).await;
        // The kernel takes milliseconds to close it, on a thread that nothing else waits for.
        tokio::task::spawn_blocking(move || drop(socket));
        answered.map_err(failed)
    }
}

async fn ask(socket: &AsyncFd<Socket>, question: &Question) -> io::Result<bool> {
    let frame = question.frame();
    for _ in 0..TRIES {
        // What does not get through, because nobody takes it from the tap, is not answered either.
        let _ = socket.get_ref().send(&frame);
        if is_answered(socket, question, Instant::now() + EACH).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn is_answered(socket: &AsyncFd<Socket>, question: &Question, deadline: Instant) -> io::Result<bool> {
    let mut buffer = [0; FRAME_MAX];
    loop {
        let received = timeout_at(deadline, ffi::packet::receive(socket, &mut buffer)).await;
        let Ok(received) = received else { return Ok(false) };
        if received?.is_some_and(|length| question.is_answered_by(&buffer[..length])) {
            return Ok(true);
        }
    }
}

impl Question {
    /// Put to everybody on the wire, which is the guest, whatever MAC address it has given itself.
    fn frame(&self) -> Vec<u8> {
        let packet = ArpEthIpv4Packet {
            operation: ArpOperation::REQUEST,
            sender_mac: self.mac,
            sender_ipv4: self.gateway.octets(),
            target_mac: [0; 6],
            target_ipv4: self.wanted.octets(),
        };
        let builder = PacketBuilder::ethernet2(self.mac, [0xff; 6]).arp(packet.to_arp_packet());
        let mut frame = Vec::with_capacity(builder.size());
        // Writing to memory does not fail.
        let _ = builder.write(&mut frame);
        frame
    }

    /// Whether the frame says that somebody else has the address.
    fn is_answered_by(&self, frame: &[u8]) -> bool {
        let Ok(packet) = SlicedPacket::from_ethernet(frame) else { return false };
        let (Some(LinkSlice::Ethernet2(ethernet)), Some(NetSlice::Arp(arp))) = (&packet.link, &packet.net)
        else {
            return false;
        };
        let Ok(reply) = arp.to_packet().try_eth_ipv4() else { return false };
        reply.operation == ArpOperation::REPLY
            && reply.sender_ipv4 == self.wanted.octets()
            && ethernet.source() != self.mac
    }
}

/// A classic BPF program that lets answers through and nothing else: a busy guest costs the daemon nothing.
fn replies_only() -> Vec<SockFilter> {
    vec![
        SockFilter::new(0x28, 0, 0, 12),     // load the EtherType
        SockFilter::new(0x15, 0, 3, 0x0806), // ARP, or drop
        SockFilter::new(0x28, 0, 0, 20),     // load the operation
        SockFilter::new(0x15, 0, 1, 2),      // a reply, or drop
        SockFilter::new(0x06, 0, 0, 0xffff), // pass
        SockFilter::new(0x06, 0, 0, 0),      // drop
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GUEST: [u8; 6] = [0x52, 0x54, 0, 0xaa, 0xaa, 1];
    const QUESTION: Question = Question {
        mac: [2, 0, 0, 0, 0, 9],
        gateway: Ipv4Addr::new(172, 26, 0, 1),
        wanted: Ipv4Addr::new(172, 26, 0, 10),
    };

    fn reply(sender: Ipv4Addr, operation: ArpOperation, mac: [u8; 6]) -> Vec<u8> {
        let packet = ArpEthIpv4Packet {
            operation,
            sender_mac: mac,
            sender_ipv4: sender.octets(),
            target_mac: QUESTION.mac,
            target_ipv4: QUESTION.gateway.octets(),
        };
        let mut frame = Vec::new();
        let builder = PacketBuilder::ethernet2(mac, QUESTION.mac).arp(packet.to_arp_packet());
        builder.write(&mut frame).expect("writes");
        // As it comes from a wire.
        frame.resize(60, 0);
        frame
    }

    #[test]
    fn the_question_is_what_every_host_asks() {
        let frame = QUESTION.frame();
        let expected: Vec<u8> = [
            &[0xff; 6][..],
            &QUESTION.mac,
            &[8, 6, 0, 1, 8, 0, 6, 4, 0, 1],
            &QUESTION.mac,
            &[172, 26, 0, 1],
            &[0; 6],
            &[172, 26, 0, 10],
        ]
        .concat();
        assert_eq!(frame, expected);
    }

    #[test]
    fn only_who_has_the_address_answers() {
        let reply_of = |sender, operation, mac| QUESTION.is_answered_by(&reply(sender, operation, mac));
        assert!(reply_of(QUESTION.wanted, ArpOperation::REPLY, GUEST));
        assert!(!reply_of(Ipv4Addr::new(172, 26, 0, 11), ArpOperation::REPLY, GUEST), "another's");
        assert!(!reply_of(QUESTION.wanted, ArpOperation::REQUEST, GUEST), "a question");
        assert!(!reply_of(QUESTION.wanted, ArpOperation::REPLY, QUESTION.mac), "the host's own");
        assert!(!QUESTION.is_answered_by(&QUESTION.frame()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_borne(bytes in proptest::collection::vec(any::<u8>(), 0..FRAME_MAX)) {
            let _ = QUESTION.is_answered_by(&bytes);
        }

        #[test]
        fn an_answer_cut_short_is_none(length in 0_usize..42) {
            let whole = reply(QUESTION.wanted, ArpOperation::REPLY, GUEST);
            prop_assert!(!QUESTION.is_answered_by(&whole[..length]));
        }
    }
}
