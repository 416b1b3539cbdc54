//! One instance's tap.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use futures::TryStreamExt as _;
use rtnetlink::{
    Handle, LinkUnspec, RouteMessageBuilder,
    packet_route::{
        AddressFamily, address::AddressHeaderFlags, link::LinkAttribute, neighbour::NeighbourState,
        route::RouteScope,
    },
};

use super::{Settings, absent, done, failed, host::index_of, sysctl};
use crate::{
    adapters::ffi,
    model::{
        Bytes, Error, HostId, IPV6_ROUTER, Instance, InstanceId, Ipv6Range, Result, group_of, link_local,
        mac_of,
    },
};

/// Kernel settings of a tap. It carries no IPv4 address; the host answers ARP for the gateway and for other instances by
/// proxy, without the default delay of half a second, and believes no router that a guest plays.
const SETTINGS: &[(&str, &str)] = &[
    ("ipv4/conf/TAP/proxy_arp", "1"),
    ("ipv4/neigh/TAP/proxy_delay", "0"),
    ("ipv4/conf/TAP/rp_filter", "1"),
    ("ipv4/conf/TAP/send_redirects", "0"),
    ("ipv4/conf/TAP/accept_redirects", "0"),
    ("ipv4/conf/TAP/arp_announce", "2"),
    ("ipv4/conf/TAP/forwarding", "1"),
    ("ipv6/conf/TAP/accept_ra", "0"),
    ("ipv6/conf/TAP/accept_redirects", "0"),
    ("ipv6/conf/TAP/accept_dad", "0"),
    // The router's address is the only one there: one that is made from the MAC address would be a second.
    ("ipv6/conf/TAP/addr_gen_mode", "1"),
];

/// Makes the tap, its route and its neighbour entry. Gives its index.
pub(super) async fn ensure(handle: &Handle, settings: &Settings, instance: &Instance) -> Result<u32> {
    let tap = instance.id.tap();
    let alias = alias(settings.host_id, instance.id);
    if let Some(found) = find(handle, &tap).await?
        && found.alias.as_deref().is_some_and(|other| other != alias)
    {
        return Err(foreign(&tap));
    }
    ffi::tun::ensure_tap(&tap).map_err(|error| {
        Error::internal(format!("cannot make the tap {tap}: {error}"))
            .tip("the daemon needs CAP_NET_ADMIN and /dev/net/tun")
    })?;
    let index = index_of(handle, &tap).await?;
    let tagged = LinkUnspec::new_with_index(index)
        .append_extra_attribute(LinkAttribute::IfAlias(alias))
        // The filter knows owners by the group of their taps.
        .append_extra_attribute(LinkAttribute::Group(group_of(instance.owner_number)))
        .build();
    handle.link().set(tagged).execute().await.map_err(failed("tag the tap"))?;
    // So that the host reaches a published port at its 127.0.0.1 as well; what a guest sends there is dropped first.
    let localnet = if instance.published.is_empty() { "0" } else { "1" };
    sysctl::set(&format!("ipv4/conf/{tap}/route_localnet"), localnet)?;
    for (key, value) in SETTINGS {
        let key = key.replace("TAP", &tap);
        // A kernel without IPv6 has nothing to set there.
        if !key.starts_with("ipv6") || sysctl::has_ipv6() {
            sysctl::set(&key, value)?;
        }
    }
    handle
        .link()
        .set(LinkUnspec::new_with_index(index).up().build())
        .execute()
        .await
        .map_err(failed("bring the tap up"))?;
    let route = RouteMessageBuilder::<Ipv4Addr>::new()
        .destination_prefix(instance.private_ip, 32)
        .output_interface(index)
        .scope(RouteScope::Link)
        .pref_source(settings.private.gateway())
        .build();
    done(handle.route().add(route).replace().execute().await, "route the instance's address to its tap")?;
    if let (Some(address), Some(range)) = (instance.ipv6, settings.ipv6) {
        ipv6(handle, index, range, (address, mac_of(instance.id))).await?;
    }
    let neighbour = handle
        .neighbours()
        .add(index, IpAddr::V4(instance.private_ip))
        .link_layer_address(&mac_of(instance.id))
        .state(NeighbourState::Permanent)
        .replace();
    done(neighbour.execute().await, "tell the kernel who is at the tap")?;
    Ok(index)
}

/// The router's address on the tap, and the way to the guest's. The kernel answers those who look for the router.
async fn ipv6(
    handle: &Handle,
    index: u32,
    range: Ipv6Range,
    (address, mac): (Ipv6Addr, [u8; 6]),
) -> Result<()> {
    // Alone, without its network: with that comes an anycast address, and the kernel waits 20 ms before it is rid of one.
    let mut router = handle.address().add(index, IpAddr::V6(IPV6_ROUTER), 128);
    // Nobody else is on the wire who could have it.
    router.message_mut().header.flags = AddressHeaderFlags::Nodad;
    done(router.execute().await, "give the tap the router's address")?;
    let route = RouteMessageBuilder::<Ipv6Addr>::new()
        .destination_prefix(address, 128)
        .output_interface(index)
        .pref_source(range.host())
        .build();
    done(
        handle.route().add(route).replace().execute().await,
        "route the instance's IPv6 address to its tap",
    )?;
    for known in [address, link_local(mac)] {
        let entry = handle.neighbours().add(index, IpAddr::V6(known)).link_layer_address(&mac);
        let entry = entry.state(NeighbourState::Permanent).replace();
        done(entry.execute().await, "tell the kernel who is at the tap")?;
    }
    Ok(())
}

