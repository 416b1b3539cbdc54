//! What is remembered of instances that are to be started again.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::model::InstanceId;

/// Instances that are given a rest, and what is known of the others.
#[derive(Default)]
pub(in crate::engine) struct Waits {
    /// Until when each has its rest.
    due: Mutex<HashMap<InstanceId, Instant>>,
    /// Those that ran when the host went down.
    cut_off: Mutex<HashSet<InstanceId>>,
    /// The daemon is about to end.
    ending: AtomicBool,
}

/// How it stands with an instance's rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// It has none.
    None,
    /// It is not over.
    Going,
    /// It has had it.
    Over,
}

impl Waits {
    /// Has it rest for so long; says until when.
    pub(super) fn begin(&self, id: InstanceId, pause: Duration) -> Instant {
        let due = Instant::now() + pause;
        lock(&self.due).insert(id, due);
        due
    }

    /// How it stands with its rest. One that is over is forgotten.
    pub(super) fn rest(&self, id: InstanceId) -> Rest {
        let mut all = lock(&self.due);
        match all.get(&id) {
            None => Rest::None,
            Some(due) if Instant::now() < *due => Rest::Going,
            Some(_) => {
                all.remove(&id);
                Rest::Over
            }
        }
    }

    /// How long its rest will last; none where it has none.
    pub(super) fn left(&self, id: InstanceId) -> Option<Duration> {
        let due = lock(&self.due).get(&id).copied()?;
        Some(due.saturating_duration_since(Instant::now()))
    }

    /// Something else was decided, or is to be. Says whether it had a rest.
    pub(in crate::engine) fn forget(&self, id: InstanceId) -> bool {
        lock(&self.cut_off).remove(&id);
        lock(&self.due).remove(&id).is_some()
    }

    /// These ran when the host went down.
    pub(super) fn cut_off(&self, ids: impl Iterator<Item = InstanceId>) {
        lock(&self.cut_off).extend(ids);
    }

    /// Whether it ran when the host went down.
    pub(super) fn was_cut_off(&self, id: InstanceId) -> bool {
        lock(&self.cut_off).contains(&id)
    }

    pub(super) fn end(&self) {
        self.ending.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::SeqCst)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_is_had_once() {
        let (waits, id) = (Waits::default(), InstanceId::fresh());
        assert_eq!((waits.rest(id), waits.left(id)), (Rest::None, None));
        waits.begin(id, Duration::from_hours(1));
        assert_eq!(waits.rest(id), Rest::Going);
        assert!(waits.left(id).is_some_and(|left| left > Duration::from_mins(59)));
        assert!(waits.forget(id) && !waits.forget(id));
        waits.begin(id, Duration::ZERO);
        assert_eq!((waits.rest(id), waits.rest(id)), (Rest::Over, Rest::None));
    }

    #[test]
    fn who_was_cut_off_is_so_until_something_is_decided() {
        let (waits, id) = (Waits::default(), InstanceId::fresh());
        waits.cut_off([id].into_iter());
        assert!(waits.was_cut_off(id) && waits.was_cut_off(id));
        waits.forget(id);
        assert!(!waits.was_cut_off(id));
    }
}
