//! `sloop snapshot auto …`: a snapshot a day, which the daemon makes by itself.

pub(in crate::commands) mod day;
mod delete;
mod list;
mod off;
mod on;

use clap::Subcommand;
use sloop_proto::v1::AddOn;

use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;

/// The verbs of automatic snapshots.
#[derive(Debug, Subcommand)]
pub(crate) enum AutoCommand {
    /// Have a snapshot of an instance or a disk made every day
    On(on::OnArgs),
    /// Have no more made; those that there are stay
    Off(off::OffArgs),
    /// List the automatic snapshots of an instance or a disk, the newest first
    #[command(visible_alias = "ls")]
    List(list::AutoListArgs),
    /// Delete automatic snapshots; what was made from them stays
    #[command(visible_alias = "rm")]
    Delete(delete::AutoDeleteArgs),
}

/// Runs a verb.
pub(super) async fn run(session: &Session, output: &Output, command: AutoCommand) -> Outcome {
    match command {
        AutoCommand::On(args) => on::run(session, output, args).await,
        AutoCommand::Off(args) => off::run(session, output, args).await,
        AutoCommand::List(args) => list::run(session, output, args).await,
        AutoCommand::Delete(args) => delete::run(session, output, args).await,
    }
}

/// When automatic snapshots are made, as a fact to show; none where they are off.
pub(in crate::commands) fn fact(add_ons: &[AddOn]) -> Option<(&'static str, String)> {
    let on = add_ons.iter().find(|add_on| add_on.name() == "AutoSnapshot" && add_on.status() == "Enabled")?;
    Some(("Automatic snapshots", format!("daily at {} UTC", on.snapshot_time_of_day())))
}
