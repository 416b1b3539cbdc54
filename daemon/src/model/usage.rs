//! What the counters of a machine say.

use std::time::Duration;

/// What an instance has used since it was started, as the host sees it. What cannot be read now is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Another one with each start: counters begin anew.
    pub boot: u64,
    /// Time that its virtual processors ran, all together.
    pub cpu: Option<Duration>,
    /// Memory of the host that it takes, in bytes.
    pub resident: Option<u64>,
    /// What its disks did, all together.
    pub disks: Option<DiskUsage>,
}

/// What disks did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskUsage {
    /// Reads.
    pub read_ops: u64,
    /// Writes.
    pub write_ops: u64,
    /// Bytes read.
    pub read_bytes: u64,
    /// Bytes written.
    pub write_bytes: u64,
    /// Time that all reads took together.
    pub read_time: Duration,
    /// Time that all writes took together.
    pub write_time: Duration,
}

/// How busy the host is. What cannot be read is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HostLoad {
    /// Share of its processors that was used since this was asked last, in percent. None when it is asked for the first time.
    pub cpu_percent: Option<f64>,
    /// Memory that is used, in bytes.
    pub memory_used: Option<u64>,
    /// Programs that wanted to run in the last minute, on average.
    pub load: Option<f64>,
}
