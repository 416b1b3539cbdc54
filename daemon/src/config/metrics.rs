//! The table of what is measured.

use serde::Deserialize;

use super::broken;
use crate::model::Result;

/// Less does not hold a day of a few instances.
const LEAST_MB: u64 = 16;
/// A terabyte: nobody has so much to tell.
const MOST_MB: u64 = 1 << 20;

/// What was measured.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// How much room it may take, in MiB. What is older goes first when it takes more.
    pub max_mb: u64,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { max_mb: 512 }
    }
}

impl Metrics {
    /// What no type shows.
    pub(super) fn check(&self) -> Result<()> {
        if !(LEAST_MB..=MOST_MB).contains(&self.max_mb) {
            return Err(broken(format!("metrics.max_mb must be between {LEAST_MB} and {MOST_MB}")));
        }
        Ok(())
    }
}
