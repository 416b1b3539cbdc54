//! A transaction as one batch of messages. Pure.

use super::{
    expression,
    message::{ACK, APPEND, CREATE, Message},
};
use crate::{
    adapters::nftables::{
        command::{Command, Element},
        object::{BURST, Object},
        table::TABLE,
        text::chain,
    },
    model::Publication,
};

/// The subsystem, `NFNL_SUBSYS_NFTABLES`.
const NFTABLES: u16 = 10;
const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;

const NEW_CHAIN: u16 = 3;
const DELETE_CHAIN: u16 = 5;
const NEW_RULE: u16 = 6;
const DELETE_RULE: u16 = 8;
const NEW_ELEMENT: u16 = 12;
const DELETE_ELEMENT: u16 = 14;
const NEW_OBJECT: u16 = 18;
const DELETE_OBJECT: u16 = 20;

/// `NFPROTO_INET` and `NFPROTO_ARP`.
const INET: u8 = 1;
const ARP: u8 = 3;

/// `NFT_JUMP`, -3.
const JUMP: u32 = 0xffff_fffd;

/// `NFT_OBJECT_COUNTER` and `NFT_OBJECT_LIMIT`.
const COUNTER: u32 = 1;
const LIMIT: u32 = 4;
/// `NFT_LIMIT_PKT_BYTES`: bytes are meant, not packets.
const IN_BYTES: u32 = 1;
/// `NFT_LIMIT_F_INV`: what is over the rate is meant.
const OVER: u32 = 1;

/// The bytes of a transaction. The kernel carries all of it out or nothing, and then answers the last command.
pub(in crate::adapters::nftables) fn transaction(commands: &[Command]) -> Vec<u8> {
    let mut bytes = Message::new(BATCH_BEGIN, 0, 0, NFTABLES).done();
    for (index, command) in commands.iter().enumerate() {
        let acknowledged = if index + 1 == commands.len() { ACK } else { 0 };
        bytes.extend(message(command, acknowledged).done());
    }
    bytes.extend(Message::new(BATCH_END, 0, 0, NFTABLES).done());
    bytes
}

fn message(command: &Command, flags: u16) -> Message {
    let new = |kind, flags, family| Message::new(NFTABLES << 8 | kind, flags, family, 0).text(1, TABLE);
    match command {
        Command::AddChain(id) => new(NEW_CHAIN, flags | CREATE, INET).text(3, &chain(*id)),
        Command::DeleteChain(id) => new(DELETE_CHAIN, flags, INET).text(3, &chain(*id)),
        // Without a rule's handle it means all of them.
        Command::FlushChain(id) => new(DELETE_RULE, flags, INET).text(2, &chain(*id)),
        Command::AddRule(id, rule) => new(NEW_RULE, flags | CREATE | APPEND, INET)
            .text(2, &chain(*id))
            .nest(4, |list| expression::rule(list, *rule)),
        Command::Make(object) => made(new(NEW_OBJECT, flags | CREATE, INET), *object),
        Command::Unmake(object) => named(new(DELETE_OBJECT, flags, INET), *object),
        Command::Add(element) => element_in(new(NEW_ELEMENT, flags | CREATE, family(element)), element, true),
        Command::Delete(element) => element_in(new(DELETE_ELEMENT, flags, family(element)), element, false),
    }
}

fn family(element: &Element) -> u8 {
    if matches!(element, Element::Arp { .. }) { ARP } else { INET }
}

fn named(message: Message, object: Object) -> Message {
    let kind = match object {
        Object::Counter { .. } => COUNTER,
        Object::Limit { .. } => LIMIT,
    };
    message.text(2, &object.name()).number(3, kind)
}

fn made(message: Message, object: Object) -> Message {
    let wide = |data: Message, kind, value: u64| data.attribute(kind, &value.to_be_bytes());
    named(message, object).nest(4, |data| match object {
        Object::Counter { bytes, .. } => wide(wide(data, 1, bytes), 2, 0),
        // So many bytes in one second.
        Object::Limit { rate, .. } => {
            wide(wide(data, 1, rate), 2, 1).number(3, BURST).number(4, IN_BYTES).number(5, OVER)
        }
    })
}

/// The value of a map's element.
enum Data {
    Bytes(Vec<u8>),
    Jump(String),
    Object(String),
}

fn element_in(message: Message, element: &Element, with_data: bool) -> Message {
    let (set, key, data) = parts(element);
    message.text(2, set).nest(3, |list| {
        list.nest(1, |one| {
            let one = one.nest(1, |value| value.attribute(1, &key));
            match data.filter(|_| with_data) {
                None => one,
                Some(Data::Bytes(bytes)) => one.nest(2, |value| value.attribute(1, &bytes)),
                Some(Data::Jump(chain)) => {
                    one.nest(2, |value| value.nest(2, |verdict| verdict.number(1, JUMP).text(2, &chain)))
                }
                Some(Data::Object(name)) => one.text(9, &name),
            }
        })
    })
}

/// Set, key and value of an element. Each part of a key takes a multiple of four bytes.
fn parts(element: &Element) -> (&'static str, Vec<u8>, Option<Data>) {
    match element {
        Element::Source { tap, mac, address } => ("src_ok", sender(tap, *mac, &address.octets()), None),
        Element::Arp { tap, mac, address } => ("arp_ok", sender(tap, *mac, &address.octets()), None),
        // Groups are compared in the host's order.
        Element::Peers(group) => ("peers", group.to_ne_bytes().repeat(2), None),
        Element::Pair { public, private } => ("pair", [public.octets(), private.octets()].concat(), None),
        Element::ToPrivate { public, private } => {
            ("pub2priv", public.octets().to_vec(), Some(Data::Bytes(private.octets().to_vec())))
        }
        Element::ToPublic { private, public } => {
            ("priv2pub", private.octets().to_vec(), Some(Data::Bytes(public.octets().to_vec())))
        }
        Element::Via { public, private, chain: id } => {
            ("via_pub", [public.octets(), private.octets()].concat(), Some(Data::Jump(chain(*id))))
        }
        Element::Source6 { tap, mac, address } => ("src6_ok", sender(tap, *mac, &address.octets()), None),
        Element::Via6 { address, chain: id } => {
            ("via6", address.octets().to_vec(), Some(Data::Jump(chain(*id))))
        }
        Element::Published { publication: Publication { protocol, host_port, port }, private } => {
            let service = |port: u16| [port.to_be_bytes(), [0; 2]].concat();
            let key =
                [vec![expression::number_of(*protocol).unwrap_or_default(), 0, 0, 0], service(*host_port)]
                    .concat();
            ("published", key, Some(Data::Bytes([private.octets().to_vec(), service(*port)].concat())))
        }
        Element::ViaOwn { private, chain: id } => {
            ("via_own", private.octets().to_vec(), Some(Data::Jump(chain(*id))))
        }
        Element::Leads { tap, to } => (to.map(), interface(tap), Some(Data::Object(to.name()))),
    }
}

/// `IFNAMSIZ`.
const NAME: usize = 16;

fn interface(tap: &str) -> Vec<u8> {
    let mut key = tap.as_bytes().to_vec();
    key.resize(NAME, 0);
    key
}

fn sender(tap: &str, mac: [u8; 6], address: &[u8]) -> Vec<u8> {
    const MAC: usize = 8;
    let mut key = interface(tap);
    key.extend(mac);
    key.resize(NAME + MAC, 0);
    key.extend(address);
    key
}
