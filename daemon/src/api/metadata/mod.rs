//! The metadata address, 169.254.169.254, which guests reach by plain HTTP. It speaks as EC2's instance metadata service
//! does, so that software which knows that one finds its way, and takes the first-boot report.
//!
//! Who asks is known by the address that the kernel binds to the wire, never by what the guest says. `contents` and
//! `identity` say what an instance is told, as a `tree`; `token` makes session tokens: these are pure. `door` decides who
//! may ask what; connections are taken by `api/visitors`.

mod answers;
mod contents;
mod door;
mod first_boot;
mod identity;
mod token;
mod tree;

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    response::Response,
};

pub use self::door::Door;
pub use super::visitors::Peer;
use super::visitors::{Limits, Visitors};

/// Serves until `ended` resolves.
pub async fn serve(
    door: Door,
    listener: tokio::net::TcpListener,
    ended: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new().fallback(answer).with_state(door);
    let service = router.into_make_service_with_connect_info::<Peer>();
    axum::serve(Visitors::new(listener, Limits::default()), service).with_graceful_shutdown(ended).await
}

async fn answer(
    State(door): State<Door>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
) -> Response {
    door.answer(&peer, request).await
}
