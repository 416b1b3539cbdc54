//! What went wrong, what to do about it, and the exit code that says so to a script.

use std::error::Error as _;
use std::io;
use std::path::Path;

use serde_json::{Value as Json, json};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// The exit codes, which are part of the contract with scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Anything that has no code of its own.
    Other = 1,
    /// Wrong usage, or input that the daemon refuses.
    Usage = 2,
    /// No such resource.
    NotFound = 3,
    /// Wrong state, name in use, or quota reached.
    Conflict = 4,
    /// The operation was accepted and failed.
    OperationFailed = 5,
    /// Waiting ended before the work did.
    TimedOut = 6,
    /// The daemon cannot be reached.
    Unreachable = 7,
    /// Access denied.
    Denied = 8,
}

impl From<Exit> for u8 {
    fn from(exit: Exit) -> Self {
        exit as Self
    }
}

/// How a command ends: with an exit code of its own choosing, or with a failure.
pub(crate) type Outcome = Result<u8, Failure>;

/// One thing that went wrong. Boxed text keeps it small enough to be returned by value.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// The exception's name, Lightsail's where the daemon gave one.
    pub(crate) kind: Box<str>,
    /// The sub-code, which clients may match on.
    pub(crate) code: Option<Box<str>>,
    /// What happened, in a sentence.
    pub(crate) message: Box<str>,
    /// What to do about it.
    pub(crate) tip: Option<Box<str>>,
    /// The input at fault.
    pub(crate) field: Option<Box<str>>,
    /// Evidence, such as the last lines of a console.
    pub(crate) lines: Vec<String>,
}

impl Failure {
    /// A failure of the given kind; its name is the exit code's unless [`Failure::kind`] is set.
    pub(crate) fn new(exit: Exit, message: impl Into<Box<str>>) -> Self {
        let kind = format!("{exit:?}").into();
        Self { exit, kind, code: None, message: message.into(), tip: None, field: None, lines: Vec::new() }
    }

