//! What the machine needs before the first tap: the gateway's address, routes underneath, and forwarding.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use futures::TryStreamExt as _;
use rtnetlink::{
    Handle, LinkUnspec, RouteMessageBuilder,
    packet_route::{
        address::AddressAttribute,
        route::{RouteMessage, RouteScope, RouteType},
    },
};

use super::{Settings, done, failed, gone, sysctl, uplink};
use crate::model::{Error, Finding, Ipv6Range, Result};

pub(super) async fn ensure(handle: &Handle, settings: &Settings) -> Result<()> {
    let lo = index_of(handle, "lo").await?;
    handle
        .link()
        .set(LinkUnspec::new_with_index(lo).up().build())
        .execute()
        .await
        .map_err(failed("bring up lo"))?;
    let gateway = IpAddr::V4(settings.private.gateway());
    done(handle.address().add(lo, gateway, 32).execute().await, "give lo the gateway's address")?;

    for route in routes(settings, lo) {
        done(handle.route().add(route).execute().await, "route the instances' ranges")?;
    }
    sysctl::set("ipv4/ip_forward", "1")?;
    uplink::ensure(handle, settings.public).await?;
    match settings.ipv6 {
        Some(range) if sysctl::has_ipv6() => ipv6(handle, lo, range).await,
        _ => Ok(()),
    }
}

/// The host's own address in the range, nobody underneath, and forwarding, which must not cost the host its own router.
async fn ipv6(handle: &Handle, lo: u32, range: Ipv6Range) -> Result<()> {
    sysctl::set("ipv6/conf/lo/disable_ipv6", "0")?;
    done(handle.address().add(lo, IpAddr::V6(range.host()), 128).execute().await, "give lo an IPv6 address")?;
    done(handle.route().add(nobody6(range)).execute().await, "route the IPv6 range to nobody")?;
    if sysctl::get("ipv6/conf/all/forwarding") == "1" {
        return Ok(());
    }
    // An interface that forwards no longer believes its router, unless it is told to do both: 2.
    for interface in sysctl::ipv6_interfaces() {
        let key = |setting: &str| format!("ipv6/conf/{interface}/{setting}");
        if sysctl::get(&key("accept_ra")) == "1" && sysctl::get(&key("forwarding")) == "0" {
            sysctl::set(&key("accept_ra"), "2")?;
        }
    }
    sysctl::set("ipv6/conf/all/forwarding", "1")
}

/// Routes that no instance needs a wire for.
fn routes(settings: &Settings, lo: u32) -> Vec<RouteMessage> {
    // Underneath the instances' own routes. Without it the host would answer ARP for addresses that nobody has.
    let nobody = RouteMessageBuilder::<Ipv4Addr>::new()
        .destination_prefix(settings.private.network(), settings.private.prefix())
        .kind(RouteType::Unreachable);
    // Public addresses are never local: they are translated before they arrive anywhere. The route only gives packets of
    // the host itself a way to the translation, with the gateway's address as their source.
    let public = settings.public.nets().into_iter().map(|net| {
        RouteMessageBuilder::<Ipv4Addr>::new()
            .destination_prefix(net.network(), net.prefix_len())
            .output_interface(lo)
            .scope(RouteScope::Link)
            .pref_source(settings.private.gateway())
            .build()
    });
    std::iter::once(nobody.build()).chain(public).collect()
}

fn nobody6(range: Ipv6Range) -> RouteMessage {
    RouteMessageBuilder::<Ipv6Addr>::new()
        .destination_prefix(range.network(), range.prefix())
        .kind(RouteType::Unreachable)
        .build()
}

/// Takes addresses and routes away again. Forwarding stays on: others may have come to need it.
pub(super) async fn leave(handle: &Handle, settings: &Settings) -> Result<()> {
    uplink::leave(handle, settings.public).await?;
    let lo = index_of(handle, "lo").await?;
    let routes = routes(settings, lo).into_iter().chain(settings.ipv6.map(nobody6));
    for route in routes {
        gone(handle.route().del(route).execute().await, "take a route away")?;
    }
    let own = [Some(IpAddr::V4(settings.private.gateway())), settings.ipv6.map(|range| range.host().into())];
    let mut addresses = handle.address().get().set_link_index_filter(lo).execute();
    while let Some(address) = addresses.try_next().await.map_err(failed("list lo's addresses"))? {
        let is_own = address
            .attributes
            .iter()
            .any(|attribute| matches!(attribute, AddressAttribute::Address(ip) if own.contains(&Some(*ip))));
        if is_own {
            gone(handle.address().del(address).execute().await, "take an address away")?;
        }
    }
    Ok(())
}

pub(super) async fn index_of(handle: &Handle, name: &str) -> Result<u32> {
    let link = handle.link().get().match_name(name.to_owned()).execute().try_next().await;
    match link {
        Ok(Some(link)) => Ok(link.header.index),
        Ok(None) => Err(Error::not_found("interface", name)),
        Err(error) => Err(failed("look for an interface")(error)),
    }
}

pub(super) async fn examine(handle: &Handle, settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.push(match sysctl::get("ipv4/ip_forward").as_str() {
        "1" => Finding::ok("forwarding", "net.ipv4.ip_forward is 1"),
        other => Finding::failed(
            "forwarding",
            format!("net.ipv4.ip_forward is {other:?}: guests reach nothing but this host"),
            "look for a program that turns it off, then restart sloopd",
        ),
    });
    findings.push(match index_of(handle, "lo").await {
        Ok(_) => Finding::ok(
            "network",
            format!("instances in {}, public addresses in {}", settings.private, settings.public),
        ),
        Err(error) => Finding::failed("network", error.message, "the daemon needs CAP_NET_ADMIN"),
    });
    findings.extend(uplink::examine(handle, settings.public).await);
    findings
}
