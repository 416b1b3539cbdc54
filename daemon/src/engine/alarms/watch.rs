//! Since when alarms are watched, and what was evaluated.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use crate::model::{Alarm, AlarmId};

/// Whoever has not looked for so many minutes has not watched: the host was suspended, or its clock was set.
const GAP_MINUTES: i64 = 3;

/// Since when alarms are watched, and what was evaluated.
#[derive(Default)]
pub(in crate::engine) struct Watch(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// Since when, and when it was looked last.
    watched: Option<(Timestamp, Timestamp)>,
    /// The last period of each alarm that was evaluated, by its end, and what the alarm watched then, by when that was said.
    done: HashMap<AlarmId, (i64, Timestamp)>,
}

impl Watch {
    /// Somebody looks. Says since when somebody has without a gap.
    pub(super) fn begin(&self, now: Timestamp) -> Timestamp {
        let mut inner = self.lock();
        let gap = SignedDuration::from_mins(GAP_MINUTES);
        let seamless = |last: Timestamp| (SignedDuration::ZERO..=gap).contains(&now.duration_since(last));
        let since = inner.watched.filter(|(_, last)| seamless(*last)).map_or(now, |(since, _)| since);
        inner.watched = Some((since, now));
        since
    }

    /// Forgets alarms that are gone.
    pub(super) fn keep(&self, alarms: &[Alarm]) {
        self.lock().done.retain(|id, _| alarms.iter().any(|alarm| alarm.id == *id));
    }

    /// Whether an alarm was not evaluated for the period that ended then.
    pub(super) fn is_due(&self, alarm: &Alarm, end: i64) -> bool {
        self.lock().done.get(&alarm.id) != Some(&(end, alarm.put_at))
    }

    /// It was.
    pub(super) fn evaluated(&self, alarm: &Alarm, end: i64) {
        self.lock().done.insert(alarm.id, (end, alarm.put_at));
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_begins_anew() {
        let watch = Watch::default();
        let at = |minutes| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        for (now, since) in [(10, 10), (11, 10), (14, 10), (18, 18), (19, 18), (5, 5), (6, 5)] {
            assert_eq!(watch.begin(at(now)), at(since), "{now}");
        }
    }
}
