//! Who asks, and what they may see.

/// The user that a resource belongs to: a login name, or `uid:N` for one without.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner(pub String);

/// Whoever stands at a door, as the kernel or a signature vouches for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Owner of what they make.
    pub owner: Owner,
    /// Whether they see and change everybody's resources.
    pub admin: bool,
}

/// Who shares what, from the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody who may talk to the daemon shares everything: a homelab.
    Shared,
    /// Everybody sees their own, administrators see all: a class.
    Private,
}

impl Access {
    /// Whether `caller` may see and change what belongs to `owner`.
    pub fn allows(self, caller: &Caller, owner: &Owner) -> bool {
        self == Self::Shared || caller.admin || caller.owner == *owner
    }
}
