//! `sloop snapshot delete`.

use clap::Args;
use sloop_proto::v1::{
    DeleteDiskSnapshotRequest, DeleteInstanceSnapshotRequest, DeleteInstanceSnapshotResult, Operation,
};

use super::find::either;
use crate::commands::work::Work;
use crate::complete;
use crate::confirm::{DELETE, confirm};
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::wait::End;

/// Arguments of `delete`.
#[derive(Args, Debug)]
pub(crate) struct DeleteArgs {
    /// Names of the snapshots
    #[arg(value_name = "NAME", required = true, add = complete::snapshots())]
    names: Vec<String>,
    /// Delete without being asked
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    end: End,
}

/// Deletes snapshots of either kind, after asking; each by itself, whatever becomes of the others.
pub(super) async fn run(session: &Session, output: &Output, args: DeleteArgs) -> Outcome {
    if !args.yes {
        confirm(&DELETE, &args.names.join(", "))?;
    }
    let limits = args.end.limits(None);
    let mut work = Work::ask(args.names, async |name| {
        either(&name, of_instance(session, &name), of_disk(session, &name)).await
    })
    .await;
    work.settle(session, output, limits).await;
    // The other answer has the same member.
    let result = DeleteInstanceSnapshotResult { operations: work.operations.clone() };
    output
        .answer("DeleteInstanceSnapshotResult", &result, || work.tell(limits, "deleted", "being deleted"))?;
    Ok(work.end(output))
}

async fn of_instance(session: &Session, name: &str) -> Result<Vec<Operation>, Failure> {
    let request = DeleteInstanceSnapshotRequest { instance_snapshot_name: name.to_owned() };
    Ok(session.snapshots().delete_instance_snapshot(request).await?.into_inner().operations)
}

async fn of_disk(session: &Session, name: &str) -> Result<Vec<Operation>, Failure> {
    let request = DeleteDiskSnapshotRequest { disk_snapshot_name: name.to_owned() };
    Ok(session.snapshots().delete_disk_snapshot(request).await?.into_inner().operations)
}
