//! When an alarm says what: what somebody said of it, and the bounds that Lightsail sets.

use std::str::FromStr;

use crate::model::{Error, Metric, Result, Statistic};

/// A day, in periods of five minutes.
const PERIODS_MAX: u32 = 288;
/// So many periods more are looked at, in case some of the latest are missing.
const SPARE: u32 = 2;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Lightsail's word.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl FromStr for $name {
            type Err = Error;
            fn from_str(word: &str) -> Result<Self> {
                let known = Self::ALL.iter().copied().find(|one| one.word() == word);
                known.ok_or_else(|| Error::internal(format!(concat!("no such ", $what, ": {:?}"), word)))
            }
        }
    };
}

words!(
    /// How a value must stand to the threshold to be outside of it.
    Comparison, "comparison" {
        /// Greater, or the same.
        AtLeast = "GreaterThanOrEqualToThreshold",
        /// Greater.
        Above = "GreaterThanThreshold",
        /// Less.
        Below = "LessThanThreshold",
        /// Less, or the same.
        AtMost = "LessThanOrEqualToThreshold",
    }
);

words!(
    /// What periods are taken for of which nothing is known.
    MissingData, "treatment of missing data" {
        /// The metric was outside of the threshold.
        Breaching = "breaching",
        /// It was within.
        NotBreaching = "notBreaching",
        /// They change nothing.
        Ignore = "ignore",
        /// Nobody knows, and that is said where nothing else is known.
        Missing = "missing",
    }
);

impl Comparison {
    /// For a line.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::Above => ">",
            Self::Below => "<",
            Self::AtMost => "<=",
        }
    }

    /// For a sentence.
    pub(super) fn phrase(self) -> &'static str {
        match self {
            Self::AtLeast => "greater than or equal to",
            Self::Above => "greater than",
            Self::Below => "less than",
            Self::AtMost => "less than or equal to",
        }
    }
}

/// When an alarm says what: when so many of the latest periods are outside of the threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlarmRule {
    /// How a value must stand to the threshold to be outside of it.
    pub comparison: Comparison,
    /// The threshold, in the metric's unit. Finite.
    pub threshold: f64,
    /// So many periods are looked at.
    pub periods: u32,
    /// So many of them must be outside.
    pub datapoints: u32,
    /// What missing ones are taken for.
    pub missing: MissingData,
}

impl AlarmRule {
    /// What somebody said of it. `datapoints` are all periods where it is not said.
    pub fn new(
        (comparison, threshold): (Comparison, f64),
        periods: i32,
        datapoints: Option<i32>,
        missing: MissingData,
    ) -> Result<Self> {
        if !threshold.is_finite() {
            let message = format!("A threshold is a finite number, not {threshold}");
            return Err(Error::invalid("threshold", message));
        }
        let periods = bounded("evaluationPeriods", periods, PERIODS_MAX)?;
        let datapoints = match datapoints {
            Some(count) => bounded("datapointsToAlarm", count, periods)
                .map_err(|error| error.tip("no more than evaluationPeriods are looked at"))?,
            None => periods,
        };
        Ok(Self { comparison, threshold, periods, datapoints, missing })
    }

    /// Whether a value is outside of the threshold.
    pub fn is_breached_by(&self, value: f64) -> bool {
        match self.comparison {
            Comparison::AtLeast => value >= self.threshold,
            Comparison::Above => value > self.threshold,
            Comparison::Below => value < self.threshold,
            Comparison::AtMost => value <= self.threshold,
        }
    }

    /// So many periods are looked at in all, in case some of the latest are missing.
    pub fn range(&self) -> u32 {
        self.periods + SPARE
    }
}

fn bounded(field: &'static str, count: i32, most: u32) -> Result<u32> {
    let fits = u32::try_from(count).ok().filter(|count| (1..=most).contains(count));
    fits.ok_or_else(|| Error::invalid(field, format!("{field} is 1 to {most}, not {count}")))
}

impl Metric {
    /// What alarms compare of a period, as Lightsail has it.
    pub fn alarm_statistic(self) -> Statistic {
        match self {
            Self::CpuUtilization
            | Self::BurstCapacityTime
            | Self::BurstCapacityPercentage
            | Self::DiskQueueLength
            | Self::MemoryResident
            | Self::HostCpuUtilization
            | Self::HostMemoryUsed
            | Self::HostDiskFree
            | Self::HostLoad => Statistic::Average,
            Self::NetworkIn
            | Self::NetworkOut
            | Self::DiskReadOps
            | Self::DiskWriteOps
            | Self::DiskReadBytes
            | Self::DiskWriteBytes
            | Self::DiskTotalReadTime
            | Self::DiskTotalWriteTime
            | Self::StatusCheckFailed
            | Self::StatusCheckFailedInstance
            | Self::StatusCheckFailedSystem
            | Self::MetadataNoToken
            | Self::CounterResets => Statistic::Sum,
        }
    }
}
