//! `GET /metrics`: what was measured last, in OpenMetrics, for Prometheus and what reads as it does.
//!
//! `readers` says who may read, `families` what there is to read, and `exposition` writes it. Everything is looked at when
//! somebody asks, so that of an instance that is gone nothing is told any more.

mod exposition;
mod families;
mod readers;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE},
    },
    response::{IntoResponse as _, Response},
    routing::get,
};
use tokio::sync::Mutex;

use self::readers::Refusal;
pub use self::{exposition::exposition, readers::Readers};
use super::sentence;
use crate::{
    model::{Error, Kind, Result},
    verbs::Verbs,
};

/// What Prometheus takes whatever it says that it would like better.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is told, and who may hear it.
struct Exporter {
    verbs: Verbs,
    readers: Readers,
    kept: Duration,
    /// What was told last, and when. Held while it is looked at anew: of those who ask at once, one has it done.
    told: Mutex<Option<(Instant, Bytes)>>,
}

/// This part of the door.
pub(super) fn part(verbs: Verbs, readers: Readers, kept: Duration) -> Router {
    let exporter = Exporter { verbs, readers, kept, told: Mutex::default() };
    Router::new().route("/metrics", get(answer)).with_state(Arc::new(exporter))
}

async fn answer(State(exporter): State<Arc<Exporter>>, headers: HeaderMap) -> Response {
    let brought = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Err(refusal) = exporter.readers.admit(brought).await {
        return refused(refusal);
    }
    match exporter.tell().await {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => failed(&error),
    }
}

impl Exporter {
    async fn tell(&self) -> Result<Bytes> {
        let mut told = self.told.lock().await;
        if let Some((at, text)) = &*told
            && at.elapsed() < self.kept
        {
            return Ok(text.clone());
        }
        let report = self.verbs.export_metrics().await?;
        let text = exposition(report).map_err(|error| Error::internal(format!("cannot write: {error}")))?;
        let text = Bytes::from(text);
        *told = Some((Instant::now(), text.clone()));
        Ok(text)
    }
}

fn refused(refusal: Refusal) -> Response {
    let status = match refusal {
        Refusal::NoToken | Refusal::WrongToken => StatusCode::UNAUTHORIZED,
        Refusal::NotConfigured | Refusal::Unusable => StatusCode::FORBIDDEN,
    };
    let mut response = sentence(status, refusal.sentence());
    if status == StatusCode::UNAUTHORIZED {
        let how = axum::http::HeaderValue::from_static("Bearer realm=\"sloop\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, how);
    }
    response
}

fn failed(error: &Error) -> Response {
    tracing::error!(%error, "cannot tell metrics");
    let status = match error.kind {
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    sentence(status, "Metrics cannot be told now; the daemon's log says why.")
}
