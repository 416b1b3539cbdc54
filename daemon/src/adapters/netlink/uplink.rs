//! Public addresses that are of the network which the host is in: it answers ARP for them on that network's interface, and says
//! when one begins to be there.

use std::{
    collections::HashSet,
    future, io,
    net::{IpAddr, Ipv4Addr},
};

use etherparse::{ArpHardwareId, ArpOperation, ArpPacket, EtherType, Ethernet2Header};
use futures::TryStreamExt as _;
use ipnet::Ipv4Net;
use rtnetlink::{
    Handle, RouteMessageBuilder,
    packet_route::{
        address::{AddressAttribute, AddressMessage},
        neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourFlags, NeighbourMessage},
        route::{RouteAddress, RouteAttribute, RouteMessage},
    },
};

use super::{done, failed, gone, link, sysctl};
use crate::{
    adapters::ffi,
    model::{Error, Finding, Kind, Pool, Result},
};

/// Everybody on an Ethernet.
const EVERYBODY: [u8; 6] = [0xff; 6];

/// The networks that this host is in, each with the index of its interface.
async fn networks(handle: &Handle) -> Result<Vec<(u32, Ipv4Net)>> {
    let addresses: Vec<AddressMessage> =
        handle.address().get().execute().try_collect().await.map_err(failed("list this host's addresses"))?;
    let networks = addresses.iter().filter_map(|message| Some((message.header.index, network(message)?)));
    Ok(networks.collect())
}

/// The index of the interface whose network has all of the range; none where the host is in no such network now.
async fn find(handle: &Handle, pool: Pool) -> Result<Option<u32>> {
    let (first, last) = pool.given();
    let found =
        networks(handle).await?.into_iter().find(|(_, net)| net.contains(&first) && net.contains(&last));
    Ok(found.map(|(index, _)| index))
}

fn network(message: &AddressMessage) -> Option<Ipv4Net> {
    message.attributes.iter().find_map(|attribute| match attribute {
        AddressAttribute::Local(IpAddr::V4(address)) => {
            Ipv4Net::new(*address, message.header.prefix_len).ok()
        }
        _ => None,
    })
}

/// Refuses a range that has an address of this host's own or of a router of its: everybody would lose the way there.
pub(super) async fn check(handle: &Handle, pool: Pool) -> Result<()> {
    if !pool.is_lan() {
        return Ok(());
    }
    let nets: Vec<Ipv4Net> = networks(handle).await?.into_iter().map(|(_, net)| net).collect();
    let own = nets.iter().map(|net| (net.addr(), "this host's own"));
    let around = nets.iter().filter(|net| net.prefix_len() < 31);
    let ends = around
        .flat_map(|net| [(net.network(), "the network's"), (net.broadcast(), "the network's broadcast")]);
    let all = RouteMessageBuilder::<Ipv4Addr>::new().build();
    let routes: Vec<RouteMessage> =
        handle.route().get(all).execute().try_collect().await.map_err(failed("list routes"))?;
    let routers = routes.iter().flat_map(|route| &route.attributes).filter_map(|attribute| match attribute {
        RouteAttribute::Gateway(RouteAddress::Inet(router)) => Some((*router, "a router's")),
        _ => None,
    });
    match own.chain(ends).chain(routers).find(|(address, _)| pool.contains(*address)) {
        None => Ok(()),
        Some((address, whose)) => Err(Error::new(
            Kind::InvalidInput,
            "InvalidConfiguration",
            format!("network.public {pool} has {address}, which is {whose} address"),
        )
        .tip("choose addresses that nobody has, and that nobody else gives out")),
    }
}

/// Has the kernel answer for the range. Where its network is not there, instances are started all the same.
pub(super) async fn ensure(handle: &Handle, pool: Pool) -> Result<()> {
    if !pool.is_lan() {
        return Ok(());
    }
    let Some(index) = find(handle, pool).await? else {
        tracing::warn!(range = %pool, "no interface is in the network of the public range: nobody there reaches instances");
        return Ok(());
    };
    // Otherwise each answer waits for up to 0.8 s.
    let name = link::name_of(handle, index).await?;
    sysctl::set(&format!("ipv4/neigh/{name}/proxy_delay"), "0")?;
    // This is said with every wire: what is answered for already is not said again.
    let answered: HashSet<_> = entries(handle, pool).await?.iter().filter_map(|one| at(one, index)).collect();
    let (first, last) = pool.given();
    let all = (first.to_bits()..=last.to_bits()).map(Ipv4Addr::from_bits);
    for address in all.filter(|address| !answered.contains(address)) {
        let entry = handle.neighbours().add(index, IpAddr::V4(address)).flags(NeighbourFlags::Proxy);
        done(entry.execute().await, "answer for a public address")?;
    }
    Ok(())
}

