//! What is done when an instance ends without being told to.
//!
//! It is started again, or left off: that is for its policy to say, and for how it ended. One that ends again and again is given more
//! and more rest, and given up in the end.

use std::{str::FromStr, time::Duration};

use jiff::Timestamp;

use super::{Error, Status};

/// What an instance's owner wants done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecoveryPolicy {
    /// It is started again, whatever ended it: also its own shutdown.
    Always,
    /// It is started again when it crashed or hung, or ran when the host went down. What somebody turned off stays off, be it from
    /// within or from outside.
    #[default]
    LastState,
    /// Nothing.
    Never,
}

impl RecoveryPolicy {
    /// Every policy.
    pub const ALL: [Self; 3] = [Self::Always, Self::LastState, Self::Never];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::LastState => "last-state",
            Self::Never => "never",
        }
    }

    /// Whether it wants an instance started again that ended so.
    pub fn covers(self, cause: Cause) -> bool {
        match self {
            Self::Always => true,
            Self::LastState => !matches!(cause, Cause::PoweredOff | Cause::Destroyed),
            Self::Never => false,
        }
    }
}

impl FromStr for RecoveryPolicy {
    type Err = Error;
    fn from_str(word: &str) -> Result<Self, Error> {
        let known = Self::ALL.into_iter().find(|policy| policy.word() == word);
        known.ok_or_else(|| {
            Error::invalid("policy", format!("No such recovery policy: {word:?}"))
                .tip("choose always, last-state or never")
        })
    }
}

/// How a machine ended, as the hypervisor tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The guest shut itself down.
    Guest,
    /// The host told QEMU to end, by a signal: so it is when the host goes down.
    Signal,
    /// QEMU died.
    Crashed,
    /// The guest's kernel gave up.
    Panicked,
    /// Somebody had the hypervisor cut its power.
    Destroyed,
    /// Nobody knows: the hypervisor was away, or the host was.
    Unknown,
}

/// Why an instance is to be started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The guest shut itself down.
    PoweredOff,
    /// Somebody had the hypervisor cut its power.
    Destroyed,
    /// The host told QEMU to end.
    Signal,
    /// QEMU died.
    Crashed,
    /// The guest's kernel gave up.
    Panicked,
    /// The guest does not answer any more.
    Hung,
    /// The host was started anew.
    HostDown,
    /// It ended while nobody looked.
    Unseen,
}

impl From<Ending> for Cause {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Guest => Self::PoweredOff,
            Ending::Signal => Self::Signal,
            Ending::Crashed => Self::Crashed,
            Ending::Panicked => Self::Panicked,
            Ending::Destroyed => Self::Destroyed,
            Ending::Unknown => Self::Unseen,
        }
    }
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 8] = [
        Self::PoweredOff,
        Self::Destroyed,
        Self::Signal,
        Self::Crashed,
        Self::Panicked,
        Self::Hung,
        Self::HostDown,
        Self::Unseen,
    ];

    /// The word that it is written down by.
    pub fn word(self) -> &'static str {
        match self {
            Self::PoweredOff => "powered-off",
            Self::Destroyed => "destroyed",
            Self::Signal => "signal",
            Self::Crashed => "crashed",
            Self::Panicked => "panicked",
            Self::Hung => "hung",
            Self::HostDown => "host-down",
            Self::Unseen => "unseen",
        }
    }

    /// For people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::PoweredOff => "the guest shut itself down",
            Self::Destroyed => "its power was cut behind the daemon's back",
            Self::Signal => "QEMU was ended by a signal of the host",
            Self::Crashed => "QEMU ended by itself",
            Self::Panicked => "the guest's kernel panicked",
            Self::Hung => "the guest did not answer any more",
            Self::HostDown => "the host was restarted",
            Self::Unseen => "it ended while nobody looked",
        }
    }
}

impl FromStr for Cause {
    type Err = Error;
    fn from_str(word: &str) -> Result<Self, Error> {
        let known = Self::ALL.into_iter().find(|cause| cause.word() == word);
        known.ok_or_else(|| Error::internal(format!("no such cause of a recovery: {word:?}")))
    }
}

/// What is written down of an instance's recoveries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveryRecord {
    /// What its owner wants; none where the configuration decides.
    pub policy: Option<RecoveryPolicy>,
    /// Why it was begun to be recovered, until that is done. It stays where it was given up.
    pub cause: Option<Cause>,
    /// It is not tried again before somebody starts it.
    pub given_up: bool,
    /// Whether the guest has answered since it was started.
    pub answered: bool,
    /// When it was recovered, as far as that counts, the oldest first.
    pub times: Vec<Timestamp>,
}

/// What holds for all instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryRules {
    /// What is done with those whose owners have not said what.
    pub policy: RecoveryPolicy,
    /// For so many checks in a row, one a minute, a guest may fail to answer until it is taken to hang; 0: for ever.
    pub hung_minutes: u32,
    /// How long a guest may take until it answers for the first time.
    pub boot: Duration,
    /// How often an instance is recovered within the window.
    pub limit: usize,
    /// The window.
    pub window: Duration,
    /// The rest that it is given before its second recovery within the window, its third and so on; the last one holds for all that follow.
    pub pauses: Vec<Duration>,
}

impl Default for RecoveryRules {
    fn default() -> Self {
        Self {
            policy: RecoveryPolicy::default(),
            hung_minutes: 10,
            boot: Duration::from_mins(5),
            limit: 5,
            window: Duration::from_hours(1),
            pauses: [10, 30, 60, 300].map(Duration::from_secs).to_vec(),
        }
    }
}

/// An instance that ended.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// What it should be doing.
    pub status: Status,
    /// What its owner wants.
    pub policy: RecoveryPolicy,
    /// Why it ended.
    pub cause: Cause,
    /// It was tried already for that reason, and did not work.
    pub again: bool,
    /// It was given up, and nobody has started it since.
    pub given_up: bool,
    /// When it was recovered.
    pub times: &'a [Timestamp],
    /// Now.
    pub now: Timestamp,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing.
    Leave,
    /// It is started now.
    Recover {
        /// Whether it counts towards the limit.
        counts: bool,
    },
    /// It is started after a rest.
    After(Duration),
    /// The limit is reached.
    GiveUp,
}

impl RecoveryRules {
    /// What is done with it. Only what should run is ever started.
    pub fn decide(&self, situation: &Situation<'_>) -> Decision {
        let Situation { status, policy, cause, again, given_up, times, now } = *situation;
        if status != Status::Running || given_up || !policy.covers(cause) {
            return Decision::Leave;
        }
        // That the host went down is not the instance's fault; that it does not start then may be.
        if cause == Cause::HostDown && !again {
            return Decision::Recover { counts: false };
        }
        let recent = self.recent(times, now);
        if recent >= self.limit {
            return Decision::GiveUp;
        }
        let pause = recent.checked_sub(1).and_then(|nth| self.pauses.get(nth).or(self.pauses.last()));
        match pause.filter(|pause| !pause.is_zero()) {
            Some(pause) => Decision::After(*pause),
            None => Decision::Recover { counts: true },
        }
    }

    /// How many of those lie within the window. By the time of day, which may have been set meanwhile: what lies ahead counts as what lies
    /// as far behind.
    pub fn recent(&self, times: &[Timestamp], now: Timestamp) -> usize {
        times.iter().filter(|time| now.duration_since(**time).unsigned_abs() < self.window).count()
    }
}

#[cfg(test)]
mod tests;
