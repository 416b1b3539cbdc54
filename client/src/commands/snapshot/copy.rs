//! `sloop snapshot copy`.

use clap::Args;
use sloop_proto::v1::CopySnapshotRequest;

use crate::commands::region;
use crate::commands::work::told;
use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::text;
use crate::wait::End;

/// Arguments of `copy`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  sloop snapshot copy web-20261123-101500 before-upgrade")]
pub(crate) struct CopyArgs {
    /// Name of the snapshot that there is
    #[arg(add = complete::snapshots())]
    snapshot: String,
    /// Name of the snapshot to make
    new_name: String,
    #[command(flatten)]
    end: End,
}

/// Makes a snapshot of a snapshot.
pub(super) async fn run(session: &Session, output: &Output, args: CopyArgs) -> Outcome {
    let (old, new) = (text::safe(&args.snapshot), text::safe(&args.new_name));
    let request = CopySnapshotRequest {
        source_snapshot_name: Some(args.snapshot),
        target_snapshot_name: args.new_name,
        source_region: region::home(session).await?,
        ..CopySnapshotRequest::default()
    };
    let mut result = session.snapshots().copy_snapshot(request).await?.into_inner();
    args.end.finish(session, output, &mut result.operations).await?;
    output.answer("CopySnapshotResult", &result, || {
        told(&result.operations, &format!("{new} holds what {old} does"), &format!("{new} is being made"))
    })?;
    Ok(0)
}
