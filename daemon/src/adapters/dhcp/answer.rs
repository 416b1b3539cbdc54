//! What to answer. Pure; the codec is dhcproto's.

use std::net::Ipv4Addr;

use dhcproto::{
    Decodable as _, Encodable as _,
    v4::{DhcpOption, Flags, Message, MessageType, Opcode, OptionCode},
};

use super::Lease;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    /// The encoded message.
    pub(super) bytes: Vec<u8>,
    /// It gives the address, rather than offering or refusing one.
    pub(super) is_ack: bool,
    /// Where it goes: the client's address if it has one, else everybody on the wire, which is the client.
    pub(super) to: Ipv4Addr,
}

/// Long, because the address is the instance's for life; short enough that a guest that lost it asks again the same day.
const LEASE_SECONDS: u32 = 12 * 3600;

/// What a tap carries.
const MTU: u16 = 1500;

/// Bytes before the options: the BOOTP header and the magic cookie.
const FIXED: usize = 240;
/// Options that are looked at, with their lengths: requested address, message type, server identifier.
const KNOWN: [(u8, u8); 3] = [(50, 4), (53, 1), (54, 4)];

/// The answer to a message, or none for what is no request.
pub(super) fn to(payload: &[u8], lease: &Lease) -> Option<Reply> {
    let request = Message::from_bytes(&only_known_options(payload)?).ok()?;
    if request.opcode() != Opcode::BootRequest {
        return None;
    }
    let kind = request.opts().msg_type()?;
    // A message for another server is not for this one, although there is no other on this wire.
    if let Some(DhcpOption::ServerIdentifier(server)) = request.opts().get(OptionCode::ServerIdentifier)
        && *server != lease.gateway
    {
        return None;
    }
    let answer = match kind {
        MessageType::Discover => MessageType::Offer,
        MessageType::Request if asks_for_another(&request, lease) => MessageType::Nak,
        MessageType::Request | MessageType::Inform => MessageType::Ack,
        _ => return None,
    };
    let message = compose(&request, answer, lease);
    let to = if request.ciaddr().is_unspecified() || answer == MessageType::Nak {
        Ipv4Addr::BROADCAST
    } else {
        request.ciaddr()
    };
    Some(Reply { bytes: message.to_vec().ok()?, is_ack: answer == MessageType::Ack, to })
}

/// The message with those options only that are looked at, each with its right length. The codec panics on some options of a
/// wrong length, and a guest may send what it likes.
fn only_known_options(payload: &[u8]) -> Option<Vec<u8>> {
    let (fixed, mut rest) = payload.split_at_checked(FIXED)?;
    // The third byte is the length of the hardware address, for which there are sixteen bytes.
    if fixed[2] > 16 {
        return None;
    }
    let mut kept = fixed.to_vec();
    while let [code, tail @ ..] = rest {
        rest = match code {
            0 => tail,
            255 => break,
            code => {
                let (length, tail) = tail.split_first()?;
                let (value, tail) = tail.split_at_checked(usize::from(*length))?;
                if KNOWN.contains(&(*code, *length)) {
                    kept.extend([*code, *length]);
                    kept.extend(value);
                }
                tail
            }
        };
    }
    kept.push(255);
    Some(kept)
}

/// A guest that remembers an address of another life is told no, so that it asks anew.
fn asks_for_another(request: &Message, lease: &Lease) -> bool {
    let wanted = match request.opts().get(OptionCode::RequestedIpAddress) {
        Some(DhcpOption::RequestedIpAddress(wanted)) => *wanted,
        _ => request.ciaddr(),
    };
    !wanted.is_unspecified() && wanted != lease.address
}

