//! `sloop storage`: how much room on the host everything takes.

use sloop_proto::v1::{GetStorageRequest, GetStorageResult, StorageUse};

use crate::connect::Session;
use crate::failure::Outcome;
use crate::output::{Output, facts, table};
use crate::text;

const HEADERS: [&str; 6] = ["NAME", "TYPE", "SIZE", "OWN", "SHARED", "LAYERS"];

/// Shows it.
pub(crate) async fn run(session: &Session, output: &Output) -> Outcome {
    let result = session.storage().get_storage(GetStorageRequest {}).await?.into_inner();
    output.answer("GetStorageResult", &result, || describe(&result))?;
    Ok(0)
}

fn describe(result: &GetStorageResult) -> String {
    let rows = result.uses.iter().map(row).collect();
    let headroom = text::bytes(result.headroom_bytes);
    let host = facts(&[
        ("Total", text::bytes(result.total_bytes)),
        ("Free", text::bytes(result.free_bytes)),
        ("Headroom", format!("{headroom}, below which no new disk is accepted")),
    ]);
    format!("{}\n\n{host}", table(&HEADERS, rows))
}

fn row(one: &StorageUse) -> Vec<String> {
    vec![
        one.name.clone(),
        text::word("ResourceType", Some(one.resource_type)),
        text::bytes(one.size_bytes),
        text::bytes(one.own_bytes),
        text::bytes(one.shared_bytes),
        one.layers.to_string(),
    ]
}
