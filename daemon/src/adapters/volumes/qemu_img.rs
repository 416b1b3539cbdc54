//! Runs `qemu-img`, always with explicit formats, on files of ours.

use std::{
    ffi::OsStr,
    io,
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{process::Command, sync::Notify};

use crate::{
    adapters::disk,
    model::{Error, Result},
};

/// It writes a header of a few hundred KiB; a disk that takes this long for it is broken.
const LIMIT: Duration = Duration::from_secs(30);

/// All tables of a disk of terabytes are read within this, from a slow disk.
const CHECK_LIMIT: Duration = Duration::from_mins(10);

/// A disk of terabytes is copied within this, from a slow one to a slow one.
const COPY_LIMIT: Duration = Duration::from_hours(48);

/// The exit status of a check that found nothing but clusters that nobody uses.
const LEAKS: i32 = 3;

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

/// What is wrong with a file, if anything is. Room that it has lost is no fault. What it stands on is not opened.
pub(super) async fn check(file: &Path) -> Result<Option<String>> {
    let alone = serde_json::json!({
        "driver": "qcow2", "backing": null, "file": { "driver": "file", "filename": file },
    });
    let alone = format!("json:{alone}");
    // No locks: a guest that is to be started need not wait for it.
    let arguments = ["check", "-q", "-U", &alone].map(OsStr::new);
    let output = run(&arguments, CHECK_LIMIT).await?;
    let is_sound = output.status.success() || output.status.code() == Some(LEAKS);
    let why = String::from_utf8_lossy(&output.stderr);
    Ok((!is_sound).then(|| why.lines().next().unwrap_or("qemu-img gives no reason").to_owned()))
}

/// Makes one new file of all that a disk holds, seen from a file that nobody writes to.
pub(super) async fn flatten(from: &Path, new: &Path) -> Result<()> {
    // No locks: a guest may be reading it.
    let words = ["convert", "-q", "-U", "-f", "qcow2", "-O", "qcow2", "-o", "lazy_refcounts=off"];
    let words = words.map(OsStr::new);
    let arguments: Vec<&OsStr> = words.into_iter().chain([from.as_os_str(), new.as_os_str()]).collect();
    let output = run(&arguments, COPY_LIMIT).await?;
    if output.status.success() {
        return Ok(());
    }
    Err(failure("copy the disk", from, &output))
}

/// Has a file stand on another one of its stack, and takes up into it whatever differs from that.
pub(super) async fn rebase(file: &Path, onto: &Path) -> Result<()> {
    let words = ["rebase", "-q", "-f", "qcow2", "-F", "qcow2", "-b"].map(OsStr::new);
    let arguments: Vec<&OsStr> = words.into_iter().chain([onto.as_os_str(), file.as_os_str()]).collect();
    let output = run(&arguments, COPY_LIMIT).await?;
    if output.status.success() {
        return Ok(());
    }
    Err(failure("copy what differs", file, &output))
}

/// Copies into a file what is between it and `base`, and has it stand on that.
pub(super) async fn pull(file: &Path, base: Option<&Path>, stop: &Notify) -> Result<bool> {
    let words = ["rebase", "-q", "-f", "qcow2"].map(OsStr::new);
    let arguments: Vec<&OsStr> = words.into_iter().chain(on(base)).chain([file.as_os_str()]).collect();
    run_until(&arguments, "make one of two layers", file, stop).await
}

/// Copies what a file holds into the one beneath it. The file keeps it as well: others name it until they are told.
pub(super) async fn commit(file: &Path, base: &Path, stop: &Notify) -> Result<bool> {
    let words = ["commit", "-q", "-d", "-f", "qcow2", "-b"].map(OsStr::new);
    let arguments: Vec<&OsStr> = words.into_iter().chain([base.as_os_str(), file.as_os_str()]).collect();
    run_until(&arguments, "make one of two layers", file, stop).await
}

/// Writes into a file's header what it stands on.
pub(super) async fn name_backing(file: &Path, base: Option<&Path>) -> Result<()> {
    let words = ["rebase", "-q", "-u", "-f", "qcow2"].map(OsStr::new);
    let arguments: Vec<&OsStr> = words.into_iter().chain(on(base)).chain([file.as_os_str()]).collect();
    let output = run(&arguments, LIMIT).await?;
    if output.status.success() { Ok(()) } else { Err(failure("write a disk's header", file, &output)) }
}

/// The words that say what a file is to stand on.
fn on(base: Option<&Path>) -> impl Iterator<Item = &OsStr> {
    let format = base.is_some().then_some(["-F", "qcow2"].map(OsStr::new));
    let name = base.map_or(OsStr::new(""), Path::as_os_str);
    format.into_iter().flatten().chain([OsStr::new("-b"), name])
}

/// Says whether it came to its end: it is broken off when `stop` is told. It has no limit of time: disks have terabytes.
async fn run_until(arguments: &[&OsStr], what: &str, file: &Path, stop: &Notify) -> Result<bool> {
    let mut command = Command::new("qemu-img");
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.kill_on_drop(true).spawn().map_err(|error| missing(&error))?;
    let pid = child.id();
    let ended = child.wait_with_output();
    tokio::pin!(ended);
    let output = tokio::select! {
        output = &mut ended => output,
        () = stop.notified() => {
            if let Some(pid) = pid.and_then(|pid| i32::try_from(pid).ok()) {
                // It has not been waited for, so that the number is still its own.
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
            // Not before it has let go of the files.
            return ended.await.map(|_| false).map_err(|error| missing(&error));
        }
    };
    let output = output.map_err(|error| missing(&error))?;
    if output.status.success() { Ok(true) } else { Err(failure(what, file, &output)) }
}

fn missing(error: &io::Error) -> Error {
    Error::unavailable(format!("cannot run qemu-img: {error}")).tip("install the package qemu-utils")
}

async fn run(arguments: &[&OsStr], limit: Duration) -> Result<Output> {
    let run = Command::new("qemu-img").args(arguments).stdin(Stdio::null()).kill_on_drop(true).output();
    match tokio::time::timeout(limit, run).await {
        Ok(output) => output.map_err(|error| missing(&error)),
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
