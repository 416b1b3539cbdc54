//! `sloop snapshot auto …`: a snapshot a day, which the daemon makes by itself.

pub(in crate::commands) mod day;
mod delete;
mod list;
pub(in crate::commands) mod of;
mod off;
mod on;
pub(in crate::commands) mod time;

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

/// The time that automatic snapshots are made at; none where they are off.
pub(in crate::commands) fn at(add_ons: &[AddOn]) -> Option<&str> {
    let on = add_ons.iter().find(|add_on| add_on.name() == "AutoSnapshot" && add_on.status() == "Enabled");
    on.map(AddOn::snapshot_time_of_day)
}

/// The same, as a fact to show.
pub(in crate::commands) fn fact(add_ons: &[AddOn]) -> Option<(&'static str, String)> {
    Some(("Automatic snapshots", format!("daily at {} UTC", at(add_ons)?)))
}

/// What goes when these instances or disks are deleted, to ask about.
pub(in crate::commands) fn with_them(names: &[String]) -> String {
    format!("{}, with any automatic snapshots", names.join(", "))
}
