//! The time of day.

use jiff::Timestamp;

use crate::ports::Clock;

/// The machine's clock.
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
