//! Who asks, by which door, and what they may see.

use std::str::FromStr;

use super::{Error, Result};

/// The user that a resource belongs to: a login name, or `uid:N` for one without.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner(pub String);

/// From where somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// The control socket.
    Grpc,
    /// Lightsail's wire protocol.
    Lightsail,
    /// The web console.
    Console,
    /// The metadata address: what a guest says of itself.
    Metadata,
    /// None: the daemon does it by itself.
    Daemon,
}

impl Door {
    /// Every one of them.
    pub const ALL: [Self; 5] = [Self::Grpc, Self::Lightsail, Self::Console, Self::Metadata, Self::Daemon];

    /// Its word in the history.
    pub fn word(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Lightsail => "lightsail",
            Self::Console => "console",
            Self::Metadata => "metadata",
            Self::Daemon => "daemon",
        }
    }
}

impl FromStr for Door {
    type Err = Error;
    fn from_str(word: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|one| one.word() == word);
        found.ok_or_else(|| Error::internal(format!("no such door: {word:?}")))
    }
}

/// Whoever stands at a door, as the kernel or a signature vouches for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who that is: a login name, `uid:N` for one without, a key, `guest`, or `sloopd` for the daemon itself.
    pub name: String,
    /// Owner of what they make.
    pub owner: Owner,
    /// From where they ask.
    pub door: Door,
    /// Whether they see and change everybody's resources.
    pub admin: bool,
}

/// What the daemon calls itself.
const DAEMON: &str = "sloopd";

impl Caller {
    /// A user, who owns what they make.
    pub fn new(name: impl Into<String>, door: Door, admin: bool) -> Self {
        let name = name.into();
        Self { owner: Owner(name.clone()), name, door, admin }
    }

    /// The daemon itself, which acts for that owner and may do no more than they.
    pub fn daemon(owner: &Owner) -> Self {
        Self { owner: owner.clone(), ..Self::new(DAEMON, Door::Daemon, false) }
    }

    /// The daemon itself, where it acts for nobody.
    pub fn daemon_alone() -> Self {
        Self::new(DAEMON, Door::Daemon, true)
    }

    /// A guest of that owner's, which says something of itself.
    pub fn guest(owner: &Owner) -> Self {
        Self { owner: owner.clone(), ..Self::new("guest", Door::Metadata, false) }
    }
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
        self.only(caller).is_none_or(|only| only == owner)
    }

    /// The only owner whose resources `caller` may see and change; none where they may see everybody's.
    pub fn only(self, caller: &Caller) -> Option<&Owner> {
        (self == Self::Private && !caller.admin).then_some(&caller.owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_door_is_read_as_it_is_written() {
        for door in Door::ALL {
            assert_eq!(door.word().parse::<Door>().expect("its own word"), door);
        }
        "window".parse::<Door>().expect_err("no door");
    }

    #[test]
    fn the_daemon_may_no_more_than_whom_it_acts_for() {
        let (ann, bob) = (Owner("ann".into()), Owner("bob".into()));
        let daemon = Caller::daemon(&ann);
        assert!(Access::Private.allows(&daemon, &ann) && !Access::Private.allows(&daemon, &bob));
        assert_eq!((daemon.name.as_str(), daemon.door), ("sloopd", Door::Daemon));
        assert_eq!(Access::Shared.only(&daemon), None);
        assert_eq!(Access::Private.only(&Caller::daemon_alone()), None);
    }
}
