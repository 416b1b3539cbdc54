//! `sloop snapshot create`.

use clap::Args;
use jiff::Timestamp;
use sloop_proto::v1::{
    CreateDiskSnapshotRequest, CreateInstanceSnapshotRequest, CreateInstanceSnapshotResult, Operation, Tag,
};

use crate::commands::tag;
use crate::complete;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::text;
use crate::wait::End;

/// Arguments of `create`.
#[derive(Args, Debug)]
#[command(
    override_usage = "sloop snapshot create [OPTIONS] INSTANCE [NAME]\n       \
                      sloop snapshot create [OPTIONS] --disk DISK [NAME]",
    after_help = "\
Examples:
  sloop snapshot create web                         with the disks that are attached to it
  sloop snapshot create web before --tag why=upgrade
  sloop snapshot create web --system-disk           only the disk that it boots from
  sloop snapshot create --disk data nightly

The name of the snapshot is printed. Unless it is given, it is made from what is kept and the time by UTC, such as
web-20261123-101500."
)]
pub(crate) struct CreateArgs {
    /// Name of the instance
    #[arg(required_unless_present = "disk", add = complete::instances())]
    instance: Option<String>,
    /// Name of the snapshot
    name: Option<String>,
    /// Disk to keep, instead of an instance
    #[arg(long, value_name = "DISK", add = complete::disks())]
    disk: Option<String>,
    /// Only the disk that the instance boots from
    #[arg(long, conflicts_with = "disk")]
    system_disk: bool,
    /// Tag to put on the snapshot; may be given several times
    #[arg(long = "tag", value_name = "KEY[=VALUE]", value_parser = tag::parse)]
    tags: Vec<Tag>,
    #[command(flatten)]
    end: End,
}

impl CreateArgs {
    /// What is kept, and the name of the snapshot. Where a disk is kept, the name comes first.
    fn names(&self) -> Result<(String, String), Failure> {
        let (source, name) = match (&self.disk, &self.instance, &self.name) {
            (Some(disk), name, None) => (disk, name),
            (None, Some(instance), name) => (instance, name),
            _ => {
                return Err(Failure::usage("--disk DISK stands in the place of an instance")
                    .tip("sloop snapshot create --disk DISK [NAME]"));
            }
        };
        Ok((source.clone(), name.clone().unwrap_or_else(|| dated(source))))
    }
}

/// Keeps what an instance or a disk holds, and prints the name of the snapshot.
pub(super) async fn run(session: &Session, output: &Output, args: CreateArgs) -> Outcome {
    let (source, name) = args.names()?;
    let end = args.end;
    let mut operations = if args.disk.is_some() || args.system_disk {
        of_disk(session, args, source, name.clone()).await?
    } else {
        of_instance(session, args, source, name.clone()).await?
    };
    end.finish(session, output, &mut operations).await?;
    if let Some(open) = operations.iter().find(|operation| !operation.is_terminal()) {
        output.note(&format!("being made; follow: sloop operation watch {}", text::safe(open.id())));
    }
    // The other answer has the same member.
    let result = CreateInstanceSnapshotResult { operations };
    output.answer("CreateInstanceSnapshotResult", &result, || text::safe(&name))?;
    Ok(0)
}

async fn of_instance(
    session: &Session,
    args: CreateArgs,
    instance_name: String,
    instance_snapshot_name: String,
) -> Result<Vec<Operation>, Failure> {
    let request = CreateInstanceSnapshotRequest { instance_snapshot_name, instance_name, tags: args.tags };
    Ok(session.snapshots().create_instance_snapshot(request).await?.into_inner().operations)
}

/// Of a disk, or of the one that an instance boots from.
async fn of_disk(
    session: &Session,
    args: CreateArgs,
    source: String,
    disk_snapshot_name: String,
) -> Result<Vec<Operation>, Failure> {
    let (disk_name, instance_name) =
        if args.system_disk { (None, Some(source)) } else { (Some(source), None) };
    let request = CreateDiskSnapshotRequest { disk_name, disk_snapshot_name, instance_name, tags: args.tags };
    Ok(session.snapshots().create_disk_snapshot(request).await?.into_inner().operations)
}

/// A name made from that of the source and the time by UTC.
fn dated(source: &str) -> String {
    format!("{source}-{}", Timestamp::now().strftime("%Y%m%d-%H%M%S"))
}
