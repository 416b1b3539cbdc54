//! `sloop region …`

use clap::Subcommand;
use sloop_proto::v1::{GetRegionsRequest, Region};

use crate::commands::instance::list::ListArgs;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::text;

/// The verbs of regions.
#[derive(Debug, Subcommand)]
pub(crate) enum RegionCommand {
    /// List the region of this host with its zones
    #[command(visible_alias = "ls")]
    List(ListArgs),
}

/// Runs a verb.
pub(crate) async fn run(session: &Session, output: &Output, command: &RegionCommand) -> Outcome {
    let RegionCommand::List(args) = command;
    let request =
        GetRegionsRequest { include_availability_zones: Some(true), ..GetRegionsRequest::default() };
    let result = session.catalogue().get_regions(request).await?.into_inner();
    let rows = result.regions.iter().map(row).collect();
    output.list(("GetRegionsResult", &result), args.quiet, &["REGION", "NAME", "ZONES"], rows)?;
    Ok(0)
}

fn row(region: &Region) -> Vec<String> {
    let zones: Vec<_> = region.availability_zones.iter().map(|zone| zone.zone_name().to_owned()).collect();
    vec![text::word("RegionName", region.name), region.display_name().to_owned(), zones.join(", ")]
}
