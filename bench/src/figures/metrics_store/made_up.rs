//! Guests that have something to do and guests that have not, made up, the same in every run.

use sloopd::model::{Metric, Sample, Subject};

/// A guest. One in four serves people, the others wait.
pub(super) struct Guest {
    /// Who it is.
    pub(super) subject: Subject,
    is_busy: bool,
    state: u64,
    memory: f64,
}

impl Guest {
    /// The so-many-th.
    pub(super) fn new(number: usize) -> Self {
        let state = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(number as u64 + 1);
        Self { subject: super::subject(number), is_busy: number.is_multiple_of(4), state, memory: 50_000.0 }
    }

    /// What is measured of it in that second.
    pub(super) fn measured(&mut self, at: i64) -> Vec<Sample> {
        let load = if self.is_busy { 30.0 } else { 2.0 };
        let requests = (self.about(load) * load).floor();
        // A disk is written now and then, and hardly ever read.
        let writes = if self.about(1.0) < 0.3 { (self.about(load)).floor() } else { 0.0 };
        let reads = if self.about(1.0) < 0.01 { (self.about(4.0)).floor() } else { 0.0 };
        self.memory += if self.about(1.0) < 0.05 { (self.about(64.0)).floor() - 32.0 } else { 0.0 };
        let looks = at.rem_euclid(60) == 0;
        let checks = [
            (Metric::StatusCheckFailed, 0.0),
            (Metric::StatusCheckFailedInstance, 0.0),
            (Metric::StatusCheckFailedSystem, 0.0),
        ];
        let queue = (writes + reads) * 0.0007;
        let values = [
            (Metric::CpuUtilization, load + self.about(load / 3.0)),
            (Metric::NetworkIn, requests * 420.0 + 42.0),
            (Metric::NetworkOut, requests * 1800.0 + (requests * self.about(900.0)).floor()),
            (Metric::DiskReadOps, reads),
            (Metric::DiskWriteOps, writes),
            (Metric::DiskReadBytes, reads * 16_384.0),
            (Metric::DiskWriteBytes, writes * 4096.0),
            (
                Metric::DiskTotalReadTime,
                reads * 0.000_4 + if reads > 0.0 { self.about(0.000_2) } else { 0.0 },
            ),
            (
                Metric::DiskTotalWriteTime,
                writes * 0.000_7 + if writes > 0.0 { self.about(0.000_3) } else { 0.0 },
            ),
            (Metric::DiskQueueLength, queue),
            (Metric::BurstCapacityTime, 4320.0),
            (Metric::BurstCapacityPercentage, 100.0),
            (Metric::MetadataNoToken, 0.0),
            (Metric::MemoryResident, self.memory * 4096.0),
        ];
        let checks = checks.into_iter().filter(|_| looks);
        let sample = |(metric, value)| Sample { subject: self.subject, metric, value };
        values.into_iter().chain(checks).map(sample).collect()
    }

    /// A number from 0 up to that one, any of them as likely as any other.
    #[allow(clippy::cast_precision_loss)] // 32 bits.
    fn about(&mut self, most: f64) -> f64 {
        // A linear congruential generator, Knuth's numbers.
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 32) as f64 / 4_294_967_296.0 * most
    }
}
