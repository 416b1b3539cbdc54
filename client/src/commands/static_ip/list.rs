//! `sloop static-ip list` and `show`.

use sloop_proto::v1::StaticIp;

use super::{fetch, fetch_one};
use crate::commands::instance::list::ListArgs;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::{Output, facts};
use crate::text;

const HEADERS: [&str; 4] = ["NAME", "ADDRESS", "ATTACHED TO", "AGE"];

/// Lists all static addresses.
pub(super) async fn run(session: &Session, output: &Output, args: &ListArgs) -> Outcome {
    let all = fetch(session).await?;
    let rows = all.static_ips.iter().map(row).collect();
    output.list(("GetStaticIpsResult", &all), args.quiet, &HEADERS, rows)?;
    Ok(0)
}

/// Shows one static address.
pub(super) async fn show(session: &Session, output: &Output, name: &str) -> Outcome {
    let result = fetch_one(session, name).await?;
    output.answer("GetStaticIpResult", &result, || {
        result.static_ip.as_ref().map(describe).unwrap_or_default()
    })?;
    Ok(0)
}

fn row(ip: &StaticIp) -> Vec<String> {
    vec![ip.name().to_owned(), ip.ip_address().to_owned(), holder(ip), text::age(ip.created_at.as_ref())]
}

fn describe(ip: &StaticIp) -> String {
    facts(&[
        ("Name", ip.name().to_owned()),
        ("Address", ip.ip_address().to_owned()),
        ("Attached to", holder(ip)),
        ("Age", text::age(ip.created_at.as_ref())),
        ("ARN", ip.arn().to_owned()),
    ])
}

/// The instance that has it.
fn holder(ip: &StaticIp) -> String {
    let name = if ip.attached_to().is_empty() { "-" } else { ip.attached_to() };
    name.to_owned()
}
