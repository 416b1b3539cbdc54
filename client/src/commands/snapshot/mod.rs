//! `sloop snapshot …`: what instances and disks held at one moment.

pub(super) mod auto;
mod copy;
mod create;
mod delete;
mod export;
mod find;
mod import;
mod list;
mod manifest;
mod rename;
mod restore;
mod show;
mod summary;
mod upload;

use clap::{Args, Subcommand};
use sloop_proto::v1::{
    GetDiskSnapshotsRequest, GetDiskSnapshotsResult, GetInstanceSnapshotsRequest, GetInstanceSnapshotsResult,
};

pub(super) use self::find::of_disk;
use crate::commands::instance;
use crate::complete;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::pages;

/// The verbs of snapshots.
#[derive(Debug, Subcommand)]
pub(crate) enum SnapshotCommand {
    /// Keep what an instance with its disks holds, or a disk alone
    Create(create::CreateArgs),
    /// List snapshots, of instances and of disks
    #[command(visible_alias = "ls")]
    List(instance::list::ListArgs),
    /// Show one snapshot
    Show(OneName),
    /// Delete snapshots; what was made from them stays
    #[command(visible_alias = "rm")]
    Delete(delete::DeleteArgs),
    /// Make instances that begin with what a snapshot holds
    Restore(restore::RestoreArgs),
    /// Make a snapshot of a snapshot, such as one to keep
    Copy(copy::CopyArgs),
    /// Write a snapshot to files that another host takes in
    Export(export::ExportArgs),
    /// Make a snapshot of files that another host wrote
    Import(import::ImportArgs),
    /// Automatic snapshots: one a day of an instance or a disk
    #[command(subcommand)]
    Auto(auto::AutoCommand),
}

/// One snapshot.
#[derive(Args, Debug)]
pub(crate) struct OneName {
    /// Name of the snapshot
    #[arg(add = complete::snapshots())]
    name: String,
}

/// Runs a verb.
pub(crate) async fn run(session: &Session, output: &Output, command: SnapshotCommand) -> Outcome {
    match command {
        SnapshotCommand::Create(args) => create::run(session, output, args).await,
        SnapshotCommand::List(args) => list::run(session, output, &args).await,
        SnapshotCommand::Show(one) => show::run(session, output, &one.name).await,
        SnapshotCommand::Delete(args) => delete::run(session, output, args).await,
        SnapshotCommand::Restore(args) => restore::run(session, output, args).await,
        SnapshotCommand::Copy(args) => copy::run(session, output, args).await,
        SnapshotCommand::Export(args) => export::run(session, output, args).await,
        SnapshotCommand::Import(args) => import::run(session, output, args).await,
        SnapshotCommand::Auto(command) => auto::run(session, output, command).await,
    }
}

/// All snapshots of instances, of all pages.
pub(crate) async fn instances(session: &Session) -> Result<GetInstanceSnapshotsResult, Failure> {
    let request = |page_token| GetInstanceSnapshotsRequest { page_token };
    pages::all(async |token| session.snapshots().get_instance_snapshots(request(token)).await).await
}

/// All snapshots of disks, of all pages.
pub(crate) async fn disks(session: &Session) -> Result<GetDiskSnapshotsResult, Failure> {
    let request = |page_token| GetDiskSnapshotsRequest { page_token };
    pages::all(async |token| session.snapshots().get_disk_snapshots(request(token)).await).await
}
