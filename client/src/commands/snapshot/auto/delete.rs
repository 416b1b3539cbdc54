//! `sloop snapshot auto delete`.

use clap::Args;
use sloop_proto::v1::{DeleteAutoSnapshotRequest, DeleteAutoSnapshotResult};

use super::day;
use crate::commands::work::Work;
use crate::complete;
use crate::confirm::{DELETE, confirm};
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::wait::End;

/// Arguments of `delete`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop snapshot auto delete web 2026-11-22
  sloop snapshot auto delete web 2026-11-21 2026-11-22 --yes")]
pub(crate) struct AutoDeleteArgs {
    /// Name of the instance or the disk
    #[arg(add = complete::instances_or_disks())]
    name: String,
    /// Dates of the snapshots, as `sloop snapshot auto list` tells them
    #[arg(value_name = "DATE", required = true, value_parser = day::parse)]
    dates: Vec<String>,
    /// Delete without being asked
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    end: End,
}

/// Deletes automatic snapshots, after asking; each by itself, whatever becomes of the others.
pub(super) async fn run(session: &Session, output: &Output, args: AutoDeleteArgs) -> Outcome {
    if !args.yes {
        confirm(&DELETE, &format!("what is kept of {} from {}", args.name, args.dates.join(", ")))?;
    }
    let limits = args.end.limits(None);
    let mut work = Work::ask(args.dates, async |date| {
        let request = DeleteAutoSnapshotRequest { resource_name: args.name.clone(), date };
        Ok(session.add_ons().delete_auto_snapshot(request).await?.into_inner().operations)
    })
    .await;
    work.settle(session, output, limits).await;
    let result = DeleteAutoSnapshotResult { operations: work.operations.clone() };
    output.answer("DeleteAutoSnapshotResult", &result, || {
        // The operations bear the name of what the snapshots are of, which stays.
        work.tell(limits, "automatic snapshot deleted", "automatic snapshot being deleted")
    })?;
    Ok(work.end(output))
}
