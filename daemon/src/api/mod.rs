//! The doors. Each authenticates, converts, calls a verb, converts back, and maps the one error once; nothing else.

pub mod dns;
pub mod grpc;
pub mod http;
pub mod metadata;
mod slots;
mod visitors;
