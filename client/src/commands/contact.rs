//! `sloop contact …`: where you are told of alarms.

use clap::{Subcommand, ValueEnum};
use sloop_proto::v1::{
    ConfirmContactMethodRequest, ContactMethod, ContactMethodVerificationProtocol, ContactProtocol,
    CreateContactMethodRequest, DeleteContactMethodRequest, GetContactMethodsRequest,
    GetContactMethodsResult, SendContactMethodVerificationRequest, Tag,
};

use crate::commands::{instance, tag};
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::text;

const HEADERS: [&str; 4] = ["PROTOCOL", "ENDPOINT", "STATUS", "AGE"];

const EXAMPLES: &str = "\
Examples:
  sloop contact set email you@example.org        a code comes there; say it: sloop contact confirm CODE
  sloop contact set webhook https://example.org/hook
  sloop contact set command page                 a command of the daemon's configuration; administrators only";

/// The verbs of contact methods.
#[derive(Debug, Subcommand)]
pub(crate) enum ContactCommand {
    /// Say where you are told, in place of where you were told that way
    #[command(after_help = EXAMPLES)]
    Set {
        /// How
        #[arg(value_enum, value_name = "WAY")]
        by: By,
        /// Where: an e-mail address, a URL, or the name of a command
        #[arg(value_name = "ENDPOINT")]
        endpoint: String,
        /// Tag to put on it; may be given several times
        #[arg(long = "tag", value_name = "KEY[=VALUE]", value_parser = tag::parse)]
        tags: Vec<Tag>,
    },
    /// List your contact methods
    #[command(visible_alias = "ls")]
    List(instance::list::ListArgs),
    /// Be told that way no more
    #[command(visible_alias = "rm")]
    Delete {
        /// How
        #[arg(value_enum, value_name = "WAY")]
        by: By,
    },
    /// Have another code sent to your e-mail address
    Verify,
    /// Say the code that came to your e-mail address
    Confirm {
        /// The code
        code: String,
    },
}

/// How somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// By a message
    Email,
    /// By an HTTP request
    Webhook,
    /// By a program that runs on the host
    Command,
}

impl From<By> for ContactProtocol {
    fn from(by: By) -> Self {
        match by {
            By::Email => Self::Email,
            By::Webhook => Self::Webhook,
            By::Command => Self::Command,
        }
    }
}

/// Runs a verb.
pub(crate) async fn run(session: &Session, output: &Output, command: ContactCommand) -> Outcome {
    match command {
        ContactCommand::Set { by, endpoint, tags } => set(session, output, by, endpoint, tags).await?,
        ContactCommand::List(args) => list(session, output, &args).await?,
        ContactCommand::Delete { by } => delete(session, output, by).await?,
        ContactCommand::Verify => verify(session, output).await?,
        ContactCommand::Confirm { code } => confirm(session, output, code).await?,
    }
    Ok(0)
}

/// The caller's contact methods.
pub(crate) async fn fetch(session: &Session) -> Result<GetContactMethodsResult, Failure> {
    let request = GetContactMethodsRequest { protocols: Vec::new() };
    Ok(session.alarms().get_contact_methods(request).await?.into_inner())
}

async fn set(
    session: &Session,
    output: &Output,
    by: By,
    endpoint: String,
    tags: Vec<Tag>,
) -> Result<(), Failure> {
    let to = text::safe(&endpoint);
    let said = match by {
        By::Email => format!("a code is on its way to {to}\n  say it: sloop contact confirm CODE\n"),
        By::Webhook | By::Command => format!("you are told at {to}\n"),
    };
    let protocol = ContactProtocol::from(by).into();
    let request = CreateContactMethodRequest { protocol, contact_endpoint: endpoint, tags };
    let result = session.alarms().create_contact_method(request).await?.into_inner();
    output.answer("CreateContactMethodResult", &result, || said)
}

async fn list(session: &Session, output: &Output, args: &instance::list::ListArgs) -> Result<(), Failure> {
    let all = fetch(session).await?;
    let row = |one: &ContactMethod| {
        vec![
            text::word("ContactProtocol", one.protocol),
            one.contact_endpoint().to_owned(),
            text::word("ContactMethodStatus", one.status),
            text::age(one.created_at.as_ref()),
        ]
    };
    let rows = all.contact_methods.iter().map(row).collect();
    output.list(("GetContactMethodsResult", &all), args.quiet, &HEADERS, rows)
}

async fn delete(session: &Session, output: &Output, by: By) -> Result<(), Failure> {
    let protocol = ContactProtocol::from(by);
    let said = format!("{}: deleted", text::word("ContactProtocol", Some(protocol.into())));
    let request = DeleteContactMethodRequest { protocol: protocol.into() };
    let result = session.alarms().delete_contact_method(request).await?.into_inner();
    output.answer("DeleteContactMethodResult", &result, || said)
}

async fn verify(session: &Session, output: &Output) -> Result<(), Failure> {
    let protocol = ContactMethodVerificationProtocol::Email.into();
    let request = SendContactMethodVerificationRequest { protocol };
    let result = session.alarms().send_contact_method_verification(request).await?.into_inner();
    output.answer("SendContactMethodVerificationResult", &result, || {
        "another code is on its way\n  say it: sloop contact confirm CODE\n".to_owned()
    })
}

async fn confirm(session: &Session, output: &Output, code: String) -> Result<(), Failure> {
    let result =
        session.alarms().confirm_contact_method(ConfirmContactMethodRequest { code }).await?.into_inner();
    output.answer("ConfirmContactMethodResult", &result, || {
        "your e-mail address is confirmed: notices go there".to_owned()
    })
}
