//! Reading a disk after twenty snapshots, beside a single file with the same content.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use sloop_lab::Lab;

use super::{guest, reads::Reads};
use crate::{
    client::Client,
    report::{Figure, Goal},
    run::Run,
    stats::Sample,
};

const NAME: &str = "deep";
const SNAPSHOTS: u32 = 20;
/// Files that a disk is read through at most: the daemon sees to it within seconds.
const DEPTH: u32 = 8;
/// Has all files in the page cache, and all in the same way: by whom one was written does not count.
const LOAD: &str = "sync state/layers/*.qcow2 flat.qcow2; for file in state/layers/*.qcow2 flat.qcow2; do \
                    dd if=$file iflag=nocache count=0 status=none; cat $file >/dev/null; done";

/// From the page cache, as guests' disks are opened, which is judged: a disk would hide what it costs to look things up. And
/// from the disk, for information.
pub(crate) fn measure(run: &Run) -> Result<Vec<Figure>> {
    let mut lab = Lab::real()?;
    let mebibytes = if run.quick { 256 } else { 1024 };
    let (deep, depth) = history(&lab, mebibytes)?;
    // Nobody makes files one while they are read.
    lab.stop_daemon()?;
    let flat = lab.dir().join("flat.qcow2");
    lab.shell(&format!("qemu-img convert -f qcow2 -O qcow2 '{}' '{}'", deep.display(), flat.display()))?;
    lab.shell(&format!("cd '{}'; {LOAD}", lab.dir().display()))?;
    let (files, count) = ([deep.as_path(), flat.as_path()], if run.quick { 50_000 } else { 200_000 });
    let cached = Reads { mebibytes, count, cache: "writeback" };
    let direct = Reads { mebibytes, count: count / 4, cache: "none" };
    let note =
        format!("of {mebibytes} MiB, {SNAPSHOTS} snapshots, {depth} files beside one by qemu-img convert");
    let judged = figure("deep_read", &note, cached.beside(&lab, files, run.times(16, 6)))?;
    // Not every file system can do without its cache.
    let told = figure("deep_read_from_disk", &note, direct.beside(&lab, files, run.times(6, 4)));
    let told = told.unwrap_or_else(|error| Figure::unmeasured("deep_read_from_disk", &format!("{error:#}")));
    Ok(vec![judged.goal(Goal::RatioAtMost(1.1)), told])
}

fn figure(name: &str, note: &str, read: Result<[Sample; 2]>) -> Result<Figure> {
    let [deep, flat] = read?;
    let rate = |micros: f64| 1e3 / micros;
    let rates = format!("{:.1} and {:.1} thousand a second", rate(deep.p50()), rate(flat.p50()));
    let figure = Figure::new(name, deep.p50(), "µs").beside(flat.p50());
    Ok(figure.note(format!("a random read of 4 KiB {note}: {rates}")))
}

/// A full disk with a history: its top file, that no guest has open any more, and through how many it is read.
fn history(lab: &Lab, mebibytes: u32) -> Result<(PathBuf, u32)> {
    let (client, disk) = (Client::of(lab)?, guest::disk_of(NAME));
    guest::launch(lab, NAME, "tiny_1_0")?;
    let file = guest::give_disk(lab, NAME, 8)?;
    client.stop(NAME)?;
    fill(lab, &file, mebibytes)?;
    client.start(NAME)?;
    client.reachable(NAME)?;
    lab.until("the guest sees its disk", || Ok(guest::inside(lab, NAME, "test -b /dev/sda").is_ok()))?;
    for number in 0..SNAPSHOTS {
        client.snapshot(NAME, &format!("snapshot-{number}"))?;
        guest::inside(lab, NAME, &scatter(number, mebibytes))?;
    }
    lab.until("the disk is shallow", || Ok(client.storage_use(&disk)?.layers <= DEPTH))?;
    let (file, depth) = (guest::file_of_disk(lab)?, client.storage_use(&disk)?.layers);
    ensure!(depth > 1, "a disk with snapshots is {depth} file");
    client.stop(NAME)?;
    Ok((file, depth))
}

/// Writes something everywhere, from outside: a guest would take minutes.
fn fill(lab: &Lab, file: &Path, mebibytes: u32) -> Result<()> {
    let write = |part: u32| format!("write -q -P 90 {}M 64M\n", part * 64);
    let writes = (0..mebibytes / 64).map(write).collect::<Vec<_>>().concat();
    lab.shell(&format!("qemu-io -f qcow2 '{}' >/dev/null <<END\n{writes}END", file.display())).map(drop)
}

/// What the guest does between two snapshots: 64 clusters of 64 KiB anew, all over what is full.
fn scatter(number: u32, mebibytes: u32) -> String {
    let clusters = mebibytes * 16;
    format!(
        "i=0; while [ $i -lt 64 ]; do\n\
         dd if=/dev/urandom of=/dev/sda bs=64k count=1 seek=$(( ({number} * 7919 + i * 2531) % {clusters} )) conv=notrunc\n\
         i=$((i + 1)); done 2>/dev/null; sync"
    )
}
