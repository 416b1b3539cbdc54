//! Plain HTTP for programs of this host: one listener, and behind it a part for each thing that is served there.
//!
//! `hosts` lets in only those who ask by a name that is this door's own, whatever they ask for. Who may have what is each
//! part's own matter. A part is a `Router`; `serve` joins them.

mod hosts;
pub mod metrics;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    http::{StatusCode, header::CONTENT_TYPE},
    middleware,
    response::{IntoResponse as _, Response},
};
use tokio::net::TcpListener;

use self::hosts::Hosts;
pub use self::metrics::Readers;
use super::visitors::{Limits, Visitors};
use crate::verbs::Verbs;

/// What the host's owner decided about this door.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Names and addresses by which it may be asked, besides that one and those of the loopback interface.
    pub hosts: Vec<String>,
    /// Who may read metrics.
    pub readers: Readers,
    /// How long metrics that were told once are told again, before they are looked at anew.
    pub metrics_kept: Duration,
}

/// Those who come are programs of this host, nearly always, so that they have one address together. A scrape every minute finds
/// its connection closed and makes another one.
const LIMITS: Limits =
    Limits { each: 64, all: 128, patience: Duration::from_secs(30), unanswered: 64 * 1024 };

/// Serves until `ended` resolves.
pub async fn serve(
    verbs: Verbs,
    settings: Settings,
    listener: TcpListener,
    ended: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let Settings { listen, hosts, readers, metrics_kept } = settings;
    let known = Arc::new(Hosts::new(listen.ip(), &hosts));
    let router: Router = Router::new()
        .merge(metrics::part(verbs, readers, metrics_kept))
        .fallback(nothing_here)
        .method_not_allowed_fallback(not_so)
        .layer(middleware::from_fn_with_state(known, hosts::guard));
    axum::serve(Visitors::new(listener, LIMITS), router).with_graceful_shutdown(ended).await
}

async fn nothing_here() -> Response {
    sentence(StatusCode::NOT_FOUND, "There is nothing here. Metrics are at /metrics.")
}

async fn not_so() -> Response {
    sentence(StatusCode::METHOD_NOT_ALLOWED, "This is only to be read: ask with GET or HEAD.")
}

/// A refusal in a sentence, for people who look at what their program was told.
fn sentence(status: StatusCode, text: &str) -> Response {
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{text}\n")).into_response()
}
