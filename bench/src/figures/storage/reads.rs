//! Random reads of what a qcow2 file holds, by qemu-img.

use std::path::Path;

use anyhow::{Context as _, Result};
use sloop_lab::Lab;

use crate::stats::Sample;

/// What is read at once, in bytes.
const BLOCK: u32 = 4096;

/// Reads of the beginning of a disk, eight at once.
pub(super) struct Reads {
    /// How much of it.
    pub(super) mebibytes: u32,
    /// How many at a time.
    pub(super) count: u32,
    /// The word of `qemu-img` for what may keep what was read: `writeback`, or `none`.
    pub(super) cache: &'static str,
}

impl Reads {
    /// Microseconds of a read of one file and of the other, in turn, each as often before the other.
    pub(super) fn beside(&self, lab: &Lab, files: [&Path; 2], rounds: usize) -> Result<[Sample; 2]> {
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..rounds {
            for turn in [round % 2, (round + 1) % 2] {
                times[turn].push(self.take(lab, files[turn])?);
            }
        }
        Ok(times.map(|times| times.into_iter().collect()))
    }

    fn take(&self, lab: &Lab, file: &Path) -> Result<f64> {
        let Self { mebibytes, count, cache } = self;
        let (bytes, step) = (u64::from(*mebibytes) << 20, stride(*mebibytes));
        let part = format!("driver=raw,offset=0,size={bytes}");
        let file = format!("file.driver=qcow2,file.file.driver=file,file.file.filename={}", file.display());
        let bench = format!("qemu-img bench -c {count} -d 8 -s {BLOCK} -S {step} -t {cache}");
        let told = lab.shell(&format!("{bench} --image-opts '{part},{file}'"))?;
        Ok(seconds(&told).with_context(|| format!("a time: {told}"))? * 1e6 / f64::from(*count))
    }
}

/// From one read to the next, in bytes: about the golden section of the whole, and an odd number of blocks, so that each block's turn
/// comes before any comes twice, and none is near the one before it.
fn stride(mebibytes: u32) -> u64 {
    let blocks = (u64::from(mebibytes) << 20) / u64::from(BLOCK);
    ((blocks * 618 / 1000) | 1) * u64::from(BLOCK)
}

/// `Run completed in 1.234 seconds.`
fn seconds(told: &str) -> Option<f64> {
    let mut lines = told.lines();
    lines.find_map(|line| line.strip_prefix("Run completed in ")?.strip_suffix(" seconds.")?.parse().ok())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn times_are_read() {
        let told = "Sending 10 read requests, 4096 bytes each\nRun completed in 1.250 seconds.\n";
        assert_eq!(seconds(told), Some(1.25));
        assert_eq!(seconds("qemu-img: no"), None);
    }

    #[test]
    fn every_block_is_read_once_before_any_is_read_twice() {
        let (blocks, step) = (256 * 256, stride(256) / u64::from(BLOCK));
        let read: BTreeSet<u64> = (0..blocks).map(|turn| turn * step % blocks).collect();
        assert_eq!(read.len() as u64, blocks);
    }
}
