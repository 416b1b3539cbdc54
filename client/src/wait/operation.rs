//! Following one operation until it is terminal.

use sloop_proto::v1::{Operation, OperationStatus, OperationType, WatchOperationRequest};
use tokio::time::{sleep, timeout_at};
use tokio_stream::StreamExt as _;
use tonic::Status;

use super::{Limits, PAUSE, evidence, pass_over};
use crate::connect::Session;
use crate::failure::{Exit, Failure};
use crate::progress::Stage;
use crate::text;

/// Follows one operation until it is terminal.
pub(crate) async fn operation(
    session: &Session,
    operation: &mut Operation,
    limits: Limits,
    stage: &Stage,
) -> Result<(), Failure> {
    if !operation.is_terminal() {
        let finished = timeout_at(limits.deadline, terminal(session, operation.id().to_owned(), stage)).await;
        *operation = finished.map_err(|_| unfinished(operation, stage))??;
    }
    match operation.status() {
        OperationStatus::Failed => Err(failed(session, operation).await),
        _ => Ok(()),
    }
}

async fn terminal(session: &Session, id: String, stage: &Stage) -> Result<Operation, Failure> {
    loop {
        match watch_operation(session, &id, stage).await {
            Ok(Some(operation)) => return Ok(operation),
            Ok(None) => {}
            Err(status) => pass_over(status, stage)?,
        }
        sleep(PAUSE).await;
    }
}

async fn watch_operation(session: &Session, id: &str, stage: &Stage) -> Result<Option<Operation>, Status> {
    let request = WatchOperationRequest { operation_id: id.to_owned() };
    let mut moments = session.operations().watch_operation(request).await?.into_inner();
    while let Some(moment) = moments.next().await {
        let moment = moment?;
        if !moment.stage.is_empty() {
            stage.at(&moment.stage, "");
        }
        if let Some(operation) = moment.operation.filter(Operation::is_terminal) {
            return Ok(Some(operation));
        }
    }
    Ok(None)
}

fn unfinished(operation: &Operation, stage: &Stage) -> Failure {
    let doing = Some(stage.now()).filter(|now| !now.is_empty()).unwrap_or_else(|| "not begun".to_owned());
    Failure::new(Exit::TimedOut, format!("{}: still at work ({doing})", operation.resource_name()))
        .tip(format!("sloop operation watch {}", operation.id()))
}

async fn failed(session: &Session, operation: &Operation) -> Failure {
    let what = text::word("OperationType", operation.operation_type);
    let details = operation.error_details();
    let mut message = format!("{}: {what} failed", operation.resource_name());
    for part in [operation.error_code(), details].into_iter().filter(|part| !part.is_empty()) {
        message = format!("{message}: {part}");
    }
    let booting =
        [OperationType::CreateInstance, OperationType::StartInstance, OperationType::RebootInstance];
    let lines = if booting.contains(&operation.operation_type()) {
        evidence(session, operation.resource_name()).await
    } else {
        Vec::new()
    };
    let mut failure = Failure::new(Exit::OperationFailed, message).lines(lines);
    failure.code = Some(operation.error_code()).filter(|code| !code.is_empty()).map(Into::into);
    failure
}
