//! `sloop disk delete`.

use clap::Args;
use sloop_proto::v1::{DeleteDiskRequest, DeleteDiskResult};

use crate::commands::snapshot::auto;
use crate::commands::work::Work;
use crate::complete;
use crate::confirm::{DELETE, confirm};
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::wait::End;

/// Arguments of `delete`.
#[derive(Args, Debug)]
pub(crate) struct DeleteArgs {
    /// Names of the disks
    #[arg(value_name = "NAME", required = true, add = complete::disks())]
    names: Vec<String>,
    /// Delete without being asked
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    end: End,
}

/// Deletes disks, after asking; each by itself, whatever becomes of the others.
pub(super) async fn run(session: &Session, output: &Output, args: DeleteArgs) -> Outcome {
    if !args.yes {
        confirm(&DELETE, &auto::with_them(&args.names))?;
    }
    let limits = args.end.limits(None);
    let mut work = Work::ask(args.names, async |disk_name| {
        // Whoever said yes was told of them.
        let request = DeleteDiskRequest { disk_name, force_delete_add_ons: Some(true) };
        Ok(session.disks().delete_disk(request).await?.into_inner().operations)
    })
    .await;
    work.settle(session, output, limits).await;
    let result = DeleteDiskResult { operations: work.operations.clone() };
    output.answer("DeleteDiskResult", &result, || work.tell(limits, "deleted", "being deleted"))?;
    Ok(work.end(output))
}
