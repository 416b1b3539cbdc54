//! `sloop bundle …`

use clap::Subcommand;
use sloop_proto::v1::{Bundle, GetBundlesRequest, GetBundlesResult};

use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::pages;

/// The verbs of bundles.
#[derive(Debug, Subcommand)]
pub(crate) enum BundleCommand {
    /// List how much of everything an instance can get
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
pub(crate) async fn run(session: &Session, output: &Output, command: &BundleCommand) -> Outcome {
    let BundleCommand::List { quiet, all } = *command;
    let result = fetch(session, all).await?;
    let rows = result.bundles.iter().map(row).collect();
    let headers = ["ID", "NAME", "CPUS", "MEMORY", "DISK", "TRANSFER/MONTH"];
    output.list(("GetBundlesResult", &result), quiet, &headers, rows)?;
    Ok(0)
}

/// All bundles, of all pages.
pub(crate) async fn fetch(session: &Session, inactive: bool) -> Result<GetBundlesResult, Failure> {
    let include_inactive = inactive.then_some(true);
    let request =
        |page_token| GetBundlesRequest { page_token, include_inactive, ..GetBundlesRequest::default() };
    pages::all(async |token| session.catalogue().get_bundles(request(token)).await).await
}

fn row(bundle: &Bundle) -> Vec<String> {
    vec![
        bundle.bundle_id().to_owned(),
        bundle.name().to_owned(),
        bundle.cpu_count().to_string(),
        format!("{} GB", bundle.ram_size_in_gb()),
        format!("{} GB", bundle.disk_size_in_gb()),
        format!("{} GB", bundle.transfer_per_month_in_gb()),
    ]
}
