//! Operations and boots, each with the end that its name asks for.

use std::time::Duration;

use prost::Message;
use sloop_proto::json::{Time, render};
use sloop_proto::v1::operations_server::Operations;
use sloop_proto::v1::readiness_server::Readiness;
use sloop_proto::v1::*;
use tokio_stream::StreamExt as _;
use tonic::Request;

use super::{Answer, Moments, Script, answer, beyond, not_found};

/// How long the image of `fetched` is on its way.
const FETCH: Duration = Duration::from_millis(1500);

/// An operation on the instance.
pub(super) fn operation(name: &str, status: OperationStatus) -> Operation {
    let failed = status == OperationStatus::Failed;
    Operation {
        id: Some(format!("op-{name}")),
        resource_name: Some(name.into()),
        operation_type: Some(OperationType::CreateInstance.into()),
        status: Some(status.into()),
        is_terminal: Some(status != OperationStatus::Started),
        error_code: failed.then(|| "DiskFull".into()),
        error_details: failed.then(|| "no space left".into()),
        ..Operation::default()
    }
}

/// An operation that has succeeded when it is first told of, and says in its details what was asked for.
pub(super) fn done<M: Message>(name: &str, kind: &str, request: &M) -> Operation {
    let operation_details = Some(render(kind, request, Time::Text).to_string());
    Operation { operation_details, ..operation(name, OperationStatus::Succeeded) }
}

/// The same, or what the name asks for: one that is `broken` or `late` has only begun.
pub(super) fn asked<M: Message>(name: &str, kind: &str, request: &M) -> Operation {
    match name {
        "broken" | "late" => operation(name, OperationStatus::Started),
        _ => done(name, kind, request),
    }
}

#[tonic::async_trait]
impl Operations for Script {
    type WatchOperationStream = Moments<WatchOperationResult>;

    async fn get_operation(&self, _: Request<GetOperationRequest>) -> Answer<GetOperationResult> {
        beyond()
    }

    async fn get_operations(&self, _: Request<GetOperationsRequest>) -> Answer<GetOperationsResult> {
        beyond()
    }

    async fn get_operations_for_resource(
        &self,
        _: Request<GetOperationsForResourceRequest>,
    ) -> Answer<GetOperationsForResourceResult> {
        beyond()
    }

    async fn watch_operation(
        &self,
        request: Request<WatchOperationRequest>,
    ) -> Answer<Self::WatchOperationStream> {
        let id = request.into_inner().operation_id;
        let name = id.strip_prefix("op-").unwrap_or_default();
        let moment = |stage: &str, status| WatchOperationResult {
            operation: Some(operation(name, status)),
            stage: stage.into(),
            ..WatchOperationResult::default()
        };
        let end = if name == "broken" { OperationStatus::Failed } else { OperationStatus::Succeeded };
        let moments = tokio_stream::iter(
            [moment("making the disk", OperationStatus::Started), moment("", end)].map(Ok),
        );
        if name != "fetched" {
            return answer(Box::pin(moments));
        }
        // Longer than anybody waits for the rest.
        let image = moment("image: downloading", OperationStatus::Started);
        let fetching =
            tokio_stream::once(Ok(WatchOperationResult { detail: "120 of 600 MiB".into(), ..image }));
        let pause = futures::stream::once(tokio::time::sleep(FETCH)).filter_map(|()| None);
        answer(Box::pin(fetching.chain(pause).chain(moments)))
    }
}

#[tonic::async_trait]
impl Readiness for Script {
    type WatchReadinessStream = Moments<WatchReadinessResult>;

    async fn watch_readiness(
        &self,
        request: Request<WatchReadinessRequest>,
    ) -> Answer<Self::WatchReadinessStream> {
        let name = request.into_inner().instance_name;
        let booting = WatchReadinessResult {
            state: if name == "off" { "stopped" } else { "running" }.into(),
            console_line: "\u{1b}[1mLoading\u{1b}[0m".into(),
            halted: false,
            first_boot: FirstBoot::Pending.into(),
            ..WatchReadinessResult::default()
        };
        let mut reachable = booting.clone();
        (reachable.network_up, reachable.ssh_reachable) = (true, true);
        if name == "faulty" {
            reachable.first_boot = FirstBoot::Failed.into();
            reachable.first_boot_errors = vec!["user data exited with 1".into()];
        }
        let silence = tokio_stream::pending();
        let booting = tokio_stream::once(Ok(booting));
        match name.as_str() {
            "ghost" => Err(not_found("ghost")),
            "slow" if !self.restarted => answer(Box::pin(booting.chain(silence))),
            _ => answer(Box::pin(booting.chain(tokio_stream::once(Ok(reachable))).chain(silence))),
        }
    }
}
