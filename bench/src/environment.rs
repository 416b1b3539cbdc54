//! What the lab's daemons are told through the environment.

use std::{os::unix::process::CommandExt as _, path::Path, process::Command};

use anyhow::{Context as _, Result, bail, ensure};

/// Where the lab takes its binaries from; set by us, it also says that the environment is prepared.
const BINARIES: &str = "SLOOP_BIN_DIR";

/// Sees to it that this process runs with the environment that the lab's daemons are to inherit: the binaries of this
/// build, and a log with the time that each step took.
pub(crate) fn prepare() -> Result<()> {
    if std::env::var_os(BINARIES).is_some() {
        return Ok(());
    }
    let this = std::env::current_exe()?;
    let beside = this.parent().context("a program is in a directory")?;
    for binary in ["sloopd", "sloop", "sloop-lab-host"] {
        let hint = "build it: cargo build --release --bins";
        ensure!(beside.join(binary).is_file(), "{binary} is not beside this program; {hint}");
    }
    again(&this, beside)
}

/// Replaces this process by itself with more in its environment: to change one's own is not safe, to give one is.
fn again(this: &Path, beside: &Path) -> Result<()> {
    let error = Command::new(this)
        .args(std::env::args_os().skip(1))
        .env(BINARIES, beside)
        .env("SLOOP_LOG", "info,sloopd::timing=debug")
        .env("NO_COLOR", "1")
        .env("LC_ALL", "C")
        .exec();
    bail!("cannot run {}: {error}", this.display())
}