fn compose(request: &Message, kind: MessageType, lease: &Lease) -> Message {
    let mut reply = Message::default();
    reply
        .set_opcode(Opcode::BootReply)
        .set_htype(request.htype())
        .set_xid(request.xid())
        .set_flags(Flags::new(request.flags().into()))
        .set_chaddr(request.chaddr())
        .set_giaddr(request.giaddr());
    let options = reply.opts_mut();
    options.insert(DhcpOption::MessageType(kind));
    options.insert(DhcpOption::ServerIdentifier(lease.gateway));
    if kind == MessageType::Nak {
        return reply;
    }
    options.insert(DhcpOption::SubnetMask(lease.mask));
    options.insert(DhcpOption::Router(vec![lease.gateway]));
    options.insert(DhcpOption::Hostname(lease.host_name.clone()));
    options.insert(DhcpOption::DomainName(lease.domain.clone()));
    options.insert(DhcpOption::InterfaceMtu(MTU));
    if !lease.dns.is_empty() {
        options.insert(DhcpOption::DomainNameServer(lease.dns.clone()));
    }
    if request.opts().msg_type() == Some(MessageType::Inform) {
        // It has its address and wants only the rest.
        reply.set_ciaddr(request.ciaddr());
        return reply;
    }
    options.insert(DhcpOption::AddressLeaseTime(LEASE_SECONDS));
    options.insert(DhcpOption::Renewal(LEASE_SECONDS / 2));
    options.insert(DhcpOption::Rebinding(LEASE_SECONDS / 8 * 7));
    reply.set_yiaddr(lease.address).set_ciaddr(request.ciaddr());
    reply
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lease() -> Lease {
        Lease {
            address: [172, 26, 0, 10].into(),
            mask: [255, 255, 0, 0].into(),
            gateway: [172, 26, 0, 1].into(),
            dns: vec![[192, 0, 2, 53].into()],
            host_name: "web".into(),
            domain: "sloop.internal".into(),
        }
    }

    fn request(kind: MessageType, change: impl FnOnce(&mut Message)) -> Vec<u8> {
        let mut message = Message::default();
        message.set_chaddr(&[2, 0, 0, 0, 0, 1]).set_xid(7);
        message.opts_mut().insert(DhcpOption::MessageType(kind));
        change(&mut message);
        message.to_vec().expect("encodes")
    }

    fn answered(payload: &[u8]) -> (Message, Reply) {
        let reply = to(payload, &lease()).expect("an answer");
        (Message::from_bytes(&reply.bytes).expect("decodes"), reply)
    }

    #[test]
    fn whoever_asks_gets_the_taps_address() {
        for client in [[2, 0, 0, 0, 0, 1], [9, 9, 9, 9, 9, 9]] {
            let (offer, reply) = answered(&request(MessageType::Discover, |m| {
                m.set_chaddr(&client);
            }));
            assert_eq!(offer.opts().msg_type(), Some(MessageType::Offer));
            assert_eq!((offer.yiaddr(), offer.xid(), reply.to), (lease().address, 7, Ipv4Addr::BROADCAST));
            assert!(!reply.is_ack);
        }
    }

    #[test]
    fn a_renewal_is_answered_to_the_client() {
        let (ack, reply) = answered(&request(MessageType::Request, |m| {
            m.set_ciaddr(lease().address);
        }));
        assert_eq!(
            (ack.opts().msg_type(), reply.to, reply.is_ack),
            (Some(MessageType::Ack), lease().address, true)
        );
    }

    #[test]
    fn an_address_of_another_life_is_refused() {
        let (nak, reply) = answered(&request(MessageType::Request, |m| {
            m.opts_mut().insert(DhcpOption::RequestedIpAddress([10, 0, 0, 5].into()));
        }));
        assert_eq!((nak.opts().msg_type(), reply.is_ack), (Some(MessageType::Nak), false));
        assert!(nak.yiaddr().is_unspecified());
    }

    #[test]
    fn what_is_not_for_us_gets_no_answer() {
        assert_eq!(to(&request(MessageType::Release, |_| {}), &lease()), None);
        let elsewhere = request(MessageType::Request, |m| {
            m.opts_mut().insert(DhcpOption::ServerIdentifier([10, 0, 0, 1].into()));
        });
        assert_eq!(to(&elsewhere, &lease()), None);
    }

    #[test]
    fn an_option_of_a_wrong_length_is_borne() {
        for code in 1..255u8 {
            for length in 0..9u8 {
                let mut payload = request(MessageType::Discover, |_| {});
                payload.truncate(FIXED);
                payload.extend([53, 1, 1, code, length]);
                payload.extend(vec![7; usize::from(length)]);
                payload.push(255);
                let _ = to(&payload, &lease());
            }
        }
    }

    proptest! {
        #[test]
        fn any_header_is_borne(header in proptest::collection::vec(any::<u8>(), FIXED - 4)) {
            let mut payload = request(MessageType::Discover, |_| {});
            payload[1..FIXED - 4].copy_from_slice(&header[1..]);
            let _ = to(&payload, &lease());
        }

        #[test]
        fn any_options_are_borne(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut payload = request(MessageType::Discover, |_| {});
            payload.truncate(FIXED);
            payload.extend(bytes);
            let _ = to(&payload, &lease());
        }

        #[test]
        fn any_bytes_are_borne(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = to(&bytes, &lease());
        }
    }
}
