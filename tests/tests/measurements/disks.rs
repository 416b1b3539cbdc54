//! Disks.

use anyhow::{Result, ensure};
use sloop_lab::Lab;

use super::{
    float, launch,
    meter::{Meter, Metric, READ, READS, Told, WRITES, WRITTEN},
    off,
    truth::numbers,
};

/// How much is written and read at a time, and how often: 64 MiB. By O_DIRECT to a disk without a file system, one after the other, so that the
/// kernel of the guest neither keeps, merges nor divides anything, and each is one request.
const BLOCK: u64 = 16 << 10;
const TIMES: u64 = 4096;
/// In hundredths. The system disk counts as well: meanwhile the guest writes its log and its journal, in some dozen requests.
const MARGIN: f64 = 4.0;
/// Of what the guest itself counted, which is read a moment before or after.
const OWN: f64 = 2.0;
const METRICS: [Metric; 4] = [READS, READ, WRITES, WRITTEN];

/// Reads, bytes read, writes and bytes written of all disks, by the guest's own count.
fn own(lab: &Lab) -> Result<Vec<f64>> {
    let script = "cat /sys/block/vd?/stat /sys/block/sd?/stat | \
                  awk '{ r += $1; rb += $3; w += $5; wb += $7 } END { printf \"%d %.0f %d %.0f\\n\", r, rb * 512, w, wb * 512 }'";
    numbers(lab, "web", script)
}

#[test]
fn reads_and_writes_are_those_of_a_known_load() -> Result<()> {
    let lab = Lab::real()?;
    launch(&lab, &["web"])?;
    lab.must(&["disk", "create", "data", "--size", "8"])?;
    lab.must(&["disk", "attach", "data", "web"])?;
    // The only disk behind the controller.
    lab.until("the disk shows in the guest", || {
        Ok(lab.in_guest("web", "ls /dev/sda || true")? == "/dev/sda")
    })?;
    let meter = Meter::of(&lab)?;
    let look = || -> Result<Vec<Told>> {
        METRICS.into_iter().map(|metric| meter.told(&lab, "web", metric)).collect()
    };
    let (_, before) = meter.at_a_sample(&lab, look)?;
    let own_before = own(&lab)?;
    let shape = format!("bs={BLOCK} count={TIMES}");
    lab.in_guest("web", &format!("dd if=/dev/zero of=/dev/sda {shape} oflag=direct 2>/dev/null"))?;
    lab.in_guest("web", &format!("dd if=/dev/sda of=/dev/null {shape} iflag=direct 2>/dev/null"))?;
    let own_after = own(&lab)?;
    let (_, after) = meter.at_a_sample(&lab, look)?;

    let bytes = float(BLOCK * TIMES);
    let known = [float(TIMES), bytes, float(TIMES), bytes];
    for (at, (metric, known)) in METRICS.iter().zip(known).enumerate() {
        let (told, own) = (after[at] - before[at], own_after[at] - own_before[at]);
        ensure!(off(told.counter, told.sum) < 1e-9, "{metric:?}: the doors tell different things: {told:?}");
        ensure!(off(told.sum, known) <= MARGIN, "{metric:?}: {told:?}, and {known} is the load");
        ensure!(off(told.sum, own) <= OWN, "{metric:?}: {told:?}, and {own} by the guest's count");
    }
    Ok(())
}
