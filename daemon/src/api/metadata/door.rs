//! Who may ask what, and how. The rules are those of EC2's service:
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Instant,
};

use axum::{
    extract::Request,
    http::{HeaderMap, Method, StatusCode, request::Parts},
    response::{IntoResponse as _, Response},
};

use super::{
    Peer,
    answers::{self, TOKEN, TOKEN_TTL},
    contents, first_boot,
    token::{TTL_MAX, Tokens},
};
use crate::{
    model::{Instance, Kind},
    verbs::{Metadata, Verbs},
};

/// Where session tokens are asked for.
const TOKEN_PATH: [&str; 3] = ["latest", "api", "token"];

/// The metadata address. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Door {
    verbs: Verbs,
    tokens: Arc<Tokens>,
    /// What tokens count their time from: setting the clock makes none live longer.
    start: Instant,
}

impl Door {
    /// A door to the verbs. Session tokens of an earlier one are worth nothing here. Fails where the kernel gives no random
    /// bytes.
    pub fn new(verbs: Verbs) -> io::Result<Self> {
        let tokens = Arc::new(Tokens::new()?);
        Ok(Self { verbs, tokens, start: Instant::now() })
    }

    /// Answers one request. Who asks is known by the peer's address alone.
    pub async fn answer(&self, peer: &Peer, request: Request) -> Response {
        let IpAddr::V4(from) = peer.address() else {
            return answers::refusal(StatusCode::NOT_FOUND);
        };
        // The daemon's own business, whatever the user decided about metadata.
        if request.method() == Method::POST && request.uri().path() == first_boot::PATH {
            return first_boot::take(&self.verbs, from, request.into_body()).await.into_response();
        }
        // The rest of a body is never read.
        let (request, _) = request.into_parts();
        let response = match self.metadata(from).await {
            Ok(told) => self.tell(peer, &told, &request),
            Err(status) => answers::refusal(status),
        };
        if request.method == Method::HEAD { answers::without_body(response) } else { response }
    }

    async fn metadata(&self, from: Ipv4Addr) -> Result<Metadata, StatusCode> {
        self.verbs.get_metadata(from).await.map_err(|error| {
            if error.kind == Kind::NotFound {
                return StatusCode::NOT_FOUND;
            }
            tracing::error!(%from, %error, "cannot tell a guest its metadata");
            StatusCode::INTERNAL_SERVER_ERROR
        })
    }

    fn tell(&self, peer: &Peer, told: &Metadata, request: &Parts) -> Response {
        let instance = &told.instance;
        if !instance.metadata.enabled {
            return answers::refusal(StatusCode::FORBIDDEN);
        }
        let path = request.uri.path();
        if path.split('/').filter(|word| !word.is_empty()).eq(TOKEN_PATH) {
            if request.method != Method::PUT {
                return answers::not_allowed("PUT");
            }
            return self.new_token(peer, instance, &request.headers);
        }
        if request.method != Method::GET && request.method != Method::HEAD {
            return answers::not_allowed("GET, HEAD");
        }
        if !self.admits(instance, &request.headers) {
            return answers::refusal(StatusCode::UNAUTHORIZED);
        }
        contents::look_up(told, path).map_or_else(|| answers::refusal(StatusCode::NOT_FOUND), answers::found)
    }

    fn new_token(&self, peer: &Peer, instance: &Instance, headers: &HeaderMap) -> Response {
        // Such a request came through a proxy, and what asks behind it is not known.
        if headers.contains_key("x-forwarded-for") {
            return answers::refusal(StatusCode::FORBIDDEN);
        }
        let asked = headers.get(TOKEN_TTL).and_then(|value| value.to_str().ok()?.parse::<u32>().ok());
        let Some(ttl) = asked.filter(|ttl| (1..=TTL_MAX).contains(ttl)) else {
            return answers::refusal(StatusCode::BAD_REQUEST);
        };
        peer.limit_hops(instance.metadata.hop_limit);
        answers::token(self.tokens.issue(instance.id, ttl, self.start.elapsed()), ttl)
    }

    /// Whether the request brings the token that it needs. A wrong one is worse than none: it is refused in any case.
    fn admits(&self, instance: &Instance, headers: &HeaderMap) -> bool {
        let Some(token) = headers.get(TOKEN) else {
            let is_optional = !instance.metadata.tokens_required;
            if is_optional {
                self.verbs.asked_without_token(instance.id);
            }
            return is_optional;
        };
        let now = self.start.elapsed();
        token.to_str().is_ok_and(|token| self.tokens.check(token, instance.id, now))
    }
}
