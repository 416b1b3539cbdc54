use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use sloopd::ports::Clock;

/// A clock that stands until it is set.
pub(crate) struct Dial(Mutex<Timestamp>);

impl Clock for Dial {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("unpoisoned")
    }
}

impl Dial {
    pub(crate) fn at(time: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(time.parse().expect("an instant"))))
    }

    pub(crate) fn set(&self, time: &str) {
        *self.0.lock().expect("unpoisoned") = time.parse().expect("an instant");
    }

    pub(crate) fn turn(&self, by: SignedDuration) {
        *self.0.lock().expect("unpoisoned") += by;
    }
}
