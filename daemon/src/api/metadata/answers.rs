//! What is sent back, in the form that EC2's service gives it.

use axum::{
    body::{Body, HttpBody as _},
    http::{
        HeaderValue, StatusCode,
        header::{ALLOW, CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
};

/// The header in which a session token comes.
pub(super) const TOKEN: &str = "x-aws-ec2-metadata-token";
/// The header in which the seconds come that a token shall live, and go back.
pub(super) const TOKEN_TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";

/// What was asked for.
pub(super) fn found(text: String) -> Response {
    ([(CONTENT_TYPE, "text/plain")], text).into_response()
}

/// A session token, and how many seconds it lives.
pub(super) fn token(token: String, ttl_seconds: u32) -> Response {
    ([(TOKEN_TTL, ttl_seconds.to_string())], found(token)).into_response()
}

/// Nothing but the status, as a page: clients show it, none reads it.
pub(super) fn refusal(status: StatusCode) -> Response {
    let page = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n <head>\n  <title>{status}</title>\n </head>\n \
         <body>\n  <h1>{status}</h1>\n </body>\n</html>\n"
    );
    (status, [(CONTENT_TYPE, "text/html")], page).into_response()
}

/// The method is not one of `allowed`.
pub(super) fn not_allowed(allowed: &'static str) -> Response {
    let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// The answer to HEAD: as long as the one to GET says it is, and nothing in it.
pub(super) fn without_body(mut response: Response) -> Response {
    if let Some(length) = response.body().size_hint().exact() {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    *response.body_mut() = Body::empty();
    response
}
