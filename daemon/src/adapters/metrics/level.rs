//! How finely what is kept for how long: three levels, and the windows that each is kept in.

use crate::model::TICK;

/// Five minutes, as they are asked for: fifteen months of them. What is older nobody can ask for.
const FIFTEEN_MONTHS: i64 = 131_400 * 300;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// One of the levels, the finest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Samples, as they were taken.
    Fine,
    /// Points of a minute.
    Minute,
    /// Points of five minutes.
    FiveMinutes,
}

impl Level {
    /// Every one of them.
    pub(super) const ALL: [Self; 3] = [Self::Fine, Self::Minute, Self::FiveMinutes];

    /// Length of a point, in seconds.
    pub(super) fn step(self) -> i64 {
        match self {
            Self::Fine => TICK,
            Self::Minute => 60,
            Self::FiveMinutes => 300,
        }
    }

    /// Length of a window, in seconds: what is in one block. Windows of a level are made of whole ones of the finer level.
    pub(super) fn length(self) -> i64 {
        match self {
            Self::Fine => HOUR,
            Self::Minute => 12 * HOUR,
            Self::FiveMinutes => 5 * DAY,
        }
    }

    /// How long it is kept, in seconds.
    pub(super) fn age(self) -> i64 {
        match self {
            Self::Fine => DAY,
            Self::Minute => 14 * DAY,
            Self::FiveMinutes => FIFTEEN_MONTHS,
        }
    }

    /// Where its blocks are.
    pub(super) fn table(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Minute => "minute",
            Self::FiveMinutes => "five_minutes",
        }
    }

    /// What it is made from.
    pub(super) fn finer(self) -> Option<Self> {
        match self {
            Self::Fine => None,
            Self::Minute => Some(Self::Fine),
            Self::FiveMinutes => Some(Self::Minute),
        }
    }

    /// What is made from it.
    pub(super) fn coarser(self) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.finer() == Some(self))
    }

    /// The number of the window that a second lies in.
    pub(super) fn window(self, second: i64) -> i64 {
        second.div_euclid(self.length())
    }

    /// A window's first second.
    pub(super) fn start(self, window: i64) -> i64 {
        window.saturating_mul(self.length())
    }

    /// The second after a window's last one.
    pub(super) fn end(self, window: i64) -> i64 {
        self.start(window.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_and_points_are_made_of_whole_finer_ones() {
        for level in Level::ALL {
            assert_eq!(level.length() % level.step(), 0);
            if let Some(finer) = level.finer() {
                assert_eq!(level.length() % finer.length(), 0);
                assert_eq!(level.step() % finer.step(), 0);
                // What is made of it is made of all of it: it is still there when the window is over.
                assert!(finer.age() >= level.length());
            }
        }
    }

    #[test]
    fn a_second_lies_in_its_window() {
        for level in Level::ALL {
            for second in [-1, 0, 1, 1_800_000_000] {
                let window = level.window(second);
                assert!((level.start(window)..level.end(window)).contains(&second));
            }
        }
    }
}
