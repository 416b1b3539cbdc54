use async_trait::async_trait;

use crate::model::{Metric, Point, Result, Sample, Span, Subject, Tick};

/// What was measured: finely for a day, coarser for two weeks, and more coarsely for fifteen months.
#[async_trait]
pub trait Metrics: Send + Sync {
    /// Keeps what was measured at a tick. It can be asked for at once; a daemon that is killed loses a minute of it at most.
    /// What was kept of the same tick before is replaced, metric by metric.
    async fn record(&self, at: Tick, samples: Vec<Sample>) -> Result<()>;

    /// What was measured in a stretch of time, in points of so many seconds: a multiple of 10, or of 60 and 300 where it was long ago.
    /// Points begin at multiples of their length since the epoch. Periods without a sample have no point.
    async fn points(&self, of: Subject, metric: Metric, span: Span, period: u32) -> Result<Vec<Point>>;

    /// Forgets what was measured of a subject.
    async fn forget(&self, of: Subject) -> Result<()>;

    /// Writes all that is not on the disk yet.
    async fn flush(&self) -> Result<()>;

    /// Room that it takes on the disk, in bytes.
    async fn room(&self) -> Result<u64>;
}
