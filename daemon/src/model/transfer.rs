//! What instances exchange with the outside, month by month.

use std::fmt;

use jiff::{Timestamp, tz::TimeZone};

/// Bytes in one gigabyte as plans have it: a plan of 1 TB is one of 1024 GB.
const GIGABYTE: u64 = 1 << 30;

/// Bytes to an instance and from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    /// To the instance.
    pub inward: u64,
    /// From the instance.
    pub outward: u64,
}

impl Bytes {
    /// What moved between two readings of counters, `self` being the later one. A counter that went backwards has begun
    /// anew meanwhile: all that it says is new.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self { inward: more(self.inward, before.inward), outward: more(self.outward, before.outward) }
    }

    /// Both together.
    pub fn total(self) -> u64 {
        self.inward.saturating_add(self.outward)
    }
}

fn more(now: u64, before: u64) -> u64 {
    now.checked_sub(before).unwrap_or(now)
}

/// A month, which begins and ends by UTC wherever the host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The month of an instant.
    pub fn of(instant: Timestamp) -> Self {
        let date = instant.to_zoned(TimeZone::UTC).date();
        Self { year: date.year(), month: date.month() }
    }
}

impl fmt::Display for Month {
    /// Such as `2026-11`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:02}", self.year, self.month)
    }
}

/// What an instance moved in a month, beside what its plan allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The month.
    pub month: Month,
    /// Bytes to the instance.
    pub inward: u64,
    /// Bytes from the instance.
    pub outward: u64,
    /// Bytes that both together may come to.
    pub allowed_bytes: u64,
}

impl Transfer {
    /// What moved in a month on a plan of so many GB.
    pub fn new(month: Month, moved: Bytes, allowed_gb: u32) -> Self {
        let Bytes { inward, outward } = moved;
        Self { month, inward, outward, allowed_bytes: u64::from(allowed_gb) * GIGABYTE }
    }

    /// Both ways count against the allowance.
    pub fn used_bytes(&self) -> u64 {
        Bytes { inward: self.inward, outward: self.outward }.total()
    }

    /// What is used, in GB.
    #[allow(clippy::cast_precision_loss)] // Exact up to nine petabytes.
    pub fn used_gb(&self) -> f64 {
        self.used_bytes() as f64 / GIGABYTE as f64
    }

    /// What is allowed, in GB.
    pub fn allowed_gb(&self) -> u64 {
        self.allowed_bytes / GIGABYTE
    }

    /// Whether more is used than is allowed.
    pub fn is_over(&self) -> bool {
        self.used_bytes() > self.allowed_bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn month(instant: &str) -> String {
        Month::of(instant.parse().expect("an instant")).to_string()
    }

    #[test]
    fn months_are_those_of_utc() {
        assert_eq!(month("2026-11-05T10:00:00Z"), "2026-11");
        assert_eq!(month("2026-12-31T23:59:59.999Z"), "2026-12");
        assert_eq!(month("2027-01-01T00:00:00Z"), "2027-01");
        // Still December there.
        assert_eq!(month("2026-12-31T20:00:00-05:00"), "2027-01");
        assert_eq!(month("0007-03-01T00:00:00Z"), "0007-03");
    }

    #[test]
    fn months_come_in_their_order() {
        let of = |instant: &str| Month::of(instant.parse().expect("an instant"));
        assert!(of("2026-12-01T00:00:00Z") < of("2027-01-01T00:00:00Z"));
        assert!(of("2026-09-01T00:00:00Z") < of("2026-10-01T00:00:00Z"));
    }

    #[test]
    fn each_way_begins_anew_by_itself() {
        let (before, now) = (Bytes { inward: 100, outward: 100 }, Bytes { inward: 150, outward: 30 });
        assert_eq!(now.since(before), Bytes { inward: 50, outward: 30 });
        assert_eq!(now.since(now), Bytes::default());
        assert_eq!(Bytes::default().since(now), Bytes::default());
    }

    #[test]
    fn both_ways_count_against_the_plan() {
        let month = Month::of(Timestamp::UNIX_EPOCH);
        let moved = Bytes { inward: 1 << 30, outward: 1 << 29 };
        let transfer = Transfer::new(month, moved, 2);
        assert_eq!((transfer.used_bytes(), transfer.allowed_bytes), (3 << 29, 2 << 30));
        assert_eq!((format!("{:.2}", transfer.used_gb()), transfer.allowed_gb()), ("1.50".to_owned(), 2));
        assert!(!transfer.is_over() && Transfer::new(month, moved, 1).is_over());
        let full = Bytes { inward: 2 << 30, outward: 0 };
        assert!(!Transfer::new(month, full, 2).is_over());
        let endless = Bytes { inward: u64::MAX, outward: 1 };
        assert_eq!(Transfer::new(month, endless, u32::MAX).used_bytes(), u64::MAX);
    }

    /// What happens to a counter.
    #[derive(Clone, Copy, Debug)]
    enum Event {
        /// It counts.
        Moves(u32, u32),
        /// It is read.
        Read,
        /// It is read, begins anew, and is read again when it has come to this share of where it was, in parts of 256.
        Resets(u8, u8),
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            3 => any::<(u32, u32)>().prop_map(|(inward, outward)| Event::Moves(inward, outward)),
            2 => Just(Event::Read),
            1 => any::<(u8, u8)>().prop_map(|(inward, outward)| Event::Resets(inward, outward)),
        ]
    }

    /// A counter, what was made of its readings, and what really moved.
    #[derive(Default)]
    struct Course {
        counter: Bytes,
        last: Bytes,
        sum: Bytes,
        moved: Bytes,
    }

    fn plus(one: Bytes, other: Bytes) -> Bytes {
        Bytes { inward: one.inward + other.inward, outward: one.outward + other.outward }
    }

    impl Course {
        fn moves(&mut self, more: Bytes) {
            self.counter = plus(self.counter, more);
            self.moved = plus(self.moved, more);
        }

        fn read(&mut self) {
            self.sum = plus(self.sum, self.counter.since(self.last));
            self.last = self.counter;
        }

        fn take(&mut self, event: Event) {
            match event {
                Event::Moves(inward, outward) => {
                    self.moves(Bytes { inward: inward.into(), outward: outward.into() });
                }
                Event::Read => self.read(),
                Event::Resets(inward, outward) => {
                    self.read();
                    let share = |of: u64, part: u8| of / 256 * u64::from(part);
                    let begun = Bytes {
                        inward: share(self.last.inward, inward),
                        outward: share(self.last.outward, outward),
                    };
                    self.counter = Bytes::default();
                    self.moves(begun);
                    self.read();
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_readings_sum_up(events in proptest::collection::vec(event(), 0..60)) {
            let mut course = Course::default();
            for event in events {
                course.take(event);
            }
            course.read();
            prop_assert_eq!(course.sum, course.moved);
        }

        /// Whatever is read: never less than the counters grew by, and never more than they say.
        #[test]
        fn nothing_counts_twice(now in any::<(u64, u64)>(), before in any::<(u64, u64)>()) {
            let bytes = |(inward, outward)| Bytes { inward, outward };
            let moved = bytes(now).since(bytes(before));
            prop_assert!(moved.inward <= now.0 && moved.outward <= now.1);
            prop_assert!(moved.inward >= now.0.saturating_sub(before.0));
            prop_assert!(moved.outward >= now.1.saturating_sub(before.1));
        }
    }
}
