//! `sloop firewall list`.

use clap::Args;
use sloop_proto::v1::GetInstancePortStatesRequest;

use super::Opening;
use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;

const HEADERS: [&str; 3] = ["PORTS", "PROTOCOL", "FROM"];

/// Arguments of `list`.
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Name of the instance
    #[arg(add = complete::instances())]
    instance: String,
    /// Rules only, one a line, as `open` and `close` take them
    #[arg(long, short)]
    quiet: bool,
}

/// Lists what is open, and for whom.
pub(super) async fn run(session: &Session, output: &Output, args: &ListArgs) -> Outcome {
    let request = GetInstancePortStatesRequest { instance_name: args.instance.clone() };
    let result = session.firewall().get_instance_port_states(request).await?.into_inner();
    let openings = result.port_states.iter().map(Opening::from);
    let rows =
        openings.map(|opening| if args.quiet { vec![opening.rule.to_string()] } else { row(&opening) });
    output.list(("GetInstancePortStatesResult", &result), args.quiet, &HEADERS, rows.collect())?;
    Ok(0)
}

fn row(opening: &Opening<'_>) -> Vec<String> {
    vec![opening.rule.ports(), opening.rule.word(), opening.sources().join(", ")]
}
