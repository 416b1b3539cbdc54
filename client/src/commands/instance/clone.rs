//! `sloop instance clone`: another instance like one that there is.

use clap::Args;
use sloop_proto::v1::{CloneInstanceRequest, CloneInstanceResult};

use super::next;
use crate::commands::work::Work;
use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::wait::{End, Milestone};

/// Arguments of `clone`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop instance clone web web2
  sloop instance clone web big --bundle large_3_0 --wait-for ssh")]
pub(crate) struct CloneArgs {
    /// Name of the instance that there is
    #[arg(add = complete::instances())]
    name: String,
    /// Name of the instance to make
    new_name: String,
    /// How much of everything it gets; see `sloop bundle list` [default: as much as the other has]
    #[arg(long, value_name = "ID", add = complete::bundles())]
    bundle: Option<String>,
    /// What to wait for once it is made
    #[arg(long, value_enum, value_name = "MILESTONE", conflicts_with = "no_wait")]
    wait_for: Option<Milestone>,
    #[command(flatten)]
    end: End,
}

/// Makes an instance that begins with what another one holds.
pub(super) async fn run(session: &Session, output: &Output, args: CloneArgs) -> Outcome {
    let limits = args.end.limits(args.wait_for);
    let names = [args.new_name.clone()];
    let request = CloneInstanceRequest {
        instance_name: args.name,
        new_instance_name: args.new_name,
        bundle_id: args.bundle,
    };
    let operations = session.storage().clone_instance(request).await?.into_inner().operations;
    let mut work = Work::of(operations);
    work.settle(session, output, limits).await;
    let result = CloneInstanceResult { operations: work.operations.clone() };
    let next = next::steps(session, &work.operations, &names, limits.is_some()).await;
    output.answer("CloneInstanceResult", &result, || next)?;
    Ok(work.end(output))
}
