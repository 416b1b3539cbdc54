//! What is measured of instances and of the host: names, units, and how finely each is kept.

use std::{fmt, str::FromStr};

macro_rules! metrics {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $word:literal, $unit:ident, $scale:literal;)+) => {
        /// What is measured.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Metric { $($(#[$doc])* $variant),+ }

        impl Metric {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name: Lightsail's, where Lightsail has it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// What its values are counted in.
            pub fn unit(self) -> Unit {
                match self { $(Self::$variant => Unit::$unit),+ }
            }

            /// Its number in files. Never given to another.
            pub fn number(self) -> u8 {
                match self { $(Self::$variant => $number),+ }
            }

            /// Values are kept as whole multiples of one part in so many.
            pub fn scale(self) -> f64 {
                match self { $(Self::$variant => $scale),+ }
            }
        }
    };
}

metrics! {
    /// Share of the plan's virtual processors that the guest used.
    CpuUtilization = 1, "CPUUtilization", Percent, 100.0;
    /// Bytes to the instance, on its wire.
    NetworkIn = 2, "NetworkIn", Bytes, 1.0;
    /// Bytes from the instance, on its wire.
    NetworkOut = 3, "NetworkOut", Bytes, 1.0;
    /// Reads from its disks.
    DiskReadOps = 4, "DiskReadOps", Count, 1.0;
    /// Writes to its disks.
    DiskWriteOps = 5, "DiskWriteOps", Count, 1.0;
    /// Bytes read from its disks.
    DiskReadBytes = 6, "DiskReadBytes", Bytes, 1.0;
    /// Bytes written to its disks.
    DiskWriteBytes = 7, "DiskWriteBytes", Bytes, 1.0;
    /// Time that all reads took together.
    DiskTotalReadTime = 8, "DiskTotalReadTime", Seconds, 1_000_000.0;
    /// Time that all writes took together.
    DiskTotalWriteTime = 9, "DiskTotalWriteTime", Seconds, 1_000_000.0;
    /// Reads and writes that were under way, on average.
    DiskQueueLength = 10, "DiskQueueLength", Count, 1000.0;
    /// Whether a status check failed: 1, else 0.
    StatusCheckFailed = 11, "StatusCheckFailed", Count, 1.0;
    /// Whether the guest failed to answer.
    StatusCheckFailedInstance = 12, "StatusCheckFailed_Instance", Count, 1.0;
    /// Whether the host failed to run it.
    StatusCheckFailedSystem = 13, "StatusCheckFailed_System", Count, 1.0;
    /// How long it could run at full load on what it has saved.
    BurstCapacityTime = 14, "BurstCapacityTime", Seconds, 1.0;
    /// Share of all that it could save that it has saved.
    BurstCapacityPercentage = 15, "BurstCapacityPercentage", Percent, 100.0;
    /// Requests to the metadata address without a session token.
    MetadataNoToken = 16, "MetadataNoToken", Count, 1.0;
    /// Memory of the host that the instance takes. Beyond Lightsail.
    MemoryResident = 17, "MemoryResident", Bytes, 1.0;
    /// Counters that began anew: the instance was started meanwhile. Beyond Lightsail.
    CounterResets = 18, "CounterResets", Count, 1.0;
    /// Share of the host's processors that is used.
    HostCpuUtilization = 64, "HostCPUUtilization", Percent, 100.0;
    /// Memory of the host that is used.
    HostMemoryUsed = 65, "HostMemoryUsed", Bytes, 1.0;
    /// Room that is left where disks are.
    HostDiskFree = 66, "HostDiskFree", Bytes, 1.0;
    /// Programs of the host that wanted to run in the last minute, on average.
    HostLoad = 67, "HostLoad", Count, 100.0;
}

/// What values are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Hundredths of a whole.
    Percent,
    /// Things.
    Count,
}

impl Unit {
    /// Lightsail's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Seconds => "Seconds",
            Self::Bytes => "Bytes",
            Self::Percent => "Percent",
            Self::Count => "Count",
        }
    }
}

impl Metric {
    /// The metric with that number in files.
    pub fn of_number(number: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|metric| metric.number() == number)
    }

    /// Whether it is said of the host and not of an instance.
    pub fn is_of_host(self) -> bool {
        self.number() >= Self::HostCpuUtilization.number()
    }

    /// The shortest period at which Lightsail has points of it, in seconds.
    pub fn granularity(self) -> u32 {
        match self {
            Self::StatusCheckFailed | Self::StatusCheckFailedInstance | Self::StatusCheckFailedSystem => 60,
            _ => 300,
        }
    }
}

impl FromStr for Metric {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL
            .iter()
            .copied()
            .find(|metric| metric.word() == word)
            .ok_or_else(|| format!("no such metric: {word:?}"))
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn numbers_and_names_are_each_ones_own() {
        let numbers: HashSet<_> = Metric::ALL.iter().map(|metric| metric.number()).collect();
        let words: HashSet<_> = Metric::ALL.iter().map(|metric| metric.word()).collect();
        assert_eq!((numbers.len(), words.len()), (Metric::ALL.len(), Metric::ALL.len()));
        for metric in Metric::ALL {
            assert_eq!(Metric::of_number(metric.number()), Some(*metric));
            assert_eq!(metric.word().parse(), Ok(*metric));
        }
    }
}
