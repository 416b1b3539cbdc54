//! The life of an instance.
//!
//! ```text
//!   create ─▶ pending ─▶ running ─▶ stopping ─▶ stopped ─▶ pending (start)
//!                │           │                     │
//!                └───────────┴──── delete ─────────┴──▶ shutting-down ─▶ (gone)
//! ```

use std::{fmt, str::FromStr};

use super::{Error, Kind, Result};

/// What an instance is doing, with Lightsail's words and codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Being made or started.
    Pending,
    /// Its virtual machine runs.
    Running,
    /// Being shut down.
    Stopping,
    /// Its virtual machine is off; its disk is kept.
    Stopped,
    /// Being deleted.
    ShuttingDown,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Running, Self::Stopping, Self::Stopped, Self::ShuttingDown];

    /// Lightsail's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::ShuttingDown => "shutting-down",
        }
    }

    /// Lightsail's code.
    pub fn code(self) -> i32 {
        match self {
            Self::Pending => 0,
            Self::Running => 16,
            Self::ShuttingDown => 32,
            Self::Stopping => 64,
            Self::Stopped => 80,
        }
    }

    /// Whether it counts against the host's memory.
    pub fn takes_memory(self) -> bool {
        self != Self::Stopped
    }

    /// Start needs a stopped instance.
    pub fn can_start(self) -> bool {
        self == Self::Stopped
    }

    /// Stop needs a running one; with `force` also one that hangs on its way down.
    pub fn can_stop(self, force: bool) -> bool {
        self == Self::Running || (force && self == Self::Stopping)
    }

    /// Reboot needs a running one.
    pub fn can_reboot(self) -> bool {
        self == Self::Running
    }

    /// The refusal for a verb that `name` does not allow in this state.
    pub fn refuse(self, verb: &str, name: impl fmt::Display, tip: &str) -> Error {
        let message = format!("Cannot {verb} {name}: it is {}", self.word());
        Error::new(Kind::WrongState, "InvalidInstanceState", message).tip(tip)
    }
}

impl FromStr for Status {
    type Err = Error;
    fn from_str(word: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|status| status.word() == word)
            .ok_or_else(|| Error::internal(format!("no such instance state: {word:?}")))
    }
}

/// What the hypervisor says of an instance's domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DomainState {
    /// There is no such domain.
    Absent,
    /// Defined, not running.
    Off,
    /// Running, or on its way down but not there yet.
    Running,
    /// Held, for instance because the host's disk is full.
    Paused,
}

impl DomainState {
    /// Whether a QEMU process holds the instance's memory and connections.
    pub fn is_alive(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }
}
