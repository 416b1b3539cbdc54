//! `sloop region …`, and where this host is.

use clap::Subcommand;
use sloop_proto::v1::{GetRegionsRequest, GetRegionsResult, Region};

use crate::commands::instance::list::ListArgs;
use crate::connect::Session;
use crate::failure::{Exit, Failure, Outcome};
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
    let result = fetch(session).await?;
    let rows = result.regions.iter().map(row).collect();
    output.list(("GetRegionsResult", &result), args.quiet, &["REGION", "NAME", "ZONES"], rows)?;
    Ok(0)
}

/// The availability zone that is given or, where there is only one, that one.
pub(super) async fn zone(session: &Session, given: Option<String>) -> Result<String, Failure> {
    if let Some(zone) = given {
        return Ok(zone);
    }
    let zones = fetch(session).await?.regions.into_iter().flat_map(|region| region.availability_zones);
    let mut names: Vec<_> = zones.filter_map(|zone| zone.zone_name).collect();
    match (names.pop(), names.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => Err(Failure::usage("sloopd names no availability zone").tip("--zone ZONE")),
        (Some(_), false) => Err(Failure::usage("there are several availability zones")
            .tip("--zone with one of those that `sloop region list` names")),
    }
}

/// The number of the region that this host is in.
pub(super) async fn home(session: &Session) -> Result<i32, Failure> {
    let regions = fetch(session).await?.regions;
    let home = regions.into_iter().find_map(|region| region.name);
    home.ok_or_else(|| Failure::new(Exit::Other, "sloopd names no region"))
}

async fn fetch(session: &Session) -> Result<GetRegionsResult, Failure> {
    let request =
        GetRegionsRequest { include_availability_zones: Some(true), ..GetRegionsRequest::default() };
    Ok(session.catalogue().get_regions(request).await?.into_inner())
}

fn row(region: &Region) -> Vec<String> {
    let zones: Vec<_> = region.availability_zones.iter().map(|zone| zone.zone_name().to_owned()).collect();
    vec![text::word("RegionName", region.name), region.display_name().to_owned(), zones.join(", ")]
}
