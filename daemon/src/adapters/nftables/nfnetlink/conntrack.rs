//! Connections that the kernel is to forget. Pure.

use std::net::Ipv4Addr;

use super::{
    expression::number_of,
    message::{ACK, Message},
};
use crate::model::Publication;

/// The subsystem, `NFNL_SUBSYS_CTNETLINK`, and `IPCTNL_MSG_CT_DELETE` in it.
const CONNTRACK: u16 = 1;
const DELETE: u16 = 2;
const IPV4: u8 = 2;

const ORIGINAL: u16 = 1;
const REPLY: u16 = 2;
const FILTER: u16 = 25;
/// `CTA_FILTER_F_CTA_IP_DST`, in the host's order.
const BY_DESTINATION: u32 = 2;
/// `CTA_FILTER_F_CTA_IP_SRC`.
const BY_SOURCE: u32 = 1;
/// `CTA_FILTER_F_CTA_PROTO_NUM` and `CTA_FILTER_F_CTA_PROTO_DST_PORT`.
const BY_SERVICE: u32 = 8 | 32;

/// An end of a connection, in one of its directions.
type End = (u16, u32, Ipv4Addr);

fn source(address: Ipv4Addr) -> End {
    (1, BY_SOURCE, address)
}

fn destination(address: Ipv4Addr) -> End {
    (2, BY_DESTINATION, address)
}

/// Has the connections forgotten by which the instance at `private` was reached at `public`, or known as that: what was made
/// under a mapping that is no more would only be dropped, and would keep its ports from being used anew. Those of who has the
/// address now are left alone, however late this is carried out.
pub(in crate::adapters::nftables) fn forget(private: Ipv4Addr, public: Ipv4Addr) -> [Vec<u8>; 2] {
    let (private, public) = (source(private), destination(public));
    [delete(Some(public), Some(private)), delete(Some(private), Some(public))]
}

/// Has every connection of whoever has that address forgotten, by whichever other addresses: another may get it.
pub(in crate::adapters::nftables) fn forget_own(private: Ipv4Addr) -> [Vec<u8>; 2] {
    [delete(Some(source(private)), None), delete(None, Some(source(private)))]
}

/// Deletes what has these ends when it is asked, and when it is answered.
fn delete(original: Option<End>, reply: Option<End>) -> Vec<u8> {
    let mut message = Message::new(CONNTRACK << 8 | DELETE, ACK, IPV4, 0);
    for (direction, end) in [(ORIGINAL, original), (REPLY, reply)] {
        if let Some((side, _, address)) = end {
            message = message.nest(direction, |tuple| {
                tuple.nest(1, |addresses| addresses.attribute(side, &address.octets()))
            });
        }
    }
    let flags = |end: Option<End>| end.map_or(0, |(_, flag, _)| flag).to_ne_bytes();
    message
        .nest(FILTER, |filter| filter.attribute(ORIGINAL, &flags(original)).attribute(REPLY, &flags(reply)))
        .done()
}

/// Has every connection forgotten that came to the instance at `private` by a port of the host which leads there no more. Those
/// that came to its public address by the same number of a port begin anew as well.
pub(in crate::adapters::nftables) fn forget_published(
    publication: Publication,
    private: Ipv4Addr,
) -> Vec<u8> {
    let Publication { protocol, host_port, .. } = publication;
    let number = number_of(protocol).unwrap_or_default();
    Message::new(CONNTRACK << 8 | DELETE, ACK, IPV4, 0)
        .nest(ORIGINAL, |tuple| {
            tuple.nest(2, |service| service.attribute(1, &[number]).attribute(3, &host_port.to_be_bytes()))
        })
        .nest(REPLY, |tuple| tuple.nest(1, |addresses| addresses.attribute(1, &private.octets())))
        .nest(FILTER, |filter| {
            filter.attribute(ORIGINAL, &BY_SERVICE.to_ne_bytes()).attribute(REPLY, &BY_SOURCE.to_ne_bytes())
        })
        .done()
}
