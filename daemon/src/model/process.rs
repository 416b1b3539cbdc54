//! What the daemon itself takes of its host.

use std::time::Duration;

use jiff::Timestamp;

/// What a process has taken since it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessUse {
    /// Memory that it has now, in bytes.
    pub resident: u64,
    /// Time that it ran, all its threads together.
    pub cpu: Duration,
    /// When it began.
    pub started: Timestamp,
}
