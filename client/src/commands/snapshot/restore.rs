//! `sloop snapshot restore`: new instances from an old moment.

use std::collections::HashMap;
use std::path::PathBuf;

use clap::Args;
use sloop_proto::v1::{
    CreateInstancesFromSnapshotRequest, CreateInstancesFromSnapshotResult, DiskMap, DiskMapList, Tag,
};

use super::find::of_instance;
use crate::commands::instance::{next, user_data};
use crate::commands::work::Work;
use crate::commands::{region, tag};
use crate::complete;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::wait::{End, Milestone};

/// Arguments of `restore`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop snapshot restore web-20261123-101500 web2
  sloop snapshot restore before web2 web3 --bundle small_3_0 --wait-for ssh
  sloop snapshot restore before web2 --map data=data2

A snapshot of a disk becomes a disk: sloop disk create NAME --from SNAPSHOT")]
pub(crate) struct RestoreArgs {
    /// Snapshot of an instance
    #[arg(add = complete::instance_snapshots())]
    snapshot: String,
    /// Names of the instances to make
    #[arg(value_name = "NEWNAME", required = true)]
    names: Vec<String>,
    /// How much of everything they get; see `sloop bundle list` [default: as much as the instance had]
    #[arg(long, value_name = "ID", add = complete::bundles())]
    bundle: Option<String>,
    /// File whose text runs as root at the first boot; - reads standard input
    #[arg(long, value_name = "FILE")]
    user_data: Option<PathBuf>,
    /// Key pair that is let in [default: the default key pair]
    #[arg(long, value_name = "NAME", add = complete::key_pairs())]
    key_pair: Option<String>,
    /// Name for the copy of a disk that was attached; may be given several times
    #[arg(long = "map", value_name = "DISK=NEWNAME", value_parser = rename)]
    maps: Vec<Rename>,
    /// Availability zone [default: the only one]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Tag to put on the instances; may be given several times
    #[arg(long = "tag", value_name = "KEY[=VALUE]", value_parser = tag::parse)]
    tags: Vec<Tag>,
    /// What to wait for once they are made
    #[arg(long, value_enum, value_name = "MILESTONE", conflicts_with = "no_wait")]
    wait_for: Option<Milestone>,
    #[command(flatten)]
    end: End,
}

/// What the copy of a disk is to be called.
#[derive(Clone, Debug)]
struct Rename {
    disk: String,
    name: String,
}

/// Makes instances that begin with what a snapshot holds.
pub(super) async fn run(session: &Session, output: &Output, args: RestoreArgs) -> Outcome {
    let limits = args.end.limits(args.wait_for);
    let names = args.names.clone();
    let request = args.request(session).await?;
    let answer = session.snapshots().create_instances_from_snapshot(request).await?;
    let mut work = Work::of(answer.into_inner().operations);
    work.settle(session, output, limits).await;
    let result = CreateInstancesFromSnapshotResult { operations: work.operations.clone() };
    let next = next::steps(session, &work.operations, &names, limits.is_some()).await;
    output.answer("CreateInstancesFromSnapshotResult", &result, || next)?;
    Ok(work.end(output))
}

impl RestoreArgs {
    async fn request(self, session: &Session) -> Result<CreateInstancesFromSnapshotRequest, Failure> {
        let held = of_instance(session, &self.snapshot).await?;
        Ok(CreateInstancesFromSnapshotRequest {
            user_data: self.user_data.as_deref().map(user_data::read).transpose()?,
            availability_zone: region::zone(session, self.zone).await?,
            bundle_id: self.bundle.or(held.from_bundle_id).unwrap_or_default(),
            attached_disk_mapping: mapping(self.maps),
            instance_names: self.names,
            instance_snapshot_name: Some(self.snapshot),
            key_pair_name: self.key_pair,
            tags: self.tags,
            ..CreateInstancesFromSnapshotRequest::default()
        })
    }
}

/// Parses `disk=newname`.
fn rename(text: &str) -> Result<Rename, String> {
    match text.split_once('=') {
        Some((disk, name)) if !disk.is_empty() && !name.is_empty() => {
            Ok(Rename { disk: disk.to_owned(), name: name.to_owned() })
        }
        _ => Err("write it like data=data2".to_owned()),
    }
}

/// The new names by the disks' names in the snapshot.
fn mapping(renames: Vec<Rename>) -> HashMap<String, DiskMapList> {
    let mut mapping: HashMap<String, DiskMapList> = HashMap::new();
    for Rename { disk, name } in renames {
        let one = DiskMap { original_disk_path: Some(String::new()), new_disk_name: Some(name) };
        mapping.entry(disk).or_default().disk_maps.push(one);
    }
    mapping
}