/// Takes the way to the guest's IPv6 address away.
pub(super) async fn without_ipv6(handle: &Handle, id: InstanceId) -> Result<()> {
    let Some(found) = find(handle, &id.tap()).await? else { return Ok(()) };
    let mut addresses = handle.address().get().set_link_index_filter(found.index).execute();
    while let Some(address) = addresses.try_next().await.map_err(failed("list the tap's addresses"))? {
        // With the router's address go the routes that it made possible.
        if address.header.family == AddressFamily::Inet6 {
            handle
                .address()
                .del(address)
                .execute()
                .await
                .map_err(failed("take the router's address away"))?;
        }
    }
    Ok(())
}

/// The MAC address of a tap.
pub(super) async fn mac(handle: &Handle, id: InstanceId) -> Result<[u8; 6]> {
    let found = find(handle, &id.tap()).await?.ok_or_else(|| Error::not_found("interface", id.tap()))?;
    mac_of_index(handle, found.index).await
}

/// The MAC address of an interface.
pub(super) async fn mac_of_index(handle: &Handle, index: u32) -> Result<[u8; 6]> {
    let found = attributes(handle, index).await?.into_iter().find_map(|attribute| match attribute {
        LinkAttribute::Address(bytes) => bytes.try_into().ok(),
        _ => None,
    });
    found.ok_or_else(|| Error::internal(format!("interface {index} has no MAC address")))
}

async fn attributes(handle: &Handle, index: u32) -> Result<Vec<LinkAttribute>> {
    let link = handle.link().get().match_index(index).execute().try_next().await;
    Ok(link.map_err(failed("look for an interface"))?.map(|link| link.attributes).unwrap_or_default())
}

pub(super) async fn remove(handle: &Handle, host: HostId, id: InstanceId) -> Result<()> {
    let Some(found) = find(handle, &id.tap()).await? else { return Ok(()) };
    // A tap whose maker was killed before it could tag it has none; its name is ours all the same.
    if found.alias.as_deref().is_some_and(|other| other != alias(host, id)) {
        return Err(foreign(&id.tap()));
    }
    match handle.link().del(found.index).execute().await {
        Err(error) if !absent(&error) => Err(failed("remove the tap")(error)),
        _ => Ok(()),
    }
}

pub(super) async fn list(handle: &Handle, host: HostId) -> Result<Vec<InstanceId>> {
    Ok(traffic(handle, host).await?.into_iter().map(|(id, _)| id).collect())
}

/// Every tap of ours with the bytes on it. What the host receives is what the guest sends.
pub(super) async fn traffic(handle: &Handle, host: HostId) -> Result<Vec<(InstanceId, Bytes)>> {
    let mut links = handle.link().get().execute();
    let (prefix, mut found) = (format!("sloop:{host}:"), Vec::new());
    while let Some(link) = links.try_next().await.map_err(failed("list the interfaces"))? {
        let (mut id, mut bytes) = (None, Bytes::default());
        for attribute in link.attributes {
            match attribute {
                LinkAttribute::IfAlias(alias) => {
                    id = alias.strip_prefix(&prefix).and_then(|id| id.parse::<InstanceId>().ok());
                }
                LinkAttribute::Stats64(stats) => {
                    bytes = Bytes { inward: stats.tx_bytes, outward: stats.rx_bytes };
                }
                _ => {}
            }
        }
        found.extend(id.map(|id| (id, bytes)));
    }
    Ok(found)
}

struct Found {
    index: u32,
    alias: Option<String>,
}

async fn find(handle: &Handle, name: &str) -> Result<Option<Found>> {
    let link = match handle.link().get().match_name(name.to_owned()).execute().try_next().await {
        Ok(link) => link,
        Err(error) if absent(&error) => None,
        Err(error) => return Err(failed("look for the tap")(error)),
    };
    Ok(link.map(|link| Found {
        index: link.header.index,
        alias: link.attributes.into_iter().find_map(|attribute| match attribute {
            LinkAttribute::IfAlias(alias) => Some(alias),
            _ => None,
        }),
    }))
}

/// The name of an interface.
pub(super) async fn name_of(handle: &Handle, index: u32) -> Result<String> {
    let attributes = attributes(handle, index).await?;
    let name = attributes.into_iter().find_map(|attribute| match attribute {
        LinkAttribute::IfName(name) => Some(name),
        _ => None,
    });
    name.ok_or_else(|| Error::not_found("interface", index))
}

/// The tag: which daemon's, and which instance's.
fn alias(host: HostId, id: InstanceId) -> String {
    format!("sloop:{host}:{id}")
}

fn foreign(tap: &str) -> Error {
    Error::internal(format!("the interface {tap} belongs to somebody else"))
        .tip("it was left alone; look at it with: ip -d link")
}
