//! `sloop instance …`, and the short forms of its verbs.

mod clone;
pub(crate) mod create;
pub(crate) mod delete;
mod health;
pub(crate) mod ip_type;
pub(crate) mod list;
pub(crate) mod metadata_options;
pub(crate) mod next;
pub(crate) mod power;
mod recovery;
mod resize;
mod rollback;
pub(crate) mod show;
pub(crate) mod transfer;
pub(crate) mod user_data;

use clap::{Args, Subcommand};

use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::Output;

/// The verbs of instances.
#[derive(Debug, Subcommand)]
pub(crate) enum InstanceCommand {
    /// Make instances
    Create(create::CreateArgs),
    /// List instances
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// Show one instance
    Show(OneName),
    /// Print the state of one instance
    State(OneName),
    /// Start stopped instances
    Start(power::StartArgs),
    /// Shut instances down
    Stop(power::StopArgs),
    /// Restart running instances
    Reboot(power::RebootArgs),
    /// Delete instances with everything that is theirs
    #[command(visible_alias = "rm")]
    Delete(delete::DeleteArgs),
    /// Give an instance another bundle
    Resize(resize::ResizeArgs),
    /// Take an instance back to a snapshot of it; what it holds now is kept as a snapshot
    Rollback(rollback::RollbackArgs),
    /// Make an instance that begins with what another one holds now
    Clone(clone::CloneArgs),
    /// Show how to log in to an instance
    Access(OneName),
    /// Show what an instance has moved this month, beside what its plan allows
    Transfer(OneName),
    /// Show whether an instance is well, and what is done when it is not
    Health(OneName),
    /// Say what is done when an instance ends without being told to, or show what was said
    Recovery(recovery::RecoveryArgs),
    /// Give an instance an IPv6 address besides, or take it away
    SetIpType(ip_type::IpTypeArgs),
    /// Say how an instance may ask for its metadata, or show what was said
    MetadataOptions(metadata_options::MetadataOptionsArgs),
}

/// One instance.
#[derive(Args, Debug)]
pub(crate) struct OneName {
    /// Name of the instance
    #[arg(add = complete::instances())]
    pub(crate) name: String,
}

/// One instance or several.
#[derive(Args, Debug)]
pub(crate) struct Names {
    /// Names of the instances
    #[arg(value_name = "NAME", required = true, add = complete::instances())]
    pub(crate) names: Vec<String>,
}

/// Runs a verb.
pub(crate) async fn run(session: &Session, output: &Output, command: InstanceCommand) -> Outcome {
    match command {
        InstanceCommand::Create(args) => create::create(session, output, args).await,
        InstanceCommand::List(args) => list::run(session, output, &args).await,
        InstanceCommand::Show(one) => show::run(session, output, &one.name).await,
        InstanceCommand::State(one) => show::state(session, output, &one.name).await,
        InstanceCommand::Start(args) => power::start(session, output, args).await,
        InstanceCommand::Stop(args) => power::stop(session, output, args).await,
        InstanceCommand::Reboot(args) => power::reboot(session, output, args).await,
        InstanceCommand::Delete(args) => delete::run(session, output, args).await,
        InstanceCommand::Resize(args) => resize::run(session, output, args).await,
        InstanceCommand::Rollback(args) => rollback::run(session, output, args).await,
        InstanceCommand::Clone(args) => clone::run(session, output, args).await,
        InstanceCommand::Access(one) => show::access(session, output, &one.name).await,
        InstanceCommand::Transfer(one) => transfer::run(session, output, &one.name).await,
        InstanceCommand::Health(one) => health::run(session, output, &one.name).await,
        InstanceCommand::Recovery(args) => recovery::run(session, output, args).await,
        InstanceCommand::SetIpType(args) => ip_type::run(session, output, args).await,
        InstanceCommand::MetadataOptions(args) => metadata_options::run(session, output, &args).await,
    }
}
