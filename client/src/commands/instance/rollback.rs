//! `sloop instance rollback`: back to a snapshot.

use clap::Args;
use sloop_proto::v1::{Operation, ResourceType, RollBackInstanceRequest};

use crate::commands::work::told;
use crate::complete;
use crate::confirm::{TAKE_BACK, confirm};
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::text;
use crate::wait::End;

/// Arguments of `rollback`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop instance rollback web --to web-20261123-101500
  sloop instance rollback web --to before --keep-as after --yes

What it holds now is kept as a snapshot first, whose name is told: that is the way forward again.")]
pub(crate) struct RollbackArgs {
    /// Name of the instance
    #[arg(add = complete::instances())]
    name: String,
    /// Snapshot of it that it goes back to
    #[arg(long, value_name = "SNAPSHOT", add = complete::instance_snapshots())]
    to: String,
    /// Name of the snapshot that keeps what it holds now [default: made from the instance's name]
    #[arg(long, value_name = "NAME")]
    keep_as: Option<String>,
    /// Go back without being asked
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    end: End,
}

/// Takes an instance back to a snapshot, after asking.
pub(super) async fn run(session: &Session, output: &Output, args: RollbackArgs) -> Outcome {
    let (name, to) = (text::safe(&args.name), text::safe(&args.to));
    if !args.yes {
        let what = format!("{} back to {}, keeping what it holds now as a snapshot", args.name, args.to);
        confirm(&TAKE_BACK, &what)?;
    }
    let request = RollBackInstanceRequest {
        instance_name: args.name,
        instance_snapshot_name: args.to,
        kept_snapshot_name: args.keep_as,
    };
    let mut result = session.storage().roll_back_instance(request).await?.into_inner();
    let kept = kept(&result.operations);
    args.end.finish(session, output, &mut result.operations).await?;
    output.answer("RollBackInstanceResult", &result, || {
        let (said, undo) = match &kept {
            Some(kept) => (
                format!("\n  what it held until now is kept as {kept}"),
                format!("\n  undo: sloop instance rollback {name} --to {kept}"),
            ),
            None => (String::new(), String::new()),
        };
        let done = format!("{name} is back at {to}{said}{undo}");
        told(&result.operations, &done, &format!("{name} is going back to {to}{said}"))
    })?;
    Ok(0)
}

/// The snapshot that keeps what the instance held.
fn kept(operations: &[Operation]) -> Option<String> {
    let mut snapshots =
        operations.iter().filter(|operation| operation.resource_type() == ResourceType::InstanceSnapshot);
    snapshots.next().map(|operation| text::safe(operation.resource_name()))
}
