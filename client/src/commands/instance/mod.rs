//! `sloop instance …`, and the short forms of its verbs.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod ip_type;
pub(crate) mod list;
pub(crate) mod metadata_options;
pub(crate) mod power;
pub(crate) mod show;
pub(crate) mod transfer;

use clap::{Args, Subcommand};
use sloop_proto::v1::{Operation, OperationStatus};

use crate::commands::worst;
use crate::complete;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::text;
use crate::wait::{self, Limits};

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
    /// Show how to log in to an instance
    Access(OneName),
    /// Show what an instance has moved this month, beside what its plan allows
    Transfer(OneName),
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
        InstanceCommand::Access(one) => show::access(session, output, &one.name).await,
        InstanceCommand::Transfer(one) => transfer::run(session, output, &one.name).await,
        InstanceCommand::SetIpType(args) => ip_type::run(session, output, args).await,
        InstanceCommand::MetadataOptions(args) => metadata_options::run(session, output, &args).await,
    }
}

/// Work that was asked for: its operations, and what went wrong so far.
#[derive(Debug, Default)]
struct Work {
    operations: Vec<Operation>,
    failures: Vec<Failure>,
}

impl Work {
    /// Asks for the same on each name, whatever becomes of the others.
    async fn ask(
        names: Vec<String>,
        verb: impl AsyncFn(String) -> Result<Vec<Operation>, tonic::Status>,
    ) -> Self {
        let mut work = Self::default();
        for name in names {
            match verb(name).await {
                Ok(operations) => work.operations.extend(operations),
                Err(status) => work.failures.push(status.into()),
            }
        }
        work
    }

    /// Follows the work within the limits, if there are any.
    async fn settle(&mut self, session: &Session, output: &Output, limits: Option<Limits>) {
        if let Some(limits) = limits {
            self.failures.extend(wait::settle(session, output, &mut self.operations, limits).await);
        }
    }

    /// One sentence for each operation that did not fail: done if it was waited for and has ended, doing otherwise.
    fn tell(&self, limits: Option<Limits>, done: &str, doing: &str) -> String {
        let alive = self.operations.iter().filter(|operation| operation.status() != OperationStatus::Failed);
        let sentences = alive.map(|operation| {
            let word = if limits.is_some() && operation.is_terminal() { done } else { doing };
            format!("{}: {word}\n", text::safe(operation.resource_name()))
        });
        sentences.collect()
    }

    /// The exit code, after telling of everything that went wrong.
    fn end(&self, output: &Output) -> u8 {
        worst(output, &self.failures)
    }
}
