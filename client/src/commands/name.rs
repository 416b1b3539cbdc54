//! `sloop name …`

use clap::Subcommand;
use sloop_proto::v1::{GetActiveNamesRequest, GetActiveNamesResult};

use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::{pages, text};

/// The verbs of names.
#[derive(Debug, Subcommand)]
pub(crate) enum NameCommand {
    /// List every name in use, of any type
    #[command(visible_alias = "ls")]
    List,
}

/// Runs a verb.
pub(crate) async fn run(session: &Session, output: &Output, command: &NameCommand) -> Outcome {
    let NameCommand::List = command;
    let result = fetch(session).await?;
    output.answer("GetActiveNamesResult", &result, || {
        let names: Vec<_> = result.active_names.iter().map(|name| text::safe(name)).collect();
        names.join("\n")
    })?;
    Ok(0)
}

/// Fetches every name in use.
pub(crate) async fn fetch(session: &Session) -> Result<GetActiveNamesResult, Failure> {
    let request = |page_token| GetActiveNamesRequest { page_token };
    pages::all(async |token| session.catalogue().get_active_names(request(token)).await).await
}
