//! From what counters say to what happened between two readings. Pure: time is handed in.

use std::time::{Duration, Instant};

use crate::model::{Bytes, DiskUsage, Metric, Usage};

/// After a longer pause what happened meanwhile is not said of one tick: it is missing.
const GAP: Duration = Duration::from_mins(5);

/// What was read of one instance at one moment. Counters that could not be read are not there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// When, by a clock that nobody sets.
    pub(super) at: Instant,
    /// What the hypervisor says.
    pub(super) usage: Option<Usage>,
    /// What its wire says.
    pub(super) traffic: Option<Bytes>,
    /// Requests to the metadata address without a token.
    pub(super) no_token: u64,
}

/// What was read last of each counter of an instance, and when.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Base {
    boot: Option<u64>,
    cpu: Option<(Instant, Duration)>,
    disks: Option<(Instant, DiskUsage)>,
    traffic: Option<(Instant, Bytes)>,
    no_token: Option<u64>,
}

/// What happened between two readings.
#[derive(Debug, Default)]
pub(super) struct Happened {
    /// In the units of the metrics.
    pub(super) values: Vec<(Metric, f64)>,
    /// How long the processors ran, all together, in how much time. Not where the machine was started meanwhile.
    pub(super) ran: Option<(Duration, Duration)>,
}

impl Base {
    /// What happened since the last reading; nothing where there was none, where it was too long ago, or where a counter went backwards. From
    /// now on `reading` is the last one.
    pub(super) fn advance(&mut self, reading: &Reading, cpu_count: u32) -> Happened {
        let (mut values, mut ran) = (Vec::with_capacity(Metric::ALL.len()), None);
        if let Some(usage) = reading.usage {
            let restarted = self.restarted(&usage, reading.at);
            values.extend(restarted.then_some((Metric::CounterResets, 1.0)));
            if let Some(resident) = usage.resident {
                values.push((Metric::MemoryResident, float(resident)));
            }
            if let Some(cpu) = usage.cpu {
                let before = replace(&mut self.cpu, reading.at, cpu);
                if let Some((pause, used)) =
                    before.and_then(|(pause, before)| Some((pause, cpu.checked_sub(before)?)))
                {
                    values.push((Metric::CpuUtilization, share(used, pause, cpu_count)));
                    ran = (!restarted).then_some((used, pause));
                }
            }
            if let Some(disks) = usage.disks {
                let before = replace(&mut self.disks, reading.at, disks);
                values.extend(before.into_iter().flat_map(|(pause, before)| done(&before, &disks, pause)));
            }
        }
        if let Some(traffic) = reading.traffic
            && let Some((_, before)) = replace(&mut self.traffic, reading.at, traffic)
        {
            // A wire that was made anew counts from zero.
            let moved = traffic.since(before);
            values.push((Metric::NetworkIn, float(moved.inward)));
            values.push((Metric::NetworkOut, float(moved.outward)));
        }
        if let Some(before) = self.no_token.replace(reading.no_token) {
            values.push((Metric::MetadataNoToken, float(reading.no_token.saturating_sub(before))));
        }
        Happened { values, ran }
    }

    /// Whether the machine was started meanwhile. Then it counts from zero: all that it says is new.
    fn restarted(&mut self, usage: &Usage, at: Instant) -> bool {
        let restarted = self.boot.replace(usage.boot).is_some_and(|before| before != usage.boot);
        if restarted {
            let since = |last: Option<Instant>| last.unwrap_or(at);
            self.cpu = Some((since(self.cpu.map(|(at, _)| at)), Duration::ZERO));
            self.disks = Some((since(self.disks.map(|(at, _)| at)), DiskUsage::default()));
        }
        restarted
    }
}

/// Keeps a reading, and gives the one before with how long ago it was, if that was not too long.
fn replace<T>(last: &mut Option<(Instant, T)>, at: Instant, now: T) -> Option<(Duration, T)> {
    let (before_at, before) = last.replace((at, now))?;
    let pause = at.saturating_duration_since(before_at);
    (!pause.is_zero() && pause <= GAP).then_some((pause, before))
}

fn share(used: Duration, pause: Duration, cpu_count: u32) -> f64 {
    let there = pause.as_secs_f64() * f64::from(cpu_count.max(1));
    // The two clocks are read one after the other; nobody uses more than there is.
    (used.as_secs_f64() / there * 100.0).min(100.0)
}

/// What disks did. One that was taken away meanwhile takes its counts with it, and how much that was nobody knows.
fn done(before: &DiskUsage, now: &DiskUsage, pause: Duration) -> Vec<(Metric, f64)> {
    let DiskUsage { read_ops, write_ops, read_bytes, write_bytes, read_time, write_time } = *now;
    let of = || {
        let (reading, writing) =
            (read_time.checked_sub(before.read_time)?, write_time.checked_sub(before.write_time)?);
        Some(vec![
            (Metric::DiskReadOps, float(read_ops.checked_sub(before.read_ops)?)),
            (Metric::DiskWriteOps, float(write_ops.checked_sub(before.write_ops)?)),
            (Metric::DiskReadBytes, float(read_bytes.checked_sub(before.read_bytes)?)),
            (Metric::DiskWriteBytes, float(write_bytes.checked_sub(before.write_bytes)?)),
            (Metric::DiskTotalReadTime, reading.as_secs_f64()),
            (Metric::DiskTotalWriteTime, writing.as_secs_f64()),
            // Little's law: the time that all spent waiting, by the time that passed.
            (Metric::DiskQueueLength, (reading + writing).as_secs_f64() / pause.as_secs_f64()),
        ])
    };
    of().unwrap_or_default()
}

#[allow(clippy::cast_precision_loss)] // Exact up to nine petabytes between two readings.
pub(super) fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests;
