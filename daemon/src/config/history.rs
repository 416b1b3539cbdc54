//! The table of the history.

use serde::Deserialize;

use super::broken;
use crate::model::Result;

/// A century: nobody asks for more.
const LONGEST_DAYS: u32 = 36_500;

/// What was done.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct History {
    /// How long operations are kept after they ended, in days.
    pub keep_days: u32,
}

impl Default for History {
    fn default() -> Self {
        Self { keep_days: 730 }
    }
}

impl History {
    /// What no type shows.
    pub(super) fn check(&self) -> Result<()> {
        if !(1..=LONGEST_DAYS).contains(&self.keep_days) {
            return Err(broken(format!("history.keep_days must be between 1 and {LONGEST_DAYS}")));
        }
        Ok(())
    }
}
