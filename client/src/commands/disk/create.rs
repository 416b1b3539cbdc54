//! `sloop disk create`.

use clap::{Args, value_parser};
use sloop_proto::v1::{CreateDiskFromSnapshotRequest, CreateDiskRequest, CreateDiskResult, Operation, Tag};

use crate::commands::work::told;
use crate::commands::{region, snapshot, tag};
use crate::complete;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::text;
use crate::wait::End;

/// Arguments of `create`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop disk create data --size 32
  sloop disk create data2 --from data-20261123-101500
  sloop disk create data2 --from data-20261123-101500 --size 64 --tag role=db")]
pub(crate) struct CreateArgs {
    /// Name of the disk to make
    name: String,
    /// Its size in GB [default: that of the snapshot]
    #[arg(long, value_name = "GB", required_unless_present = "from", value_parser = value_parser!(i32).range(1..))]
    size: Option<i32>,
    /// Snapshot of a disk that it begins with
    #[arg(long, value_name = "SNAPSHOT", add = complete::disk_snapshots())]
    from: Option<String>,
    /// Availability zone [default: the only one]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Tag to put on the disk; may be given several times
    #[arg(long = "tag", value_name = "KEY[=VALUE]", value_parser = tag::parse)]
    tags: Vec<Tag>,
    #[command(flatten)]
    end: End,
}

/// Makes a disk.
pub(super) async fn run(session: &Session, output: &Output, args: CreateArgs) -> Outcome {
    let (name, end) = (text::safe(&args.name), args.end);
    let mut operations = match args.from.clone() {
        Some(from) => filled(session, args, from).await?,
        None => empty(session, args).await?,
    };
    end.finish(session, output, &mut operations).await?;
    // The other answer has the same member.
    let result = CreateDiskResult { operations };
    output.answer("CreateDiskResult", &result, || {
        let done = format!("{name} is there\n  attach: sloop disk attach {name} INSTANCE\n");
        told(&result.operations, &done, &format!("{name} is being made"))
    })?;
    Ok(0)
}

async fn empty(session: &Session, args: CreateArgs) -> Result<Vec<Operation>, Failure> {
    let request = CreateDiskRequest {
        availability_zone: region::zone(session, args.zone).await?,
        disk_name: args.name,
        size_in_gb: args.size.unwrap_or_default(),
        tags: args.tags,
        add_ons: Vec::new(),
    };
    Ok(session.disks().create_disk(request).await?.into_inner().operations)
}

async fn filled(session: &Session, args: CreateArgs, from: String) -> Result<Vec<Operation>, Failure> {
    let held = snapshot::of_disk(session, &from).await?;
    let request = CreateDiskFromSnapshotRequest {
        availability_zone: region::zone(session, args.zone).await?,
        disk_name: args.name,
        disk_snapshot_name: Some(from),
        size_in_gb: args.size.unwrap_or_else(|| held.size_in_gb()),
        tags: args.tags,
        ..CreateDiskFromSnapshotRequest::default()
    };
    Ok(session.disks().create_disk_from_snapshot(request).await?.into_inner().operations)
}
