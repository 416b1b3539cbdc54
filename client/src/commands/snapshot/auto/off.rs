//! `sloop snapshot auto off`.

use clap::Args;
use sloop_proto::v1::{AddOnType, DisableAddOnRequest};

use crate::commands::work::told;
use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::text;
use crate::wait::End;

/// Arguments of `off`.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  sloop snapshot auto off web

Those that there are stay: sloop snapshot auto delete NAME DATE")]
pub(crate) struct OffArgs {
    /// Name of the instance or the disk
    #[arg(add = complete::instances_or_disks())]
    name: String,
    #[command(flatten)]
    end: End,
}

/// Has no more snapshots made by themselves.
pub(super) async fn run(session: &Session, output: &Output, args: OffArgs) -> Outcome {
    let name = text::safe(&args.name);
    let request =
        DisableAddOnRequest { add_on_type: AddOnType::AutoSnapshot.into(), resource_name: args.name };
    let mut result = session.add_ons().disable_add_on(request).await?.into_inner();
    args.end.finish(session, output, &mut result.operations).await?;
    output.answer("DisableAddOnResult", &result, || {
        let done = format!(
            "{name}: no more automatic snapshots; those that there are stay\n  \
             list: sloop snapshot auto list {name}\n"
        );
        told(&result.operations, &done, &format!("{name}: automatic snapshots are being turned off"))
    })?;
    Ok(0)
}