/// What the kernel answers for of the range, on whichever interface.
async fn entries(handle: &Handle, pool: Pool) -> Result<Vec<NeighbourMessage>> {
    let all = handle.neighbours().get().proxies().execute();
    let ours = all.try_filter(|entry| future::ready(address_of(entry).is_some_and(|ip| pool.contains(ip))));
    ours.try_collect().await.map_err(failed("list neighbours"))
}

fn address_of(entry: &NeighbourMessage) -> Option<Ipv4Addr> {
    entry.attributes.iter().find_map(|attribute| match attribute {
        NeighbourAttribute::Destination(NeighbourAddress::Inet(ip)) => Some(*ip),
        _ => None,
    })
}

fn at(entry: &NeighbourMessage, index: u32) -> Option<Ipv4Addr> {
    address_of(entry).filter(|_| entry.header.ifindex == index)
}

/// Tells everybody on the network where that address is now. Who does not hear it asks.
pub(super) async fn announce(handle: &Handle, pool: Pool, address: Ipv4Addr) {
    if !pool.is_lan() || !pool.contains(address) {
        return;
    }
    if let Err(error) = try_announce(handle, pool, address).await {
        tracing::warn!(%address, %error, "the address is not announced; others learn of it when they ask");
    }
}

async fn try_announce(handle: &Handle, pool: Pool, address: Ipv4Addr) -> Result<()> {
    let Some(index) = find(handle, pool).await? else { return Ok(()) };
    let mac = link::mac_of_index(handle, index).await?;
    say(index, mac, address).map_err(|error| Error::internal(error.to_string()))
}

/// A gratuitous ARP request, which every system takes note of (RFC 5227, 3).
fn say(index: u32, mac: [u8; 6], address: Ipv4Addr) -> io::Result<()> {
    let frame = announcement(mac, address)?;
    // Nothing is to be heard.
    let deaf = [socket2::SockFilter::new(0x06, 0, 0, 0)];
    ffi::packet::open(index, EtherType::ARP.0, &deaf)?.get_ref().send(&frame).map(drop)
}

fn announcement(mac: [u8; 6], address: Ipv4Addr) -> io::Result<Vec<u8>> {
    let header = Ethernet2Header { source: mac, destination: EVERYBODY, ether_type: EtherType::ARP };
    let packet = ArpPacket::new(
        ArpHardwareId::ETHERNET,
        EtherType::IPV4,
        ArpOperation::REQUEST,
        &mac,
        &address.octets(),
        &[0; 6],
        &address.octets(),
    )
    .map_err(io::Error::other)?;
    let mut frame = Vec::new();
    header.write(&mut frame)?;
    packet.write(&mut frame)?;
    Ok(frame)
}

/// Answers no longer.
pub(super) async fn leave(handle: &Handle, pool: Pool) -> Result<()> {
    if !pool.is_lan() {
        return Ok(());
    }
    for entry in entries(handle, pool).await? {
        gone(handle.neighbours().del(entry).execute().await, "stop answering for a public address")?;
    }
    Ok(())
}

pub(super) async fn examine(handle: &Handle, pool: Pool) -> Option<Finding> {
    if !pool.is_lan() {
        return None;
    }
    match find(handle, pool).await {
        Ok(Some(index)) => {
            let name = link::name_of(handle, index).await.unwrap_or_default();
            Some(Finding::ok(
                "public addresses",
                format!("{pool} on {name}: the host answers for them there"),
            ))
        }
        Ok(None) => Some(Finding::failed(
            "public addresses",
            format!("no interface of this host is in the network of {pool}"),
            "set network.public to addresses of a network that this host is in, which nobody else gives out",
        )),
        Err(error) => Some(Finding::failed("public addresses", error.message, "look at: ip address")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_names_the_address_twice() {
        let frame = announcement([2, 0, 0, 0, 0, 7], [192, 0, 2, 9].into()).expect("writes");
        let (mac, address) = ([2, 0, 0, 0, 0, 7].as_slice(), [192, 0, 2, 9].as_slice());
        let head: &[u8] = &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 7, 8, 6];
        let request: &[u8] = &[0, 1, 8, 0, 6, 4, 0, 1];
        assert_eq!(frame, [head, request, mac, address, &[0; 6], address].concat());
    }
}
