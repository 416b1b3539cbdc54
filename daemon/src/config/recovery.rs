//! The table of recoveries.

use std::time::Duration;

use serde::Deserialize;

use super::broken;
use crate::model::{RecoveryPolicy, RecoveryRules, Result};

/// What is done when instances end without being told to.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recovery {
    /// With those of which nobody has said anything else: `always` starts them again, `last-state` unless somebody turned them off,
    /// `never` does not.
    pub policy: PolicyWord,
    /// For how many minutes a guest that had answered may not, until it is taken to hang; 0: for ever.
    pub hung_minutes: u32,
    /// How long a guest may take until it answers for the first time, in minutes.
    pub boot_minutes: u64,
    /// How often an instance is recovered within the window.
    pub limit: usize,
    /// The window, in minutes.
    pub window_minutes: u64,
    /// How long it rests before its second recovery within the window, its third and so on, in seconds; the last one holds for all that
    /// follow.
    pub pause_seconds: Vec<u64>,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyWord {
    /// They are started again.
    Always,
    /// They are, unless somebody turned them off.
    LastState,
    /// They are not.
    Never,
}

/// As many recoveries as are remembered of an instance, and some room.
const MOST: usize = 50;
/// A week.
const LONGEST_MINUTES: u64 = 7 * 24 * 60;

impl Default for Recovery {
    fn default() -> Self {
        Self {
            policy: PolicyWord::LastState,
            hung_minutes: 10,
            boot_minutes: 5,
            limit: 5,
            window_minutes: 60,
            pause_seconds: vec![10, 30, 60, 300],
        }
    }
}

impl Recovery {
    /// What no single value shows.
    pub(super) fn check(&self) -> Result<()> {
        if !(1..=MOST).contains(&self.limit) {
            return Err(broken(format!(
                "recovery.limit must be between 1 and {MOST}; to have none, set recovery.policy to \"never\""
            )));
        }
        for (key, minutes) in [("window_minutes", self.window_minutes), ("boot_minutes", self.boot_minutes)] {
            if !(1..=LONGEST_MINUTES).contains(&minutes) {
                return Err(broken(format!("recovery.{key} must be between 1 and {LONGEST_MINUTES}")));
            }
        }
        if self.pause_seconds.iter().any(|pause| *pause > LONGEST_MINUTES * 60) {
            return Err(broken("recovery.pause_seconds: no rest is longer than a week".into()));
        }
        Ok(())
    }

    /// What holds for all instances.
    pub fn rules(&self) -> RecoveryRules {
        RecoveryRules {
            policy: match self.policy {
                PolicyWord::Always => RecoveryPolicy::Always,
                PolicyWord::LastState => RecoveryPolicy::LastState,
                PolicyWord::Never => RecoveryPolicy::Never,
            },
            hung_minutes: self.hung_minutes,
            boot: Duration::from_mins(self.boot_minutes),
            limit: self.limit,
            window: Duration::from_mins(self.window_minutes),
            pauses: self.pause_seconds.iter().copied().map(Duration::from_secs).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_same_here_and_there() {
        assert_eq!(Recovery::default().rules(), RecoveryRules::default());
    }

    #[test]
    fn what_is_said_holds() {
        let text = "[recovery]\npolicy = 'never'\nhung_minutes = 0\nlimit = 1\npause_seconds = []";
        let rules = crate::config::Config::parse(text).expect("sound").recovery.rules();
        let expected = RecoveryRules {
            policy: RecoveryPolicy::Never,
            hung_minutes: 0,
            limit: 1,
            pauses: Vec::new(),
            ..RecoveryRules::default()
        };
        assert_eq!(rules, expected);
    }
}
