//! Sample questions and names, for the tests of this door.

use std::net::Ipv4Addr;

use futures::FutureExt as _;
use hickory_proto::{
    op::{Message, MessageType, OpCode, Query},
    rr::{Name, RecordType},
};

use super::{askers::Look, zone::Zones};
use crate::{
    model::{Error, Pool},
    verbs::KnownName,
};

/// The number of every question.
pub(super) const ID: u16 = 7;

/// A question as resolvers ask it.
pub(super) fn question(name: &str, kind: RecordType) -> Message {
    let mut message = Message::new(ID, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::from_ascii(name).expect("a name"), kind));
    message
}

/// A message as it travels.
pub(super) fn bytes(message: &Message) -> Vec<u8> {
    message.to_vec().expect("encodes")
}

/// A message that has travelled.
pub(super) fn message(bytes: &[u8]) -> Message {
    Message::from_vec(bytes).expect("decodes")
}

/// The private and the public range.
pub(super) fn pools() -> (Pool, Pool) {
    ("172.26.0.0/16".parse().expect("a range"), "172.27.0.0/22".parse().expect("a range"))
}

/// The zones of these ranges.
pub(super) fn zones() -> Zones {
    let (private, public) = pools();
    Zones::new(private, public)
}

/// An instance without a public address.
pub(super) fn known(host_name: &str, last: u8) -> KnownName {
    let private_ip = Ipv4Addr::new(172, 26, 0, last);
    KnownName { host_name: host_name.into(), private_ip, public_ip: None, ipv6: None }
}

/// `web`, which has all addresses, `db`, which has one, and two that collapse into `a-b`.
pub(super) fn names() -> Vec<KnownName> {
    let web = KnownName {
        public_ip: Some([172, 27, 3, 10].into()),
        ipv6: Some("fd51:0:0:1::10".parse().expect("an address")),
        ..known("web", 10)
    };
    vec![web, known("db", 11), known("a-b", 12), known("a-b", 13)]
}

/// Shows these names to who asks from the loopback, and knows nobody else.
pub(super) fn look() -> Look {
    std::sync::Arc::new(|from: Ipv4Addr| {
        let found = if from.is_loopback() { Ok(names()) } else { Err(Error::not_found("Instance", from)) };
        async move { found }.boxed()
    })
}
