//! `sloop ls` and `sloop instance list`.

use clap::Args;
use sloop_proto::v1::{GetInstancesRequest, GetInstancesResult, Instance};

use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::{pages, text};

const HEADERS: [&str; 7] = ["NAME", "STATE", "BLUEPRINT", "BUNDLE", "PUBLIC IP", "PRIVATE IP", "AGE"];

/// Arguments of every list.
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Names only, one a line
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Lists all instances.
pub(crate) async fn run(session: &Session, output: &Output, args: &ListArgs) -> Outcome {
    let all = fetch(session).await?;
    let rows = all.instances.iter().map(row).collect();
    output.list(("GetInstancesResult", &all), args.quiet, &HEADERS, rows)?;
    Ok(0)
}

/// All instances, of all pages.
pub(crate) async fn fetch(session: &Session) -> Result<GetInstancesResult, Failure> {
    let request = |page_token| GetInstancesRequest { page_token, ..GetInstancesRequest::default() };
    pages::all(async |token| session.instances().get_instances(request(token)).await).await
}

fn row(instance: &Instance) -> Vec<String> {
    let or_dash = |text: Option<&str>| text.filter(|text| !text.is_empty()).unwrap_or("-").to_owned();
    vec![
        or_dash(instance.name.as_deref()),
        or_dash(instance.state.as_ref().and_then(|state| state.name.as_deref())),
        or_dash(instance.blueprint_id.as_deref()),
        or_dash(instance.bundle_id.as_deref()),
        or_dash(instance.public_ip_address.as_deref()),
        or_dash(instance.private_ip_address.as_deref()),
        text::age(instance.created_at.as_ref()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_a_dash() {
        let instance = Instance { name: Some("web".into()), ..Instance::default() };
        assert_eq!(row(&instance), ["web", "-", "-", "-", "-", "-", "-"]);
    }
}