    /// Wrong usage.
    pub(crate) fn usage(message: impl Into<Box<str>>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// The same with a remedy.
    #[must_use]
    pub(crate) fn tip(mut self, tip: impl Into<Box<str>>) -> Self {
        self.tip = Some(tip.into());
        self
    }

    /// The same with evidence.
    #[must_use]
    pub(crate) fn lines(mut self, lines: Vec<String>) -> Self {
        self.lines = lines;
        self
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        let exit = match error.kind() {
            io::ErrorKind::PermissionDenied => Exit::Denied,
            io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists => Exit::Usage,
            _ => Exit::Other,
        };
        Self::new(exit, format!("{}: {error}", path.display()))
    }

    /// Why the socket at `path` did not answer.
    pub(crate) fn connect(path: &Path, error: &(dyn std::error::Error + 'static)) -> Self {
        let path = path.display();
        match io_kind(error) {
            Some(io::ErrorKind::PermissionDenied) => {
                Self::new(Exit::Denied, format!("you may not use {path}"))
                    .tip("sudo usermod -aG sloop $USER, then log in again")
            }
            Some(io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
                Self::new(Exit::Unreachable, format!("sloopd isn't running at {path}"))
                    .tip("sudo systemctl start sloopd (in the source tree: make run), or name its socket with --socket")
            }
            _ => Self::new(Exit::Unreachable, format!("sloopd at {path} doesn't answer: {}", root(error))),
        }
    }

    /// The failure as `--output json` writes it.
    pub(crate) fn json(&self) -> Json {
        json!({ "error": {
            "type": self.kind, "code": self.code, "message": self.message, "tip": self.tip, "field": self.field,
        }})
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        // A status that came over the wire has no source; one that tonic made of a broken connection has, whatever its code.
        if let Some(cause) = status.source() {
            return Self::new(Exit::Unreachable, format!("the connection to sloopd broke: {}", root(cause)));
        }
        let details = status.get_error_details();
        let info = details.error_info();
        let datum = |key: &str| {
            info?.metadata.get(key).filter(|text| !text.is_empty()).map(|text| text.as_str().into())
        };
        let reason = info.map(|info| info.reason.as_str());
        let code: Option<Box<str>> = datum("code");
        let violation = details.bad_request().and_then(|bad| bad.field_violations.first());
        let mut failure = Self::new(exit_of(status.code(), reason, code.as_deref()), message_of(&status));
        failure.kind = reason.map_or(failure.kind, Into::into);
        failure.code = code;
        failure.tip = datum("tip");
        failure.field = violation.map(|violation| violation.field.as_str().into());
        failure
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new(Exit::Other, error.to_string())
    }
}

/// The exit code for what the daemon said. The gRPC code is the finer of the two: Lightsail calls a name in use and a
/// malformed one both `InvalidInputException`.
fn exit_of(code: Code, reason: Option<&str>, sub_code: Option<&str>) -> Exit {
    if sub_code.is_some_and(|sub_code| sub_code.contains("NameExists")) {
        return Exit::Conflict;
    }
    match code {
        Code::InvalidArgument | Code::OutOfRange => Exit::Usage,
        Code::NotFound => Exit::NotFound,
        Code::FailedPrecondition | Code::AlreadyExists | Code::ResourceExhausted | Code::Aborted => {
            Exit::Conflict
        }
        Code::DeadlineExceeded => Exit::TimedOut,
        // With a reason it is the daemon that speaks: something it needs does not answer.
        Code::Unavailable if reason.is_none() => Exit::Unreachable,
        Code::PermissionDenied | Code::Unauthenticated => Exit::Denied,
        _ => match reason {
            Some("InvalidInputException") => Exit::Usage,
            Some("NotFoundException") => Exit::NotFound,
            Some("OperationFailureException") => Exit::Conflict,
            Some("AccessDeniedException" | "UnauthenticatedException") => Exit::Denied,
            _ => Exit::Other,
        },
    }
}

fn message_of(status: &Status) -> String {
    match (status.message(), status.code()) {
        ("", code) => code.description().to_owned(),
        (_, Code::Unimplemented) => {
            "this sloopd does not know that request; is it older than the client?".to_owned()
        }
        (message, _) => message.to_owned(),
    }
}

fn io_kind(error: &(dyn std::error::Error + 'static)) -> Option<io::ErrorKind> {
    chain(error).find_map(|error| error.downcast_ref::<io::Error>()).map(io::Error::kind)
}

fn root(error: &(dyn std::error::Error + 'static)) -> String {
    chain(error).last().map_or_else(String::new, ToString::to_string)
}

fn chain<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tonic_types::ErrorDetails;

    use super::*;

    #[test]
    fn each_kind_of_refusal_has_its_exit_code() {
        let cases = [
            (Code::InvalidArgument, "InvalidInputException", "", Exit::Usage),
            (Code::InvalidArgument, "InvalidInputException", "NameExists", Exit::Conflict),
            (Code::AlreadyExists, "InvalidInputException", "", Exit::Conflict),
            (Code::NotFound, "NotFoundException", "", Exit::NotFound),
            (Code::Unknown, "NotFoundException", "", Exit::NotFound),
            (Code::FailedPrecondition, "OperationFailureException", "", Exit::Conflict),
            (Code::ResourceExhausted, "OperationFailureException", "", Exit::Conflict),
            (Code::Unavailable, "ServiceException", "DependencyUnavailable", Exit::Other),
            (Code::PermissionDenied, "AccessDeniedException", "", Exit::Denied),
            (Code::DeadlineExceeded, "", "", Exit::TimedOut),
            (Code::Internal, "ServiceException", "", Exit::Other),
        ];
        for (code, reason, sub_code, exit) in cases {
            assert_eq!(exit_of(code, Some(reason), Some(sub_code)), exit, "{code:?} {reason} {sub_code}");
        }
    }

    #[test]
    fn the_daemons_details_are_kept() {
        let metadata =
            HashMap::from([("code".into(), "BadBundle".into()), ("tip".into(), "see bundles".into())]);
        let mut details = ErrorDetails::with_error_info("InvalidInputException", "lightsail", metadata);
        details.add_bad_request_violation("bundleId", "unknown");
        let status = Status::with_error_details(Code::InvalidArgument, "no bundle x", details);
        let expected = json!({ "error": {
            "type": "InvalidInputException", "code": "BadBundle", "message": "no bundle x",
            "tip": "see bundles", "field": "bundleId",
        }});
        assert_eq!(Failure::from(status).json(), expected);
    }

    #[test]
    fn socket_troubles_name_their_remedy() {
        let path = Path::new("/run/x.sock");
        let missing = Failure::connect(path, &io::Error::from(io::ErrorKind::NotFound));
        assert_eq!(
            (missing.exit, &*missing.message),
            (Exit::Unreachable, "sloopd isn't running at /run/x.sock")
        );
        let denied = Failure::connect(path, &io::Error::from(io::ErrorKind::PermissionDenied));
        assert_eq!(denied.exit, Exit::Denied);
        assert!(denied.tip.is_some_and(|tip| tip.contains("usermod -aG sloop")));
    }
}
