//! A snapshot of a guest with a large disk beside one of a guest with a small disk.
//!
//! There is no room for 100 GiB here, and none is needed: what could make a snapshot slow is not data but the tables that say where
//! it is. They are made: tables of 100 GiB, in which each cluster is said to be zeros, and nothing is written. A guest gets them anew
//! before each snapshot, in the file that it writes to then, which is the one that is frozen.

use std::{path::Path, time::Instant};

use anyhow::Result;
use sloop_lab::Lab;

use super::guest;
use crate::{
    client::Client,
    report::{Figure, Goal},
    run::Run,
    stats::{Sample, millis},
};

/// A guest by what its disk is.
struct Guest {
    name: &'static str,
    /// Size of its disk.
    gigabytes: u32,
    /// What of it has tables.
    allocated: u32,
}

const SMALL: Guest = Guest { name: "small", gigabytes: 8, allocated: 1 };
const LARGE: Guest = Guest { name: "large", gigabytes: 100, allocated: 100 };

/// In turn of one and of the other; only one of them runs at a time.
pub(crate) fn measure(run: &Run) -> Result<Vec<Figure>> {
    let lab = Lab::real()?;
    let client = Client::of(&lab)?;
    for Guest { name, gigabytes, allocated } in [SMALL, LARGE] {
        guest::launch(&lab, name, "tiny_1_0")?;
        let file = guest::give_disk(&lab, name, gigabytes)?;
        client.stop(name)?;
        make_tables(&lab, &file, allocated)?;
    }
    let (mut small, mut large) = (Vec::new(), Vec::new());
    // No more than leave every disk with at most eight files: none is made shallower meanwhile.
    for number in 0..run.times(6, 3) {
        small.push(snapshot(&lab, &client, &SMALL, number)?);
        large.push(snapshot(&lab, &client, &LARGE, number)?);
    }
    let (small, large): (Sample, Sample) = (small.into_iter().collect(), large.into_iter().collect());
    let spread = |of: &Sample| format!("{:.1} to {:.1} ms", of.min(), of.max());
    let note = format!(
        "beside a disk with 1 GiB; tables of as much in the file that is frozen, nothing written; {} beside {}",
        spread(&large),
        spread(&small)
    );
    let figure = Figure::new("live_snapshot_100g", large.p50(), "ms").beside(small.p50());
    Ok(vec![figure.goal(Goal::RatioAtMost(1.2)).note(note)])
}

/// Milliseconds that a snapshot of the running guest takes; afterwards its disk's new file gets its tables, too.
fn snapshot(lab: &Lab, client: &Client, guest: &Guest, number: usize) -> Result<f64> {
    let Guest { name, allocated, .. } = *guest;
    client.start(name)?;
    client.reachable(name)?;
    let began = Instant::now();
    client.snapshot(name, &format!("{name}-{number}"))?;
    let took = millis(began.elapsed());
    let file = guest::file_of_disk(lab)?;
    client.stop(name)?;
    make_tables(lab, &file, allocated)?;
    Ok(took)
}

/// In a file that no guest has open. `-n`: without writing zeros where that takes room.
fn make_tables(lab: &Lab, file: &Path, gigabytes: u32) -> Result<()> {
    lab.shell(&format!("qemu-io -f qcow2 -c 'write -q -z -n 0 {gigabytes}G' '{}'", file.display())).map(drop)
}
