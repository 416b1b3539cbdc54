//! The metadata address, 169.254.169.254, which guests reach by plain HTTP.
//!
//! Here it takes the first-boot report; the rest of the metadata comes with networking. Who asks is known by the address
//! that the kernel binds to the wire, never by what the guest says.

use std::net::{IpAddr, SocketAddr};

use axum::{
    Json, Router,
    extract::{ConnectInfo, DefaultBodyLimit, State},
    http::StatusCode,
    routing::post,
};
use serde::Deserialize;

use crate::{
    model::{FirstBootReport, Kind},
    verbs::Verbs,
};

/// A report has a few hundred bytes; a guest may not fill the daemon's memory.
const BODY_MAX: usize = 16 * 1024;

#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    errors: Vec<String>,
}

/// Serves until `ended` resolves.
pub async fn serve(
    verbs: Verbs,
    listener: tokio::net::TcpListener,
    ended: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/sloop/v1/first-boot", post(first_boot))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(verbs);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(ended).await
}

async fn first_boot(
    State(verbs): State<Verbs>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    body: axum::body::Bytes,
) -> StatusCode {
    let IpAddr::V4(from) = peer.ip() else {
        return StatusCode::NOT_FOUND;
    };
    // Guests' tools differ in the content type they send, so the body alone counts.
    let Ok(Json(report)) = Json::<Report>::from_bytes(&body) else {
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
