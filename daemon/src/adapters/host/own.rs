//! What this process takes, by the kernel's own account of it.

use std::{fs, time::Duration};

use jiff::Timestamp;
use nix::unistd::{SysconfVar, sysconf};

use crate::model::ProcessUse;

/// Reads it; nothing where the kernel's files cannot be read.
pub(super) fn read() -> Option<ProcessUse> {
    let ticks = u64::try_from(sysconf(SysconfVar::CLK_TCK).ok()??).ok().filter(|ticks| *ticks > 0)?;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let resident = resident(&fs::read_to_string("/proc/self/status").ok()?)?;
    let boot = boot(&fs::read_to_string("/proc/stat").ok()?)?;
    let read = |field| Some(time(word(&stat, field)?, ticks));
    let cpu = read(USER)? + read(SYSTEM)?;
    let since_boot = i64::try_from(read(START)?.as_secs()).ok()?;
    let started = Timestamp::from_second(boot.checked_add(since_boot)?).ok()?;
    Some(ProcessUse { resident, cpu, started })
}

/// Fields of /proc/PID/stat, counted from the first one behind the program's name: proc_pid_stat(5).
const USER: usize = 11;
const SYSTEM: usize = 12;
/// Since the host was started.
const START: usize = 19;

/// A field of /proc/PID/stat. The program's name may hold anything, so they are counted from its end on.
fn word(stat: &str, field: usize) -> Option<u64> {
    let (_, words) = stat.rsplit_once(')')?;
    words.split_whitespace().nth(field)?.parse().ok()
}

fn time(ticks: u64, in_a_second: u64) -> Duration {
    Duration::from_millis(ticks.saturating_mul(1000) / in_a_second)
}

/// Memory in bytes, from /proc/PID/status.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

/// When the host was started, in seconds since the epoch, from /proc/stat.
fn boot(stat: &str) -> Option<i64> {
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_counted_behind_the_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 900 0 0 0 250 50 0 0 20 0 3 0 1234 9000000 800";
        let fields = [USER, SYSTEM, START].map(|field| word(stat, field));
        assert_eq!(fields, [Some(250), Some(50), Some(1234)]);
        assert_eq!(word("7 (short) S 1", USER), None);
        assert_eq!(time(250, 100), Duration::from_millis(2500));
    }

    #[test]
    fn memory_and_boot_are_found_in_their_lines() {
        assert_eq!(resident("Name:\tVmRSS\nVmRSS:\t   10240 kB\nRssAnon:\t 1 kB\n"), Some(10_485_760));
        assert_eq!(resident("VmRSS:\t10240\n"), None);
        assert_eq!(boot("cpu  1 2 3\nbtime 1700000000\nprocesses 5\n"), Some(1_700_000_000));
        assert_eq!(boot("cpu  1 2 3\n"), None);
    }

    #[test]
    fn this_test_has_taken_something() {
        let taken = read().expect("the kernel says it");
        assert!(taken.resident > 1 << 20, "{taken:?}");
        assert!(taken.started <= Timestamp::now(), "{taken:?}");
    }
}
