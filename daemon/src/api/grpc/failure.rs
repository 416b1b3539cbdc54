//! The one error as a gRPC status: a code, Lightsail's exception name and sub-code, the advice, and the member at fault.

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::model::{Error, Kind};

/// Maps the one error.
pub(super) fn status(error: Error) -> Status {
    let (code, exception) = match error.kind {
        Kind::InvalidInput => (Code::InvalidArgument, "InvalidInputException"),
        Kind::NotFound => (Code::NotFound, "NotFoundException"),
        Kind::NameInUse => (Code::AlreadyExists, "InvalidInputException"),
        Kind::WrongState => (Code::FailedPrecondition, "OperationFailureException"),
        Kind::Quota | Kind::Capacity => (Code::ResourceExhausted, "OperationFailureException"),
        Kind::AccessDenied => (Code::PermissionDenied, "AccessDeniedException"),
        Kind::Unavailable => (Code::Unavailable, "ServiceException"),
        Kind::Internal => (Code::Internal, "ServiceException"),
    };
    if matches!(error.kind, Kind::Internal | Kind::Unavailable) {
        tracing::error!(code = error.code, %error, "request failed");
    }
    let mut facts = HashMap::from([("code".to_owned(), error.code.to_owned())]);
    facts.extend(error.tip.map(|tip| ("tip".to_owned(), tip)));
    let mut details = ErrorDetails::with_error_info(exception, "lightsail", facts);
    if let Some(field) = error.field {
        details.add_bad_request_violation(field, error.message.clone());
    }
    Status::with_error_details(code, error.message, details)
}
