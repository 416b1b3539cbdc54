//! `sloop disk create`.

use clap::{Args, value_parser};
use sloop_proto::v1::{
    CreateDiskFromSnapshotRequest, CreateDiskRequest, CreateDiskResult, GetDiskRequest, Operation, Tag,
};

use crate::commands::snapshot::auto::{day, time};
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
  sloop disk create data --size 32 --auto-snapshot 03:00
  sloop disk create data2 --from data-20261123-101500
  sloop disk create data2 --from data-20261123-101500 --size 64 --tag role=db
  sloop disk create data2 --from-auto data                      the latest automatic snapshot
  sloop disk create data2 --from-auto data --date 2026-11-22")]
pub(crate) struct CreateArgs {
    /// Name of the disk to make
    name: String,
    /// Its size in GB [default: that of the snapshot or, with --from-auto, of the other disk]
    #[arg(long, value_name = "GB", required_unless_present_any = ["from", "from_auto"])]
    #[arg(value_parser = value_parser!(i32).range(1..))]
    size: Option<i32>,
    /// Snapshot of a disk that it begins with
    #[arg(long, value_name = "SNAPSHOT", add = complete::disk_snapshots())]
    from: Option<String>,
    /// Disk with whose automatic snapshot it begins
    #[arg(long, value_name = "DISK", conflicts_with = "from", add = complete::disks())]
    from_auto: Option<String>,
    /// Date of the automatic snapshot [default: that of the latest]
    #[arg(long, value_name = "YYYY-MM-DD", requires = "from_auto", conflicts_with = "from")]
    #[arg(value_parser = day::parse)]
    date: Option<String>,
    /// Availability zone [default: the only one]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Tag to put on the disk; may be given several times
    #[arg(long = "tag", value_name = "KEY[=VALUE]", value_parser = tag::parse)]
    tags: Vec<Tag>,
    /// Have a snapshot made every day, at this time by UTC [default: 06:00]
    #[arg(long, value_name = "HH:MM", num_args = 0..=1, default_missing_value = time::DEFAULT)]
    #[arg(value_parser = time::parse)]
    auto_snapshot: Option<String>,
    #[command(flatten)]
    end: End,
}

/// Makes a disk.
pub(super) async fn run(session: &Session, output: &Output, args: CreateArgs) -> Outcome {
    let (name, end) = (text::safe(&args.name), args.end);
    let mut operations = if args.from.is_some() || args.from_auto.is_some() {
        filled(session, args).await?
    } else {
        empty(session, args).await?
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
        add_ons: time::add_ons(args.auto_snapshot),
    };
    Ok(session.disks().create_disk(request).await?.into_inner().operations)
}

async fn filled(session: &Session, args: CreateArgs) -> Result<Vec<Operation>, Failure> {
    let size_in_gb = size(session, &args).await?;
    let request = CreateDiskFromSnapshotRequest {
        availability_zone: region::zone(session, args.zone).await?,
        disk_name: args.name,
        disk_snapshot_name: args.from,
        size_in_gb,
        tags: args.tags,
        add_ons: time::add_ons(args.auto_snapshot),
        use_latest_restorable_auto_snapshot: day::latest(args.from_auto.as_deref(), args.date.as_deref()),
        source_disk_name: args.from_auto,
        restore_date: args.date,
    };
    Ok(session.disks().create_disk_from_snapshot(request).await?.into_inner().operations)
}

/// The size that is given or, by default, that of what the disk begins with.
async fn size(session: &Session, args: &CreateArgs) -> Result<i32, Failure> {
    let held = match (&args.from, &args.from_auto) {
        (Some(from), _) => snapshot::of_disk(session, from).await?.size_in_gb,
        (None, Some(disk)) if args.size.is_none() => size_of(session, disk).await?,
        (None, _) => None,
    };
    Ok(args.size.or(held).unwrap_or_default())
}

async fn size_of(session: &Session, name: &str) -> Result<Option<i32>, Failure> {
    let request = GetDiskRequest { disk_name: name.to_owned() };
    let disk = session.disks().get_disk(request).await?.into_inner().disk;
    Ok(disk.and_then(|disk| disk.size_in_gb))
}
