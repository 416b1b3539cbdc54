//! Waiting for a program to say that it is ready, as systemd does: it sends `READY=1` to the socket it is given.

use std::{
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::{Child, Command},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

/// Starts `command` and returns when it says that it is ready. Fails when it ends before, or does not say so in time.
pub(crate) fn start(command: &mut Command, dir: &Path, limit: Duration) -> Result<Child> {
    let path: PathBuf = dir.join("notify.sock");
    let _ = std::fs::remove_file(&path);
    let socket = UnixDatagram::bind(&path)?;
    socket.set_read_timeout(Some(Duration::from_millis(200)))?;
    let mut child = command
        .env("NOTIFY_SOCKET", &path)
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let deadline = Instant::now() + limit;
    let mut message = [0; 512];
    while Instant::now() < deadline {
        let heard = socket.recv(&mut message).unwrap_or_default();
        if message[..heard].split(|byte| *byte == b'\n').any(|line| line == b"READY=1") {
            return Ok(child);
        }
        if let Some(status) = child.try_wait()? {
            bail!("{} ended before it was ready: {status}", command.get_program().display());
        }
    }
    let _ = child.kill();
    bail!("{} was not ready within {limit:?}", command.get_program().display())
}
