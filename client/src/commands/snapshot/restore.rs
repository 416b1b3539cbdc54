//! `sloop snapshot restore`: new instances from an old moment.

use std::path::PathBuf;

use clap::Args;
use sloop_proto::v1::{
    CreateInstancesFromSnapshotRequest, CreateInstancesFromSnapshotResult, GetInstanceRequest, Tag,
};

use super::auto::{day, time};
use super::find::of_instance;
use super::rename::{self, Rename, mapping};
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
#[command(
    override_usage = "sloop snapshot restore [OPTIONS] SNAPSHOT NEWNAME...\n       \
                      sloop snapshot restore [OPTIONS] --auto-of INSTANCE NEWNAME...",
    after_help = "\
Examples:
  sloop snapshot restore web-20261123-101500 web2
  sloop snapshot restore before web2 web3 --bundle small_3_0 --wait-for ssh
  sloop snapshot restore before web2 --map data=data2
  sloop snapshot restore --auto-of web web2                     the latest automatic one
  sloop snapshot restore --auto-of web --date 2026-11-22 web2

A snapshot of a disk becomes a disk: sloop disk create NAME --from SNAPSHOT"
)]
pub(crate) struct RestoreArgs {
    /// Snapshot of an instance
    #[arg(required_unless_present = "auto_of", add = complete::instance_snapshots())]
    snapshot: Option<String>,
    /// Names of the instances to make
    #[arg(value_name = "NEWNAME", required_unless_present = "auto_of")]
    names: Vec<String>,
    /// Instance whose automatic snapshot is restored, instead of a snapshot that has a name
    #[arg(long, value_name = "INSTANCE", add = complete::instances())]
    auto_of: Option<String>,
    /// Date of the automatic snapshot [default: that of the latest]
    #[arg(long, value_name = "YYYY-MM-DD", requires = "auto_of", value_parser = day::parse)]
    date: Option<String>,
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
    #[arg(long = "map", value_name = "DISK=NEWNAME", value_parser = rename::parse)]
    maps: Vec<Rename>,
    /// Availability zone [default: the only one]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Tag to put on the instances; may be given several times
    #[arg(long = "tag", value_name = "KEY[=VALUE]", value_parser = tag::parse)]
    tags: Vec<Tag>,
    /// Have a snapshot of each made every day, at this time by UTC [default: 06:00]
    #[arg(long, value_name = "HH:MM", num_args = 0..=1, default_missing_value = time::DEFAULT)]
    #[arg(value_parser = time::parse)]
    auto_snapshot: Option<String>,
    /// What to wait for once they are made
    #[arg(long, value_enum, value_name = "MILESTONE", conflicts_with = "no_wait")]
    wait_for: Option<Milestone>,
    #[command(flatten)]
    end: End,
}

/// Makes instances that begin with what a snapshot holds.
pub(super) async fn run(session: &Session, output: &Output, args: RestoreArgs) -> Outcome {
    let args = args.sorted()?;
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
    /// The arguments with each name where it belongs: of an automatic snapshot, which has none, what stands in the place
    /// of its name is the first of the new ones.
    fn sorted(mut self) -> Result<Self, Failure> {
        if self.auto_of.is_some() {
            let first = self.snapshot.take().ok_or_else(|| {
                Failure::usage("an instance that is made needs a name")
                    .tip("sloop snapshot restore --auto-of INSTANCE NEWNAME")
            })?;
            self.names.insert(0, first);
        }
        Ok(self)
    }

    async fn request(self, session: &Session) -> Result<CreateInstancesFromSnapshotRequest, Failure> {
        let bundle_id = self.bundle_id(session).await?;
        Ok(CreateInstancesFromSnapshotRequest {
            user_data: self.user_data.as_deref().map(user_data::read).transpose()?,
            availability_zone: region::zone(session, self.zone).await?,
            bundle_id,
            attached_disk_mapping: mapping(self.maps),
            instance_names: self.names,
            instance_snapshot_name: self.snapshot,
            key_pair_name: self.key_pair,
            tags: self.tags,
            add_ons: time::add_ons(self.auto_snapshot),
            use_latest_restorable_auto_snapshot: day::latest(self.auto_of.as_deref(), self.date.as_deref()),
            source_instance_name: self.auto_of,
            restore_date: self.date,
            ..CreateInstancesFromSnapshotRequest::default()
        })
    }

    /// The bundle that is given or, by default, the one that the instance had.
    async fn bundle_id(&self, session: &Session) -> Result<String, Failure> {
        let had = match (&self.snapshot, &self.auto_of) {
            (Some(snapshot), _) => of_instance(session, snapshot).await?.from_bundle_id,
            (None, Some(instance)) if self.bundle.is_none() => bundle_of(session, instance).await?,
            (None, _) => None,
        };
        Ok(self.bundle.clone().or(had).unwrap_or_default())
    }
}

async fn bundle_of(session: &Session, name: &str) -> Result<Option<String>, Failure> {
    let request = GetInstanceRequest { instance_name: name.to_owned(), ..GetInstanceRequest::default() };
    let instance = session.instances().get_instance(request).await?.into_inner().instance;
    Ok(instance.and_then(|instance| instance.bundle_id))
}
