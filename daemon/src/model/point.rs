//! What was measured, and when.

use jiff::Timestamp;
use uuid::Uuid;

use super::{HostId, InstanceId, Metric};

/// Between two samples, in seconds.
pub const TICK: i64 = 10;

/// A moment at which samples are taken: the number of the tick since the epoch, by the time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tick(pub i64);

impl Tick {
    /// The tick that an instant lies in.
    pub fn of(instant: Timestamp) -> Self {
        Self(instant.as_second().div_euclid(TICK))
    }

    /// Its first second, since the epoch.
    pub fn second(self) -> i64 {
        self.0.saturating_mul(TICK)
    }
}

/// Of what something was measured: an instance, or the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject(pub Uuid);

impl From<InstanceId> for Subject {
    fn from(id: InstanceId) -> Self {
        Self(id.0)
    }
}

impl From<HostId> for Subject {
    fn from(id: HostId) -> Self {
        Self(id.0)
    }
}

/// One value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Of what.
    pub subject: Subject,
    /// Which metric.
    pub metric: Metric,
    /// The value, in the metric's unit.
    pub value: f64,
}

/// A stretch of time, in seconds since the epoch: from `start`, up to but not with `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first second.
    pub start: i64,
    /// The second after its last one.
    pub end: i64,
}

/// The samples of one period, together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The period's first second, since the epoch.
    pub start: i64,
    /// How many samples.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The least of them.
    pub min: f64,
    /// The greatest of them.
    pub max: f64,
}

impl Point {
    /// A period with one sample.
    pub fn one(start: i64, value: f64) -> Self {
        Self { start, count: 1, sum: value, min: value, max: value }
    }

    /// Takes what another point of the same period says into this one.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// The mean of its samples.
    #[allow(clippy::cast_precision_loss)] // So many samples no period has.
    pub fn average(&self) -> f64 {
        self.sum / self.count.max(1) as f64
    }
}
