//! The one error of the domain. Each door maps it once.

use std::fmt;

/// What every fallible call of the daemon gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of thing went wrong; decides what a door answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request itself is wrong, whatever the state of the world.
    InvalidInput,
    /// The named thing does not exist, or not for this caller.
    NotFound,
    /// The name belongs to another resource.
    NameInUse,
    /// The resource is in a state that does not allow the verb.
    WrongState,
    /// A configured quota is used up.
    Quota,
    /// The host has not enough of something.
    Capacity,
    /// The caller may not do this.
    AccessDenied,
    /// Something that the daemon depends on does not answer; trying again may help.
    Unavailable,
    /// A fault of the daemon or of a part that should have worked.
    Internal,
}

/// A failure: what is wrong, why, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What sort of failure it is.
    pub kind: Kind,
    /// A stable word for scripts, in the manner of Lightsail's sub-codes.
    pub code: &'static str,
    /// One sentence for people.
    pub message: String,
    /// What to do about it.
    pub tip: Option<String>,
    /// The member of the request that is at fault, by its Lightsail name.
    pub field: Option<&'static str>,
}

impl Error {
    /// A failure with nothing but its kind, code and message.
    pub fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Self { kind, code, message: message.into(), tip: None, field: None }
    }

    /// The request is wrong in its member `field`.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self { field: Some(field), ..Self::new(Kind::InvalidInput, "InvalidParameter", message) }
    }

    /// No such resource. Clients match the word `DoesNotExist`.
    pub fn not_found(what: &str, name: impl fmt::Display) -> Self {
        Self::new(Kind::NotFound, "DoesNotExist", format!("The {what} does not exist: {name}"))
    }

    /// The daemon or one of its parts failed.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, "InternalFailure", message)
    }

    /// A part that the daemon depends on does not answer.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, "DependencyUnavailable", message)
    }

    /// The same failure with advice.
    #[must_use]
    pub fn tip(mut self, tip: impl Into<String>) -> Self {
        self.tip = Some(tip.into());
        self
    }

    /// The same failure, said to have happened while doing something.
    #[must_use]
    pub fn while_doing(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
