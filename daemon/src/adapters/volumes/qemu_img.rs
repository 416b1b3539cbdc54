//! Runs `qemu-img`, always with explicit formats, on files of ours.

use std::{
    ffi::OsStr,
    io,
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use tokio::process::Command;

use crate::{
    adapters::disk,
    model::{Error, Result},
};

/// It writes a header of a few hundred KiB; a disk that takes this long for it is broken.
const LIMIT: Duration = Duration::from_secs(30);

/// All tables of a disk of terabytes are read within this, from a slow disk.
const CHECK_LIMIT: Duration = Duration::from_mins(10);
/// The exit status of a check that found nothing but clusters that nobody uses.
const LEAKS: i32 = 3;

/// An empty file of `bytes` on another one, or on nothing, so that a guest finds the room when it boots.
pub(super) async fn create(beneath: Option<&Path>, new: &Path, bytes: u64) -> Result<()> {
    let mut arguments: Vec<&OsStr> =
        ["create", "-q", "-f", "qcow2", "-o", "lazy_refcounts=off"].map(OsStr::new).into();
    if let Some(beneath) = beneath {
        // Not opened: a guest may be writing to it until the moment when the new one takes over.
        arguments.extend(["-u", "-F", "qcow2", "-b"].map(OsStr::new));
        arguments.push(beneath.as_os_str());
    }
    let bytes = bytes.to_string();
    arguments.extend([new.as_os_str(), OsStr::new(&bytes)]);
    let output = run(&arguments, LIMIT).await?;
    if output.status.success() {
        return Ok(());
    }
    // Where it was not even begun there is nothing to remove.
    let _ = std::fs::remove_file(new);
    Err(failure("make the disk", new, &output))
}

/// Makes the disk larger, seen from that file.
pub(super) async fn grow(file: &Path, bytes: u64) -> Result<()> {
    let bytes = bytes.to_string();
    let words = ["resize", "-q", "-f", "qcow2"].map(OsStr::new);
    let arguments: Vec<&OsStr> = words.into_iter().chain([file.as_os_str(), OsStr::new(&bytes)]).collect();
    let output = run(&arguments, LIMIT).await?;
    if output.status.success() {
        return Ok(());
    }
    Err(failure("make the disk larger", file, &output))
}

/// What is wrong with a file, if anything is. Room that it has lost is no fault.
pub(super) async fn check(file: &Path) -> Result<Option<String>> {
    let words = ["check", "-q", "-f", "qcow2"].map(OsStr::new);
    let arguments: Vec<&OsStr> = words.into_iter().chain([file.as_os_str()]).collect();
    let output = run(&arguments, CHECK_LIMIT).await?;
    let is_sound = output.status.success() || output.status.code() == Some(LEAKS);
    let why = String::from_utf8_lossy(&output.stderr);
    Ok((!is_sound).then(|| why.lines().next().unwrap_or("qemu-img gives no reason").to_owned()))
}

async fn run(arguments: &[&OsStr], limit: Duration) -> Result<Output> {
    let missing = |error: io::Error| {
        Error::unavailable(format!("cannot run qemu-img: {error}")).tip("install the package qemu-utils")
    };
    let run = Command::new("qemu-img").args(arguments).stdin(Stdio::null()).kill_on_drop(true).output();
    match tokio::time::timeout(limit, run).await {
        Ok(output) => output.map_err(missing),
        Err(_) => Err(Error::unavailable(format!("qemu-img did not end within {} s", limit.as_secs()))),
    }
}

fn failure(what: &str, file: &Path, output: &Output) -> Error {
    let why = String::from_utf8_lossy(&output.stderr);
    let why = why.lines().next().unwrap_or("it gave no reason");
    if why.contains("No space left") {
        return disk::full(file);
    }
    Error::internal(format!("qemu-img could not {what}: {why}"))
}
