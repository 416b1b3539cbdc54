//! An automatic snapshot in the place of one that has a name.

use clap::Args;

use super::day;
use crate::complete;

/// Which automatic snapshot, if one is meant.
#[derive(Args, Debug)]
pub(in crate::commands) struct AutoOf {
    /// Instance or disk whose automatic snapshot is meant, instead of a snapshot that has a name
    #[arg(long, value_name = "NAME", add = complete::instances_or_disks())]
    pub(in crate::commands) auto_of: Option<String>,
    /// Date of the automatic snapshot [default: that of the latest]
    #[arg(long, value_name = "YYYY-MM-DD", requires = "auto_of", value_parser = day::parse)]
    pub(in crate::commands) date: Option<String>,
}

impl AutoOf {
    /// Whether the latest one is asked for.
    pub(in crate::commands) fn latest(&self) -> Option<bool> {
        day::latest(self.auto_of.as_deref(), self.date.as_deref())
    }
}
