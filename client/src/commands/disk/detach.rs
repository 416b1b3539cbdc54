//! `sloop disk detach`.

use clap::Args;
use sloop_proto::v1::DetachDiskRequest;

use crate::commands::work::told;
use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::text;
use crate::wait::End;

/// Arguments of `detach`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  sloop stop web && sloop disk detach data")]
pub(crate) struct DetachArgs {
    /// Name of the disk
    #[arg(add = complete::disks())]
    disk: String,
    #[command(flatten)]
    end: End,
}

/// Takes a disk from its instance.
pub(super) async fn run(session: &Session, output: &Output, args: DetachArgs) -> Outcome {
    let disk = text::safe(&args.disk);
    let request = DetachDiskRequest { disk_name: args.disk };
    let mut result = session.disks().detach_disk(request).await?.into_inner();
    args.end.finish(session, output, &mut result.operations).await?;
    output.answer("DetachDiskResult", &result, || {
        told(&result.operations, &format!("{disk}: detached"), &format!("{disk} is being detached"))
    })?;
    Ok(0)
}
