//! Following one operation until it is terminal.

use sloop_proto::v1::{
    Operation, OperationStatus, OperationType, ResourceType, WatchOperationRequest, WatchOperationResult,
};
use tokio::time::{sleep, timeout_at};
use tokio_stream::StreamExt as _;
use tonic::{Status, Streaming};

use super::{Limits, PAUSE, evidence, pass_over};
use crate::connect::Session;
use crate::failure::{Exit, Failure};
use crate::progress::Stage;
use crate::text;

/// Follows one operation until it is terminal. The limits become those of what is waited for after it.
pub(crate) async fn operation(
    session: &Session,
    operation: &mut Operation,
    limits: &mut Limits,
    stage: &Stage,
) -> Result<(), Failure> {
    let mut watch = Watch { session, id: operation.id().to_owned(), moments: None };
    while !operation.is_terminal() {
        // Each moment for itself: what it says may change how long there is to wait for the next one.
        let moment = timeout_at(limits.deadline, watch.next()).await;
        match moment.map_err(|_| unfinished(operation, stage))? {
            Ok(moment) => take(moment, operation, limits, stage),
            Err(status) => {
                limits.note("");
                pass_over(status, stage)?;
                sleep(PAUSE).await;
            }
        }
    }
    limits.note("");
    match operation.status() {
        OperationStatus::Failed => Err(failed(session, operation).await),
        _ => Ok(()),
    }
}

fn take(moment: WatchOperationResult, operation: &mut Operation, limits: &mut Limits, stage: &Stage) {
    if !moment.stage.is_empty() {
        limits.note(&moment.stage);
        stage.at(&moment.stage, &moment.detail);
    }
    if let Some(told) = moment.operation.filter(Operation::is_terminal) {
        *operation = told;
    }
}

/// The moments of one operation, asked for again when they end before it does.
struct Watch<'a> {
    session: &'a Session,
    id: String,
    moments: Option<Streaming<WatchOperationResult>>,
}

impl Watch<'_> {
    async fn next(&mut self) -> Result<WatchOperationResult, Status> {
        loop {
            let mut moments = match self.moments.take() {
                Some(moments) => moments,
                None => self.ask().await?,
            };
            if let Some(moment) = moments.next().await.transpose()? {
                self.moments = Some(moments);
                return Ok(moment);
            }
            sleep(PAUSE).await;
        }
    }

    async fn ask(&self) -> Result<Streaming<WatchOperationResult>, Status> {
        let request = WatchOperationRequest { operation_id: self.id.clone() };
        Ok(self.session.operations().watch_operation(request).await?.into_inner())
    }
}

/// Whether an instance boots that the operation is on.
pub(super) fn boots(operation: &Operation) -> bool {
    let booting = [
        OperationType::CreateInstance,
        OperationType::CreateInstancesFromSnapshot,
        OperationType::StartInstance,
        OperationType::RebootInstance,
    ];
    booting.contains(&operation.operation_type())
        && matches!(operation.resource_type(), ResourceType::Instance | ResourceType::Unspecified)
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
    let lines =
        if boots(operation) { evidence(session, operation.resource_name()).await } else { Vec::new() };
    let mut failure = Failure::new(Exit::OperationFailed, message).lines(lines);
    failure.code = Some(operation.error_code()).filter(|code| !code.is_empty()).map(Into::into);
    failure
}
