//! `sloop disk grow`.

use clap::{Args, value_parser};
use sloop_proto::v1::GrowDiskRequest;

use crate::commands::work::told;
use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;
use crate::text;
use crate::wait::End;

/// Arguments of `grow`.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  sloop disk grow data --size 64

The file system on it does not grow by itself: inside the instance, resize2fs or xfs_growfs does that.")]
pub(crate) struct GrowArgs {
    /// Name of the disk
    #[arg(add = complete::disks())]
    disk: String,
    /// The size in GB that it shall have
    #[arg(long, value_name = "GB", value_parser = value_parser!(i32).range(1..))]
    size: i32,
    #[command(flatten)]
    end: End,
}

/// Makes a disk larger.
pub(super) async fn run(session: &Session, output: &Output, args: GrowArgs) -> Outcome {
    let disk = text::safe(&args.disk);
    let request = GrowDiskRequest { disk_name: args.disk, size_in_gb: args.size };
    let mut result = session.storage().grow_disk(request).await?.into_inner();
    args.end.finish(session, output, &mut result.operations).await?;
    output.answer("GrowDiskResult", &result, || {
        let done = format!("{disk} has {} GB", args.size);
        told(&result.operations, &done, &format!("{disk} is growing to {} GB", args.size))
    })?;
    Ok(0)
}
