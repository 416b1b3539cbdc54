//! Policy routes of others, such as a VPN's, that take what is for instances elsewhere before the main table is asked.
//!
//! The remedy is a rule before theirs that has packets to the instances' ranges ask the main table. It bears a number of ours, by
//! which it is found and taken out again.

use std::net::Ipv4Addr;

use futures::TryStreamExt as _;
use rtnetlink::{
    Handle, IpVersion, RouteMessageBuilder,
    packet_route::{
        route::{RouteAttribute, RouteProtocol},
        rule::{RuleAction, RuleAttribute, RuleMessage},
    },
};

use super::{Settings, done, failed, gone};
use crate::model::{Finding, Pool, Result};

/// Before those of VPNs: Tailscale's begin at 5210.
const PRIORITY: u32 = 5200;
/// What says in a rule that it is ours, as the "protocol" of it. Nobody else's in iproute2's list of them.
const OURS: RouteProtocol = RouteProtocol::Other(0x5c);

/// The interface to which packets for instances go instead of to their wires; none where all is well.
async fn captor(handle: &Handle, pool: Pool) -> Result<Option<String>> {
    // The last address that an instance may have: whoever has it has a wire, and where nobody has it there is no way to it.
    let last = Ipv4Addr::from_bits((pool.network().to_bits() | !pool.mask().to_bits()) - 1);
    let wanted = RouteMessageBuilder::<Ipv4Addr>::new().destination_prefix(last, 32).build();
    let Ok(Some(route)) = handle.route().get(wanted).execute().try_next().await else { return Ok(None) };
    let index = route.attributes.iter().find_map(|attribute| match attribute {
        RouteAttribute::Oif(index) => Some(*index),
        _ => None,
    });
    let Some(index) = index else { return Ok(None) };
    let name = super::link::name_of(handle, index).await?;
    Ok(Some(name).filter(|name| !name.starts_with("slp-")))
}

/// Keeps the way to instances in the main table, or takes that out again where it is not wanted.
pub(super) async fn settle(handle: &Handle, settings: &Settings) -> Result<()> {
    if !settings.repairs {
        return withdraw(handle).await;
    }
    let Some(name) = captor(handle, settings.private).await? else { return Ok(()) };
    for net in settings.private.nets().into_iter().chain(settings.public.nets()) {
        let mut rule = handle.rule().add().v4().destination_prefix(net.network(), net.prefix_len());
        rule = rule.priority(PRIORITY).action(RuleAction::ToTable);
        rule.message_mut().attributes.push(RuleAttribute::Protocol(OURS));
        done(rule.execute().await, "keep the way to instances in the main table")?;
    }
    tracing::info!(
        interface = name,
        "a policy route took packets for instances elsewhere; a rule before it keeps them here"
    );
    Ok(())
}

/// Takes our rules out.
pub(super) async fn withdraw(handle: &Handle) -> Result<()> {
    let all: Vec<RuleMessage> = handle
        .rule()
        .get(IpVersion::V4)
        .execute()
        .try_collect()
        .await
        .map_err(failed("list policy routes"))?;
    for rule in all.into_iter().filter(|rule| rule.attributes.contains(&RuleAttribute::Protocol(OURS))) {
        gone(handle.rule().del(rule).execute().await, "take a policy route away")?;
    }
    Ok(())
}

pub(super) async fn examine(handle: &Handle, settings: &Settings) -> Option<Finding> {
    let name = captor(handle, settings.private).await.ok().flatten()?;
    let nets = settings.private.nets().into_iter().chain(settings.public.nets());
    let rules: Vec<_> =
        nets.map(|net| format!("ip rule add to {net} lookup main priority {PRIORITY}")).collect();
    let daemon =
        if settings.repairs { "" } else { "; or let the daemon do it: repair = true under [network]" };
    Some(Finding::failed(
        "beside policy routes",
        format!(
            "a policy route sends packets for instances to {name}, before the main table is asked: nobody reaches them"
        ),
        format!("{}{daemon}", rules.join("; ")),
    ))
}
