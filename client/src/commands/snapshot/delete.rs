//! `sloop snapshot delete`.

use clap::Args;
use sloop_proto::v1::{
    DeleteDiskSnapshotRequest, DeleteInstanceSnapshotRequest, DeleteInstanceSnapshotResult, Operation,
};

use super::find::either;
use crate::commands::deletion::Deletion;
use crate::complete;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;

/// Arguments of `delete`.
#[derive(Args, Debug)]
pub(crate) struct DeleteArgs {
    /// Names of the snapshots
    #[arg(value_name = "NAME", required = true, add = complete::snapshots())]
    names: Vec<String>,
    #[command(flatten)]
    deletion: Deletion,
}

/// Deletes snapshots of either kind, after asking; each by itself, whatever becomes of the others.
pub(super) async fn run(session: &Session, output: &Output, args: DeleteArgs) -> Outcome {
    // The other answer has the same member.
    let (what, answer) = (args.names.join(", "), |operations| DeleteInstanceSnapshotResult { operations });
    let deleted = args.deletion.run(
        (session, output),
        (args.names, &what),
        async |name| either(&name, of_instance(session, &name), of_disk(session, &name)).await,
        ("DeleteInstanceSnapshotResult", answer),
    );
    deleted.await
}

async fn of_instance(session: &Session, name: &str) -> Result<Vec<Operation>, Failure> {
    let request = DeleteInstanceSnapshotRequest { instance_snapshot_name: name.to_owned() };
    Ok(session.snapshots().delete_instance_snapshot(request).await?.into_inner().operations)
}

async fn of_disk(session: &Session, name: &str) -> Result<Vec<Operation>, Failure> {
    let request = DeleteDiskSnapshotRequest { disk_snapshot_name: name.to_owned() };
    Ok(session.snapshots().delete_disk_snapshot(request).await?.into_inner().operations)
}
