//! What the machine needs before the first tap: the gateway's address, routes underneath, and forwarding.

use std::net::IpAddr;

use futures::TryStreamExt as _;
use rtnetlink::{
    Handle, LinkUnspec, RouteMessageBuilder,
    packet_route::route::{RouteScope, RouteType},
};

use super::{Settings, done, failed, sysctl};
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

    // Underneath the instances' own routes. Without it the host would answer ARP for addresses that nobody has.
    let (network, prefix) = (settings.private.network(), settings.private.prefix());
    let nobody = RouteMessageBuilder::<std::net::Ipv4Addr>::new()
        .destination_prefix(network, prefix)
        .kind(RouteType::Unreachable)
        .build();
    done(handle.route().add(nobody).execute().await, "route the private range to nobody")?;

    // Public addresses are never local: they are translated before they arrive anywhere. The route only gives packets of
    // the host itself a way to the translation, with the gateway's address as their source.
    let public = RouteMessageBuilder::<std::net::Ipv4Addr>::new()
        .destination_prefix(settings.public.network(), settings.public.prefix())
        .output_interface(lo)
        .scope(RouteScope::Link)
        .pref_source(settings.private.gateway())
        .build();
    done(handle.route().add(public).execute().await, "route the public range")?;
    sysctl::set("ipv4/ip_forward", "1")?;
    match settings.ipv6 {
        Some(range) if sysctl::has_ipv6() => ipv6(handle, lo, range).await,
        _ => Ok(()),
    }
}

/// The host's own address in the range, nobody underneath, and forwarding, which must not cost the host its own router.
async fn ipv6(handle: &Handle, lo: u32, range: Ipv6Range) -> Result<()> {
    sysctl::set("ipv6/conf/lo/disable_ipv6", "0")?;
    done(handle.address().add(lo, IpAddr::V6(range.host()), 128).execute().await, "give lo an IPv6 address")?;
    let nobody = RouteMessageBuilder::<std::net::Ipv6Addr>::new()
        .destination_prefix(range.network(), range.prefix())
        .kind(RouteType::Unreachable)
        .build();
    done(handle.route().add(nobody).execute().await, "route the IPv6 range to nobody")?;
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
    findings
}
