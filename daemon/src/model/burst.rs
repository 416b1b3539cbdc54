//! Burst capacity: how a small plan may be fast for a while, and not for ever.
//!
//! ```text
//!   earns     baseline × processors, each second that it runs; a day's worth is kept at most
//!   pays      what its processors run
//!   begins    with half an hour of full speed, or a day's worth where that is less
//!   at zero   each processor is held to the baseline, until there is enough for a while again
//! ```
//! The rules are Lightsail's, but for three things. What an instance begins with (T2's launch credits; Lightsail publishes no
//! number) counts towards the day's worth, so that no percentage is above 100. Use is looked at every ten seconds and not every
//! millisecond, so that an instance may have used more than it had when it is held: that is a debt, which it pays back before it
//! saves again. And where one is held, each of its processors is: two of 10 % are not one of 20 %.
//!
//! Amounts are seconds of one virtual processor. Debts are amounts below zero, and are shown as nothing.

use std::{fmt, time::Duration};

use super::InstanceId;

/// The code of the error of a host that cannot hold processors to a share of their time.
pub const NO_CPU_CONTROLLER: &str = "CpuControllerMissing";

/// What is kept at most: so many seconds of earnings.
const DAY: f64 = 86_400.0;
/// What an instance begins with: so many seconds of each of its processors.
const LAUNCH: f64 = 1_800.0;
/// So many seconds at full speed are saved before one that was held is let go: as long as it is until it is looked at again.
const ROUND: f64 = 10.0;
/// The largest debt, in seconds at full speed: three rounds. Neither rounds that came late nor a host that holds nobody make it one
/// for days.
const DEBT: f64 = 30.0;

/// A share of one processor's time, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CpuShare(u32);

impl CpuShare {
    /// That many percent, to a tenth; none unless it is from 1, the least that Linux and libvirt hold anybody to, to 100.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A whole number from 10 to 1,000.
    pub fn of_percent(percent: f32) -> Option<Self> {
        (1.0..=100.0).contains(&percent).then(|| Self((percent * 10.0).round() as u32))
    }

    /// In thousandths of a processor.
    pub fn thousandths(self) -> u32 {
        self.0
    }
}

impl fmt::Display for CpuShare {
    /// Such as `22.5 %`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 10 {
            0 => write!(out, "{} %", self.0 / 10),
            tenths => write!(out, "{}.{tenths} %", self.0 / 10),
        }
    }
}

/// What an instance has saved, as it is written down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BurstRecord {
    /// Which instance.
    pub id: InstanceId,
    /// Its balance, in seconds of one virtual processor; a debt is below zero.
    pub balance: f64,
    /// Whether its processors may be held. Written before they are, so that a quota is never forgotten.
    pub held: bool,
}

/// The rules of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    baseline: CpuShare,
    cpu_count: u32,
}

impl Burst {
    /// Those of a plan with so many virtual processors, of each of which that share may be used for ever.
    pub fn new(baseline: CpuShare, cpu_count: u32) -> Self {
        Self { baseline, cpu_count: cpu_count.max(1) }
    }

    /// The share of each virtual processor that may be used for ever.
    pub fn baseline(self) -> CpuShare {
        self.baseline
    }

    /// The balance that is never exceeded.
    pub fn capacity(self) -> f64 {
        self.earns() * DAY
    }

    /// The balance to begin with, at each start.
    pub fn launch(self) -> f64 {
        self.full_speed(LAUNCH).min(self.capacity())
    }

    /// The balance after a time in which the processors, all together, ran for so long.
    #[must_use]
    pub fn after(self, balance: f64, elapsed: Duration, used: Duration) -> f64 {
        let balance = balance + self.earns() * elapsed.as_secs_f64() - used.as_secs_f64();
        balance.clamp(-self.full_speed(DEBT), self.capacity())
    }

    /// What each virtual processor is to be held to at that balance; nothing while there is something saved. One that is held already stays so
    /// until there is enough for a round at full speed: it is not held and let go by turns.
    pub fn quota(self, balance: f64, is_held: bool) -> Option<CpuShare> {
        let least = if is_held { self.full_speed(ROUND) } else { 0.0 };
        (balance <= least).then_some(self.baseline)
    }

    /// How long all processors can run at full speed on what is saved alone, as Lightsail's `BurstCapacityTime` says it. What is earned meanwhile
    /// comes on top.
    pub fn time_left(self, balance: f64) -> Duration {
        Duration::from_secs_f64(balance.max(0.0) / f64::from(self.cpu_count))
    }

    /// Share of all that could be saved that is saved, in percent: `BurstCapacityPercentage`.
    pub fn percentage(self, balance: f64) -> f64 {
        balance.max(0.0) / self.capacity() * 100.0
    }

    /// In a second.
    fn earns(self) -> f64 {
        f64::from(self.baseline.0) / 1000.0 * f64::from(self.cpu_count)
    }

    fn full_speed(self, seconds: f64) -> f64 {
        seconds * f64::from(self.cpu_count)
    }
}

#[cfg(test)]
mod tests;
