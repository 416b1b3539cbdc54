//! `sloop blueprint …`

use clap::Subcommand;
use sloop_proto::v1::{Blueprint, GetBlueprintsRequest, GetBlueprintsResult};

use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::{pages, text};

/// The verbs of blueprints.
#[derive(Debug, Subcommand)]
pub(crate) enum BlueprintCommand {
    /// List what an instance can be made from
    #[command(visible_alias = "ls")]
    List {
        /// Ids only, one a line
        #[arg(long, short)]
        quiet: bool,
        /// Those too that are offered no longer
        #[arg(long)]
        all: bool,
    },
}

/// Runs a verb.
pub(crate) async fn run(session: &Session, output: &Output, command: &BlueprintCommand) -> Outcome {
    let BlueprintCommand::List { quiet, all } = *command;
    let result = fetch(session, all).await?;
    let rows = result.blueprints.iter().map(row).collect();
    output.list(
        ("GetBlueprintsResult", &result),
        quiet,
        &["ID", "NAME", "VERSION", "TYPE", "MIN POWER"],
        rows,
    )?;
    Ok(0)
}

/// All blueprints, of all pages.
pub(crate) async fn fetch(session: &Session, inactive: bool) -> Result<GetBlueprintsResult, Failure> {
    let include_inactive = inactive.then_some(true);
    let request =
        |page_token| GetBlueprintsRequest { page_token, include_inactive, ..GetBlueprintsRequest::default() };
    pages::all(async |token| session.catalogue().get_blueprints(request(token)).await).await
}

fn row(blueprint: &Blueprint) -> Vec<String> {
    vec![
        blueprint.blueprint_id().to_owned(),
        blueprint.name().to_owned(),
        blueprint.version().to_owned(),
        text::word("BlueprintType", blueprint.r#type),
        blueprint.min_power().to_string(),
    ]
}
