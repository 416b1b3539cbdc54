//! Ethernet frames around DHCP messages. Pure; the codec is etherparse's.

use etherparse::{NetSlice, PacketBuilder, SlicedPacket, TransportSlice};

use super::{Lease, answer::Reply};

/// A request with the MAC address that it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) source: [u8; 6],
    pub(super) payload: Vec<u8>,
}

const SERVER: u16 = 67;
const CLIENT: u16 = 68;
/// The server's end of every tap: locally administered, the same everywhere, since no two taps share a wire.
const OUR_MAC: [u8; 6] = [0x02, 0x51, 0x00, 0x00, 0x00, 0x01];

pub(super) fn parse(bytes: &[u8]) -> Option<Request> {
    let packet = SlicedPacket::from_ethernet(bytes).ok()?;
    let etherparse::LinkSlice::Ethernet2(ethernet) = packet.link.as_ref()? else { return None };
    let (Some(NetSlice::Ipv4(_)), Some(TransportSlice::Udp(udp))) = (&packet.net, &packet.transport) else {
        return None;
    };
    (udp.destination_port() == SERVER)
        .then(|| Request { source: ethernet.source(), payload: udp.payload().to_vec() })
}

/// The frame that carries the reply to whoever sent the request: by its MAC address, since it may not have another yet.
pub(super) fn build(request: &Request, reply: &Reply, lease: &Lease) -> Vec<u8> {
    let to_mac = if reply.to.is_broadcast() { [0xff; 6] } else { request.source };
    let builder = PacketBuilder::ethernet2(OUR_MAC, to_mac)
        .ipv4(lease.gateway.octets(), reply.to.octets(), 64)
        .udp(SERVER, CLIENT);
    let mut frame = Vec::with_capacity(builder.size(reply.bytes.len()));
    // Writing to memory fails only for a payload beyond 64 KiB, and a reply is a few hundred bytes.
    let _ = builder.write(&mut frame, &reply.bytes);
    frame
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_frame_is_read_as_it_was_built() {
        let mut frame = Vec::new();
        let builder = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 9], [0xff; 6])
            .ipv4([0; 4], [255; 4], 64)
            .udp(CLIENT, SERVER);
        builder.write(&mut frame, b"hello").expect("writes");
        let request = parse(&frame).expect("a request");
        assert_eq!((request.source, request.payload.as_slice()), ([2, 0, 0, 0, 0, 9], b"hello".as_slice()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_borne(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
