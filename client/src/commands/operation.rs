//! `sloop operation …`

use std::time::Duration;

use clap::{Args, Subcommand};
use sloop_proto::v1::{
    GetOperationRequest, GetOperationResult, GetOperationsForResourceRequest, GetOperationsForResourceResult,
    GetOperationsRequest, GetOperationsResult, Operation,
};

use crate::complete;
use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::{Output, facts};
use crate::progress::Progress;
use crate::wait::{self, LONGEST, Limits, duration};
use crate::{pages, text};

/// The verbs of operations.
#[derive(Debug, Subcommand)]
pub(crate) enum OperationCommand {
    /// List operations, the newest first
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Show one operation
    Show {
        /// Id of the operation
        id: String,
    },
    /// Follow an operation until it ends
    Watch {
        /// Id of the operation
        id: String,
        /// How long to wait, such as 90s or 5m
        #[arg(long, value_name = "DURATION", value_parser = duration)]
        timeout: Option<Duration>,
    },
}

/// Arguments of `list`.
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// Only those on this resource
    #[arg(long, value_name = "NAME", add = complete::instances())]
    resource: Option<String>,
    /// Ids only, one a line
    #[arg(long, short)]
    quiet: bool,
}

/// Runs a verb.
pub(crate) async fn run(session: &Session, output: &Output, command: OperationCommand) -> Outcome {
    match command {
        OperationCommand::List(args) => list(session, output, args).await,
        OperationCommand::Show { id } => show(output, &fetch(session, id).await?),
        OperationCommand::Watch { id, timeout } => {
            let mut result = fetch(session, id).await?;
            let mut limits = Limits::new(timeout.unwrap_or(LONGEST), None);
            if let Some(operation) = &mut result.operation {
                let stage = Progress::new(output).stage(operation.resource_name());
                wait::operation(session, operation, &mut limits, &stage).await?;
            }
            show(output, &result)
        }
    }
}

async fn list(session: &Session, output: &Output, args: ListArgs) -> Outcome {
    let headers = ["ID", "TYPE", "RESOURCE", "STATUS", "AGE"];
    if let Some(name) = args.resource {
        let request =
            |page_token| GetOperationsForResourceRequest { resource_name: name.clone(), page_token };
        let fetch = async |token| session.operations().get_operations_for_resource(request(token)).await;
        let all: GetOperationsForResourceResult = pages::all(fetch).await?;
        let rows = all.operations.iter().map(row).collect();
        output.list(("GetOperationsForResourceResult", &all), args.quiet, &headers, rows)?;
    } else {
        let request = |page_token| GetOperationsRequest { page_token };
        let all: GetOperationsResult =
            pages::all(async |token| session.operations().get_operations(request(token)).await).await?;
        let rows = all.operations.iter().map(row).collect();
        output.list(("GetOperationsResult", &all), args.quiet, &headers, rows)?;
    }
    Ok(0)
}

async fn fetch(
    session: &Session,
    operation_id: String,
) -> Result<GetOperationResult, crate::failure::Failure> {
    let request = GetOperationRequest { operation_id };
    Ok(session.operations().get_operation(request).await?.into_inner())
}

fn show(output: &Output, result: &GetOperationResult) -> Outcome {
    output.answer("GetOperationResult", result, || {
        result.operation.as_ref().map(describe).unwrap_or_default()
    })?;
    Ok(0)
}

fn row(operation: &Operation) -> Vec<String> {
    vec![
        operation.id().to_owned(),
        text::word("OperationType", operation.operation_type),
        operation.resource_name().to_owned(),
        text::word("OperationStatus", operation.status),
        text::age(operation.created_at.as_ref()),
    ]
}

fn describe(operation: &Operation) -> String {
    facts(&[
        ("Id", operation.id().to_owned()),
        ("Type", text::word("OperationType", operation.operation_type)),
        ("Resource", operation.resource_name().to_owned()),
        ("Status", text::word("OperationStatus", operation.status)),
        ("Details", operation.operation_details().to_owned()),
        ("Error", operation.error_code().to_owned()),
        ("Reason", operation.error_details().to_owned()),
        ("Age", text::age(operation.created_at.as_ref())),
    ])
}
