//! When to advertise. Pure.

use std::time::{Duration, Instant};

/// From one advertisement that nobody asked for to the next. No jitter: there is one router on a wire.
const EVERY: Duration = Duration::from_secs(200);

/// At least so long between two. RFC 4861, 6.2.6, asks for three seconds, for wires on which many hosts listen; here one
/// listens, and a guest that starts should not wait so long because the firmware before it has asked, too.
const GAP: Duration = Duration::from_millis(200);

/// When the next advertisement is to be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    last: Option<Instant>,
    next: Instant,
}

impl Pace {
    /// Begins with one at once.
    pub(super) fn new(now: Instant) -> Self {
        Self { last: None, next: now }
    }

    /// When the next one is due, if nobody asks before.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// Whether it is due.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.next <= now
    }

    /// Somebody has asked: the answer comes now, or when the last one is long enough ago.
    pub(super) fn asked(&mut self, now: Instant) {
        let soonest = self.last.map_or(now, |last| now.max(last + GAP));
        self.next = self.next.min(soonest);
    }

    /// One has been sent.
    pub(super) fn sent(&mut self, now: Instant) {
        *self = Self { last: Some(now), next: now + EVERY };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The milliseconds at which is sent in the first `length`, when it is asked at those.
    fn sent(asked: &[u64], length: u64) -> Vec<u64> {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let mut sent = Vec::new();
        for millisecond in 0..length {
            let now = start + Duration::from_millis(millisecond);
            if asked.contains(&millisecond) {
                pace.asked(now);
            }
            if pace.is_due(now) {
                sent.push(millisecond);
                pace.sent(now);
            }
        }
        sent
    }

    #[test]
    fn unasked_it_is_sent_at_once_and_from_time_to_time() {
        assert_eq!(sent(&[], 400_001), [0, 200_000, 400_000]);
    }

    #[test]
    fn an_answer_comes_at_once_or_after_the_gap() {
        assert_eq!(sent(&[50, 60, 1000, 1001], 3000), [0, 200, 1000, 1200]);
    }

    proptest! {
        #[test]
        fn whoever_asks_is_answered_and_nobody_is_flooded(asked in proptest::collection::vec(0..3000u64, 0..60)) {
            let sent = sent(&asked, 4000);
            prop_assert!(sent.windows(2).all(|pair| pair[1] - pair[0] >= 200));
            for at in asked {
                prop_assert!(sent.iter().any(|&sent| (at..=at + 200).contains(&sent)));
            }
        }
    }
}
