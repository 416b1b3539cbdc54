//! `sloop static-ip …`: public addresses that stay with whoever allocated them.

mod change;
mod list;
mod release;

use clap::{Args, Subcommand};
use sloop_proto::v1::{GetStaticIpRequest, GetStaticIpResult, GetStaticIpsRequest, GetStaticIpsResult};

use crate::commands::instance;
use crate::complete;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::pages;

/// The verbs of static addresses.
#[derive(Debug, Subcommand)]
pub(crate) enum StaticIpCommand {
    /// Take an address from the public range
    #[command(after_help = "Example:\n  sloop static-ip allocate site && sloop static-ip attach site web")]
    Allocate {
        /// Name of the static address
        name: String,
    },
    /// Make it the public address of an instance, taking it from another that has it
    Attach {
        /// Name of the static address
        #[arg(add = complete::static_ips())]
        name: String,
        /// Name of the instance
        #[arg(add = complete::instances())]
        instance: String,
    },
    /// Take it from its instance, which gets another public address
    Detach(OneName),
    /// Give static addresses back
    Release(release::ReleaseArgs),
    /// List static addresses
    #[command(visible_alias = "ls")]
    List(instance::list::ListArgs),
    /// Show one static address
    Show(OneName),
}

/// One static address.
#[derive(Args, Debug)]
pub(crate) struct OneName {
    /// Name of the static address
    #[arg(add = complete::static_ips())]
    name: String,
}

/// Runs a verb.
pub(crate) async fn run(session: &Session, output: &Output, command: StaticIpCommand) -> Outcome {
    match command {
        StaticIpCommand::Allocate { name } => change::allocate(session, output, &name).await,
        StaticIpCommand::Attach { name, instance } => change::attach(session, output, &name, &instance).await,
        StaticIpCommand::Detach(one) => change::detach(session, output, &one.name).await,
        StaticIpCommand::Release(args) => release::run(session, output, args).await,
        StaticIpCommand::List(args) => list::run(session, output, &args).await,
        StaticIpCommand::Show(one) => list::show(session, output, &one.name).await,
    }
}

/// All static addresses, of all pages.
pub(crate) async fn fetch(session: &Session) -> Result<GetStaticIpsResult, Failure> {
    let request = |page_token| GetStaticIpsRequest { page_token };
    pages::all(async |token| session.static_ips().get_static_ips(request(token)).await).await
}

/// One static address.
async fn fetch_one(session: &Session, name: &str) -> Result<GetStaticIpResult, Failure> {
    let request = GetStaticIpRequest { static_ip_name: name.to_owned() };
    Ok(session.static_ips().get_static_ip(request).await?.into_inner())
}
