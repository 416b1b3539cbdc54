//! The room that a deleted file gives back to the host.

use anyhow::{Result, ensure};
use sloop_lab::Lab;

use super::guest;
use crate::{
    client::Client,
    report::{Figure, Goal},
    run::Run,
};

const NAME: &str = "trimmed";
/// What the file is written in, in MiB.
const BLOCK: u32 = 8;
/// Tells the disk what the file system needs no more: it is not mounted so that it would do that by itself.
const TRIM: &str = "sync; fstrim /; sync";

/// Writes a file in a guest and deletes it.
pub(crate) fn measure(run: &Run) -> Result<Vec<Figure>> {
    let lab = Lab::real()?;
    let client = Client::of(&lab)?;
    guest::launch(&lab, NAME, "nano_3_0")?;
    let mebibytes = size(run, &client)?;
    // What it deleted while it booted is not the file's.
    guest::inside(&lab, NAME, TRIM)?;
    let before = own(&client)?;
    guest::inside(&lab, NAME, &fill(mebibytes))?;
    let full = own(&client)?;
    guest::inside(&lab, NAME, &format!("rm /big; {TRIM}"))?;
    let after = own(&client)?;
    let taken = full - before;
    ensure!(taken > f64::from(mebibytes) * 0.9, "a file of {mebibytes} MiB took {taken:.0} MiB of room");
    let figure = Figure::new("discard", (full - after) / taken * 100.0, "%").beside(100.0);
    let note = format!(
        "of the room of a file of {mebibytes} MiB, after rm and fstrim, beside all of it; {before:.0} MiB before, {full:.0} with it, \
         {after:.0} after"
    );
    Ok(vec![figure.goal(Goal::AtLeast(95.0)).note(note)])
}

/// How large the file is to be, in MiB: 5 GiB where there is room for twice as much.
fn size(run: &Run, client: &Client) -> Result<u32> {
    let (small, large): (u32, u32) = (512, 5 * 1024);
    let storage = client.storage()?;
    let room = storage.free_bytes.saturating_sub(storage.headroom_bytes) >> 20;
    Ok(if run.quick || room < 2 * u64::from(large) { small } else { large })
}

/// Nothing that a disk would take for zeros, and nothing that a guest would have to make at length.
fn fill(mebibytes: u32) -> String {
    let (bytes, blocks) = (BLOCK << 20, mebibytes / BLOCK);
    format!(
        "head -c {bytes} /dev/urandom >/dev/shm/block\n\
         i=0; while [ $i -lt {blocks} ]; do cat /dev/shm/block; i=$((i + 1)); done >/big\n\
         rm /dev/shm/block; sync"
    )
}

/// What would be free without the instance, in MiB.
fn own(client: &Client) -> Result<f64> {
    let bytes = client.storage_use(NAME)?.own_bytes;
    Ok(f64::from(u32::try_from(bytes >> 10)?) / 1024.0)
}
