//! `sloop instance resize`: another bundle.

use clap::Args;
use sloop_proto::v1::ResizeInstanceRequest;

use crate::commands::work::told;
use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::text;
use crate::wait::End;

/// Arguments of `resize`.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  sloop instance resize web --bundle small_3_0

It keeps its name, addresses, disks and history. One that runs is restarted.")]
pub(crate) struct ResizeArgs {
    /// Name of the instance
    #[arg(add = complete::instances())]
    name: String,
    /// How much of everything it shall have; see `sloop bundle list`
    #[arg(long, value_name = "ID", add = complete::bundles())]
    bundle: String,
    #[command(flatten)]
    end: End,
}

/// Gives an instance another bundle.
pub(super) async fn run(session: &Session, output: &Output, args: ResizeArgs) -> Outcome {
    let (name, bundle) = (text::safe(&args.name), text::safe(&args.bundle));
    let request = ResizeInstanceRequest { instance_name: args.name, bundle_id: args.bundle };
    let mut result = session.storage().resize_instance(request).await?.into_inner();
    args.end.finish(session, output, &mut result.operations).await?;
    output.answer("ResizeInstanceResult", &result, || {
        let done = format!("{name} has the bundle {bundle}");
        told(&result.operations, &done, &format!("{name} is getting the bundle {bundle}"))
    })?;
    Ok(0)
}
