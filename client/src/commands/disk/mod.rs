//! `sloop disk …`: block storage that is attached to instances.

mod attach;
mod create;
mod delete;
mod detach;
mod grow;
mod list;

use clap::{Args, Subcommand};
use sloop_proto::v1::{GetDisksRequest, GetDisksResult};

use crate::commands::instance;
use crate::complete;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::pages;

/// The verbs of disks.
#[derive(Debug, Subcommand)]
pub(crate) enum DiskCommand {
    /// Make a disk, empty or with what a snapshot of a disk holds
    Create(create::CreateArgs),
    /// List disks
    #[command(visible_alias = "ls")]
    List(instance::list::ListArgs),
    /// Show one disk
    Show(OneName),
    /// Hand a disk to an instance, running or stopped
    Attach(attach::AttachArgs),
    /// Take a disk from its instance, which must be stopped
    Detach(detach::DetachArgs),
    /// Delete disks that are not attached
    #[command(visible_alias = "rm")]
    Delete(delete::DeleteArgs),
    /// Make a disk larger, attached or not
    Grow(grow::GrowArgs),
}

/// One disk.
#[derive(Args, Debug)]
pub(crate) struct OneName {
    /// Name of the disk
    #[arg(add = complete::disks())]
    name: String,
}

/// Runs a verb.
pub(crate) async fn run(session: &Session, output: &Output, command: DiskCommand) -> Outcome {
    match command {
        DiskCommand::Create(args) => create::run(session, output, args).await,
        DiskCommand::List(args) => list::run(session, output, &args).await,
        DiskCommand::Show(one) => list::show(session, output, &one.name).await,
        DiskCommand::Attach(args) => attach::run(session, output, args).await,
        DiskCommand::Detach(args) => detach::run(session, output, args).await,
        DiskCommand::Delete(args) => delete::run(session, output, args).await,
        DiskCommand::Grow(args) => grow::run(session, output, args).await,
    }
}

/// All disks, of all pages.
pub(crate) async fn fetch(session: &Session) -> Result<GetDisksResult, Failure> {
    let request = |page_token| GetDisksRequest { page_token };
    pages::all(async |token| session.disks().get_disks(request(token)).await).await
}
