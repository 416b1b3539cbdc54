//! Connections that the kernel is to forget. Pure.

use std::net::Ipv4Addr;

use super::message::{ACK, Message};

/// The subsystem, `NFNL_SUBSYS_CTNETLINK`, and `IPCTNL_MSG_CT_DELETE` in it.
const CONNTRACK: u16 = 1;
const DELETE: u16 = 2;
const IPV4: u8 = 2;

const ORIGINAL: u16 = 1;
const REPLY: u16 = 2;
const FILTER: u16 = 25;
/// `CTA_FILTER_F_CTA_IP_DST`, in the host's order.
const BY_DESTINATION: u32 = 2;

/// Has every connection to `address` forgotten, in either direction: what was made under a mapping that is no more would only
/// be dropped, and would keep its ports from being used anew.
pub(in crate::adapters::nftables) fn forget(address: Ipv4Addr) -> [Vec<u8>; 2] {
    [ORIGINAL, REPLY].map(|direction| {
        let message = Message::new(CONNTRACK << 8 | DELETE, ACK, IPV4, 0);
        let tuple = message
            .nest(direction, |tuple| tuple.nest(1, |addresses| addresses.attribute(2, &address.octets())));
        let flags = |which| if which == direction { BY_DESTINATION } else { 0 }.to_ne_bytes();
        tuple
            .nest(FILTER, |filter| {
                filter.attribute(ORIGINAL, &flags(ORIGINAL)).attribute(REPLY, &flags(REPLY))
            })
            .done()
    })
}
