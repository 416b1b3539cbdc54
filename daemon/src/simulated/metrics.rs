//! What is measured of simulated instances: kept in memory, and made up where nobody says what it is.

use std::{
    collections::{BTreeMap, HashMap},
    sync::PoisonError,
    time::Duration,
};

use async_trait::async_trait;

use super::Simulated;
use crate::{
    model::{DiskUsage, Error, InstanceId, Metric, Point, Result, Sample, Span, Subject, TICK, Tick, Usage},
    ports::Metrics,
};

/// Samples, by what they are of.
pub(super) type Kept = HashMap<(Subject, Metric), BTreeMap<Tick, f64>>;

impl Simulated {
    /// A guest that has little to do: a few percent of a processor, and a write now and then.
    pub(super) fn made_up(&self, id: InstanceId, boot: u32) -> Usage {
        let began = self.inner.began.elapsed();
        let share = 20 + u64::from(id.0.as_bytes()[0] % 40);
        let cpu = began.mul_f64(f64::from(u32::try_from(share).unwrap_or_default()) / 1000.0);
        let writes = began.as_secs() / 5;
        let disks = DiskUsage {
            write_ops: writes,
            write_bytes: writes * 4096,
            write_time: Duration::from_micros(300) * u32::try_from(writes).unwrap_or(u32::MAX),
            ..DiskUsage::default()
        };
        Usage { boot: boot.into(), cpu: Some(cpu), resident: Some(200 << 20), disks: Some(disks) }
    }
}

#[async_trait]
impl Metrics for Simulated {
    async fn record(&self, at: Tick, samples: Vec<Sample>) -> Result<()> {
        drop(self.call("record")?);
        let mut kept = self.inner.measured.lock().unwrap_or_else(PoisonError::into_inner);
        for Sample { subject, metric, value } in samples {
            kept.entry((subject, metric)).or_default().insert(at, value);
        }
        Ok(())
    }

    async fn points(&self, of: Subject, metric: Metric, span: Span, period: u32) -> Result<Vec<Point>> {
        drop(self.call("points")?);
        if period == 0 || i64::from(period) % TICK != 0 {
            return Err(Error::internal(format!("no points of {period} seconds are kept")));
        }
        let period = i64::from(period);
        let kept = self.inner.measured.lock().unwrap_or_else(PoisonError::into_inner);
        let mut points: Vec<Point> = Vec::new();
        for (tick, value) in kept.get(&(of, metric)).into_iter().flatten() {
            if !(span.start..span.end).contains(&tick.second()) {
                continue;
            }
            let start = tick.second().div_euclid(period) * period;
            let point = Point::one(start, *value);
            match points.last_mut().filter(|last| last.start == start) {
                Some(last) => last.merge(&point),
                None => points.push(point),
            }
        }
        Ok(points)
    }

    async fn forget(&self, of: Subject) -> Result<()> {
        drop(self.call("forget")?);
        let mut kept = self.inner.measured.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(subject, _), _| *subject != of);
        Ok(())
    }

    async fn flush(&self) -> Result<()> {
        self.call("flush").map(drop)
    }

    async fn room(&self) -> Result<u64> {
        Ok(0)
    }
}
