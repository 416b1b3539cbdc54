//! qemu-img on strangers' files: with the format said, as nobody where that is possible, without a network, with limits on
//! memory, processor time, file size and time.
//!
//! The limits are set by util-linux's tools, which every distribution has; a failure among them is a failure of the whole.

use std::{ffi::OsStr, path::Path, process::Stdio, time::Duration};

use tokio::process::Command;

use super::gate::Format;
use crate::model::{Error, Kind, Result};

/// Memory that qemu-img may use, in bytes. It needs a tenth of this.
const MEMORY: u64 = 2 << 30;
/// Open files.
const FILES: u64 = 64;

/// What a run may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How long it may take.
    pub(crate) time: Duration,
    /// How large a file it may write, in bytes.
    pub(crate) file: u64,
    /// Whether that is all the room there is.
    pub(crate) scarce: bool,
}

/// The user that strangers' files are read as, when the daemon may choose: `nobody`.
pub(super) fn reader() -> Option<(u32, u32)> {
    nix::unistd::geteuid().is_root().then_some((65534, 65534))
}

/// Converts `from` into the new qcow2 file `to`.
pub(crate) async fn convert(from: &Path, format: Format, to: &Path, limits: Limits) -> Result<()> {
    // In order, so that the same disk becomes the same file.
    let words = ["convert", "-q", "-f", format.word(), "-O", "qcow2", "-o", "lazy_refcounts=off"];
    let arguments = words.iter().map(OsStr::new).chain([from.as_os_str(), to.as_os_str()]);
    run(arguments, limits, "convert the image", &[]).await
}

/// Looks through the tables of a stranger's file. Converting does not: what they lead to beyond its end would become zeros.
pub(crate) async fn sound(file: &Path, format: Format, limits: Limits) -> Result<()> {
    // Room that is lost, which this code stands for, does no harm.
    look_through(file, format, limits, "find the image sound", &[3]).await
}

/// Looks through every table of a qcow2 file of our own.
pub(crate) async fn check(file: &Path, limits: Limits) -> Result<()> {
    look_through(file, Format::Qcow2, limits, "check the image", &[]).await
}

async fn look_through(
    file: &Path,
    format: Format,
    limits: Limits,
    what: &str,
    harmless: &[i32],
) -> Result<()> {
    let words = ["check", "-q", "-f", format.word()];
    let arguments = words.iter().map(OsStr::new).chain([file.as_os_str()]);
    run(arguments, limits, what, harmless).await
}

/// Copies the first `bytes` of the disk in a qcow2 file to the new raw file `to`.
pub(super) async fn beginning(file: &Path, bytes: usize, to: &Path, limits: Limits) -> Result<()> {
    let (input, output) = (dd_word("if=", file), dd_word("of=", to));
    let count = format!("count={}", bytes.div_ceil(512));
    let words = ["dd", "-f", "qcow2", "-O", "raw", "bs=512", &count];
    let arguments = words.iter().map(OsStr::new).chain([input.as_os_str(), output.as_os_str()]);
    run(arguments, limits, "read the disk's partition table", &[]).await
}

fn dd_word(key: &str, path: &Path) -> std::ffi::OsString {
    let mut word = std::ffi::OsString::from(key);
    word.push(path);
    word
}

async fn run<'a>(
    arguments: impl Iterator<Item = &'a OsStr>,
    limits: Limits,
    what: &str,
    harmless: &[i32],
) -> Result<()> {
    let mut command = confined(limits);
    let child = command.arg("qemu-img").args(arguments).stdin(Stdio::null()).kill_on_drop(true).output();
    let output = match tokio::time::timeout(limits.time, child).await {
        Ok(output) => output.map_err(|error| {
            Error::unavailable(format!("cannot run qemu-img: {error}"))
                .tip("install the packages qemu-utils and util-linux")
        })?,
        Err(_) => {
            let message = format!("qemu-img did not {what} within {} s", limits.time.as_secs());
            return Err(Error::new(Kind::InvalidInput, "ImageRefused", message));
        }
    };
    if output.status.success() || output.status.code().is_some_and(|code| harmless.contains(&code)) {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let why = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it gave no reason");
    let message = format!("qemu-img could not {what}: {why}");
    if said.contains("No space left") || limits.scarce && said.contains("File too large") {
        return Err(super::no_room(&message));
    }
    Err(Error::new(Kind::InvalidInput, "ImageRefused", message)
        .tip("the file is damaged, or not what its header says"))
}

/// The chain of programs that ends in one with less.
fn confined(limits: Limits) -> Command {
    let mut command;
    if let Some((user, group)) = reader() {
        command = Command::new("unshare");
        // Whatever it starts ends with it, and it ends with the daemon's work.
        command.args(["--net", "--ipc", "--pid", "--fork", "--kill-child", "setpriv", "--pdeathsig=KILL"]);
        command.args([format!("--reuid={user}"), format!("--regid={group}")]);
        command.args(["--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]);
    } else {
        command = Command::new("setpriv");
        // What the daemon may do with networks and logs is not for this. A network of its own would want more rights, not
        // fewer.
        command.args(["--ambient-caps=-all", "--inh-caps=-all"]);
    }
    command.args(["--no-new-privs", "prlimit"]);
    command.args([
        format!("--as={MEMORY}"),
        format!("--cpu={}", limits.time.as_secs()),
        format!("--fsize={}", limits.file),
        format!("--nofile={FILES}"),
        "--core=0".to_owned(),
    ]);
    // Messages in English: they are looked at.
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C");
    command
}

/// Makes one file of an overlay and its base. The chain is the daemon's own; only the guest's writes in it are strange, and
/// those are data. Not as nobody, who may not read an instance's disk.
pub(super) async fn flatten(disk: &Path, to: &Path) -> Result<()> {
    let limit = Duration::from_mins(15);
    let words = ["convert", "-q", "-f", "qcow2", "-O", "qcow2", "-W", "-m", "4"];
    let run = Command::new("qemu-img")
        .args(words)
        .arg(disk)
        .arg(to)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output =
        tokio::time::timeout(limit, run).await.map_err(|_| Error::unavailable("qemu-img takes too long"))?;
    let output = output.map_err(|error| Error::unavailable(format!("cannot run qemu-img: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if said.contains("No space left") {
        return Err(super::no_room("the guest's disk does not fit beside it"));
    }
    Err(Error::internal(format!(
        "qemu-img could not copy the disk: {}",
        said.lines().last().unwrap_or("no reason")
    )))
}
