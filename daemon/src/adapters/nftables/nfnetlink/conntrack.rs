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

/// Has every connection to `address` forgotten, in either direction: what was made under a mapping that is no more would only
/// be dropped, and would keep its ports from being used anew.
pub(in crate::adapters::nftables) fn forget(address: Ipv4Addr) -> [Vec<u8>; 2] {
    [ORIGINAL, REPLY].map(|direction| by_address(direction, (2, BY_DESTINATION), address))
}

/// Has every connection of whoever has that address forgotten: another may get it.
pub(in crate::adapters::nftables) fn forget_own(address: Ipv4Addr) -> [Vec<u8>; 2] {
    [ORIGINAL, REPLY].map(|direction| by_address(direction, (1, BY_SOURCE), address))
}

fn by_address(direction: u16, (which, flag): (u16, u32), address: Ipv4Addr) -> Vec<u8> {
    let tuple = Message::new(CONNTRACK << 8 | DELETE, ACK, IPV4, 0)
        .nest(direction, |tuple| tuple.nest(1, |addresses| addresses.attribute(which, &address.octets())));
    let flags = |of| if of == direction { flag } else { 0 }.to_ne_bytes();
    tuple
        .nest(FILTER, |filter| filter.attribute(ORIGINAL, &flags(ORIGINAL)).attribute(REPLY, &flags(REPLY)))
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
