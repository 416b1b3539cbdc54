//! What was done: to `web`, to a disk, and to `busy` more than a page.

use prost_types::{Duration, Timestamp};
use sloop_proto::v1::history_server::History;
use sloop_proto::v1::*;
use tonic::Request;

use super::work::operation;
use super::{Answer, Script, absent, answer};

/// In the afternoon of a day.
const THEN: i64 = 1_795_428_900;

fn entry(name: &str, kind: OperationType, status: OperationStatus, change: &str) -> HistoryEntry {
    let created_at = Some(Timestamp { seconds: THEN, nanos: 0 });
    let operation_type = Some(kind.into());
    HistoryEntry {
        operation: Some(Operation { created_at, operation_type, ..operation(name, status) }),
        caller: "ann".into(),
        door: "grpc".into(),
        change: change.into(),
        took: Some(Duration { seconds: 1, nanos: 260_000_000 }),
    }
}

fn tagged(number: usize) -> HistoryEntry {
    let change = format!("tag number: {number}");
    entry("busy", OperationType::TagResource, OperationStatus::Succeeded, &change)
}

#[tonic::async_trait]
impl History for Script {
    async fn get_history(&self, request: Request<GetHistoryRequest>) -> Answer<GetHistoryResult> {
        let GetHistoryRequest { resource_name, page_token, since } = request.into_inner();
        let entries = match (resource_name.as_deref(), page_token.as_deref()) {
            (Some("ghost"), _) => return Err(absent("Resource", "ghost")),
            (Some("busy"), token) => {
                let page: usize = token.unwrap_or("0").parse().unwrap();
                let next_page_token = (page < 2).then(|| (page + 1).to_string());
                let entries = (page * 100..page * 100 + 100).map(tagged).collect();
                return answer(GetHistoryResult { entries, next_page_token });
            }
            _ if since.is_some_and(|since| since.seconds > THEN) => Vec::new(),
            _ => vec![
                entry("web", OperationType::ResizeInstance, OperationStatus::Failed, "nano_3_0 -> small_3_0"),
                entry("data", OperationType::GrowDisk, OperationStatus::Succeeded, "8 GB -> 16 GB"),
            ],
        };
        answer(GetHistoryResult { entries, next_page_token: None })
    }
}
