//! The report that a guest sends when its first boot has ended.

use std::net::Ipv4Addr;

use axum::{
    body::{Body, to_bytes},
    http::StatusCode,
};
use serde::Deserialize;

use crate::{
    model::{FirstBootReport, Kind},
    verbs::Verbs,
};

/// Where it goes.
pub(super) const PATH: &str = "/sloop/v1/first-boot";

/// A report has a few hundred bytes; a guest may not fill the daemon's memory.
const BODY_MAX: usize = 16 * 1024;

#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    errors: Vec<String>,
}

/// Takes the report of the guest with that address.
pub(super) async fn take(verbs: &Verbs, from: Ipv4Addr, body: Body) -> StatusCode {
    if let Err(error) = verbs.get_metadata(from).await
        && error.kind == Kind::NotFound
    {
        return StatusCode::NOT_FOUND;
    }
    let Ok(body) = to_bytes(body, BODY_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE;
    };
    // Guests' tools differ in the content type they send, so the body alone counts.
    let Ok(report) = serde_json::from_slice::<Report>(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    match verbs.report_first_boot(from, FirstBootReport::bounded(report.errors)).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(error) if error.kind == Kind::NotFound => StatusCode::NOT_FOUND,
        Err(error) => {
            tracing::error!(%from, %error, "cannot take a first-boot report");
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}
