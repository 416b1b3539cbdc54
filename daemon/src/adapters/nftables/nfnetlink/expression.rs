//! Rules as the kernel runs them: loads into a register, comparisons, verdicts. Pure. They are what `nft` makes of the words in
//! `text`, so that it shows the same words again.

use std::net::IpAddr;

use super::message::Message;
use crate::{
    adapters::nftables::command::{From, Rule},
    model::{PortRange, Protocol},
};

/// The register that everything is loaded into.
const REGISTER: u32 = 1;
const VERDICT_REGISTER: u32 = 0;

const LIST_ELEMENT: u16 = 1;
const NAME: u16 = 1;
const DATA: u16 = 2;
const VALUE: u16 = 1;
const VERDICT: u16 = 2;

const NETWORK_HEADER: u32 = 1;
const TRANSPORT_HEADER: u32 = 2;

/// `NF_DROP` and `NF_ACCEPT`.
const DROP: u32 = 0;
const ACCEPT: u32 = 1;
/// `NFT_META_NFPROTO` and `NFT_META_L4PROTO`.
const FAMILY: u32 = 15;
const PROTOCOL: u32 = 16;
/// `NF_CT_STATE_BIT` of established and related, in the host's order.
const ESTABLISHED_OR_RELATED: u32 = 2 | 4;

const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// The expressions of a rule, into the list that is open in `message`.
pub(super) fn rule(message: Message, rule: Rule) -> Message {
    match rule {
        Rule::Drop => verdict(message, DROP),
        Rule::Established => {
            let message = expression(message, "ct", |data| data.number(1, REGISTER).number(2, 0));
            let message = masked(message, &ESTABLISHED_OR_RELATED.to_ne_bytes());
            verdict(compared(message, 1, &[0; 4]), ACCEPT)
        }
        Rule::Accept(range, from) => verdict(ports(source(message, from), range), ACCEPT),
    }
}

fn expression(message: Message, name: &str, data: impl FnOnce(Message) -> Message) -> Message {
    message.nest(LIST_ELEMENT, |element| element.text(NAME, name).nest(DATA, data))
}

fn verdict(message: Message, code: u32) -> Message {
    expression(message, "immediate", |data| {
        data.number(1, VERDICT_REGISTER)
            .nest(2, |value| value.nest(VERDICT, |verdict| verdict.number(1, code)))
    })
}

/// Goes on if the register compares so: 0 means equal, 1 different.
fn compared(message: Message, operator: u32, with: &[u8]) -> Message {
    expression(message, "cmp", |data| {
        data.number(1, REGISTER).number(2, operator).nest(3, |value| value.attribute(VALUE, with))
    })
}

fn equals(message: Message, value: &[u8]) -> Message {
    compared(message, 0, value)
}

fn meta(message: Message, key: u32) -> Message {
    expression(message, "meta", |data| data.number(1, REGISTER).number(2, key))
}

fn load(message: Message, header: u32, offset: u32, length: u32) -> Message {
    expression(message, "payload", |data| {
        data.number(1, REGISTER).number(2, header).number(3, offset).number(4, length)
    })
}

fn masked(message: Message, mask: &[u8]) -> Message {
    let length = u32::try_from(mask.len()).unwrap_or_default();
    expression(message, "bitwise", |data| {
        data.number(1, REGISTER)
            .number(2, REGISTER)
            .number(3, length)
            .nest(4, |value| value.attribute(VALUE, mask))
            .nest(5, |value| value.attribute(VALUE, &vec![0; mask.len()]))
    })
}

fn source(message: Message, from: From) -> Message {
    let (net, mask, prefix, offset) = match from {
        From::Anywhere => return message,
        From::V4(net) => (IpAddr::V4(net.network()), IpAddr::V4(net.netmask()), net.prefix_len(), 12),
        From::V6(net) => (IpAddr::V6(net.network()), IpAddr::V6(net.netmask()), net.prefix_len(), 8),
    };
    let (net, mask) = (octets(net), octets(mask));
    // `NFPROTO_IPV4` and `NFPROTO_IPV6`.
    let message = equals(meta(message, FAMILY), &[if net.len() == 4 { 2 } else { 10 }]);
    if prefix == 0 {
        return message;
    }
    let length = u32::try_from(net.len()).unwrap_or_default();
    let message = load(message, NETWORK_HEADER, offset, length);
    let is_one = mask.iter().all(|byte| *byte == 0xff);
    let message = if is_one { message } else { masked(message, &mask) };
    equals(message, &net)
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

/// The number of a protocol; none stands for all.
pub(super) fn number_of(protocol: Protocol) -> Option<u8> {
    match protocol {
        Protocol::All => None,
        Protocol::Tcp => Some(TCP),
        Protocol::Udp => Some(UDP),
        Protocol::Icmp => Some(ICMP),
        Protocol::Icmpv6 => Some(ICMPV6),
    }
}

fn ports(message: Message, range: PortRange) -> Message {
    let PortRange { protocol, from, to } = range;
    let Some(number) = number_of(protocol) else { return message };
    let message = equals(meta(message, PROTOCOL), &[number]);
    match protocol {
        Protocol::Tcp | Protocol::Udp => destination(message, from, to),
        _ => [(from, 0), (to, 1)].into_iter().fold(message, |message, (wanted, offset)| {
            // -1, which no byte is, stands for every one.
            match u8::try_from(wanted) {
                Ok(wanted) => equals(load(message, TRANSPORT_HEADER, offset, 1), &[wanted]),
                Err(_) => message,
            }
        }),
    }
}

fn destination(message: Message, from: i32, to: i32) -> Message {
    let bytes = |port: i32| u16::try_from(port).unwrap_or_default().to_be_bytes();
    let message = load(message, TRANSPORT_HEADER, 2, 2);
    if from == to {
        return equals(message, &bytes(from));
    }
    expression(message, "range", |data| {
        data.number(1, REGISTER)
            .number(2, 0)
            .nest(3, |value| value.attribute(VALUE, &bytes(from)))
            .nest(4, |value| value.attribute(VALUE, &bytes(to)))
    })
}
