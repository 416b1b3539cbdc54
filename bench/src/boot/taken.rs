//! What a boot took.

use std::{fs::read_to_string, path::Path, time::Instant};

use super::Ring;

/// What a boot took, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    /// By the clock.
    pub(crate) time: f64,
    /// Of processors, by QEMU: the same work on a busy machine, where the clock runs on.
    pub(crate) processor: f64,
}

/// What /proc counts processor time in, on every architecture.
const TICKS_A_SECOND: f64 = 100.0;

impl Taken {
    /// What was taken since `began` by the only guest that runs in the lab.
    pub(super) fn since(began: Instant, ring: &Ring) -> Self {
        let time = began.elapsed().as_secs_f64();
        let lab = ring.lab.dir().display().to_string();
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let processor =
            processes.filter_map(|entry| ticks(&entry.path(), &lab)).sum::<f64>() / TICKS_A_SECOND;
        Self { time, processor }
    }
}

/// Processor time of a process, if it is a QEMU of that lab.
fn ticks(process: &Path, lab: &str) -> Option<f64> {
    let command = read_to_string(process.join("cmdline")).ok()?;
    let (program, arguments) = command.split_once('\0')?;
    if !program.ends_with("qemu-system-x86_64") || !arguments.contains(lab) {
        return None;
    }
    used(&read_to_string(process.join("stat")).ok()?)
}

/// The time spent in user mode and in the kernel. The name before them may hold anything, and ends with a bracket.
fn used(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    Some(fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_times_are_counted_whatever_the_name() {
        let stat = "7 (qemu) (x) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 4 0 99";
        assert_eq!(used(stat), Some(300.0));
    }
}
