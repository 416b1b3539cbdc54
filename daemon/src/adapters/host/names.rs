//! Whether this machine's own programs find instances by their names, and what to tell it if not.
//!
//! This looks and asks; the rest is pure: `judge` says how it is and by whom the machine resolves, `remedy` what to do.

mod judge;
mod remedy;
#[cfg(test)]
mod tests;

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use tokio::{
    net::{TcpStream, lookup_host},
    task::spawn_blocking,
    time::timeout,
};

use self::judge::{Answer, NAME, Seen};
use crate::model::Finding;

/// Who waits longer for a name has given up.
const LIMIT: Duration = Duration::from_secs(2);
/// Where names are asked for.
const DNS_PORT: u16 = 53;

/// Where systemd-resolved's program lies; the second on systems that still have both directories.
const RESOLVED_PROGRAMS: [&str; 2] = ["/usr/lib/systemd/systemd-resolved", "/lib/systemd/systemd-resolved"];

/// What the doctor says of names that are served at that address.
pub(super) async fn examine(gateway: Ipv4Addr) -> Finding {
    let (answer, is_served, files) = tokio::join!(ask(), is_served(gateway), spawn_blocking(look));
    // Without the files it is still known what was answered.
    let files = files.unwrap_or_default();
    judge::judge(&Seen { gateway, answer, is_served, files })
}

/// Asks as every program here does: the C library, with all that is configured for it.
async fn ask() -> Answer {
    match timeout(LIMIT, lookup_host((NAME, 0))).await {
        Ok(Ok(found)) => Answer::Addresses(found.map(|address| address.ip()).collect()),
        Ok(Err(error)) => Answer::Nothing(error.to_string()),
        Err(_) => Answer::Late(LIMIT),
    }
}

/// Whether somebody takes questions there.
async fn is_served(gateway: Ipv4Addr) -> bool {
    let door = SocketAddr::new(IpAddr::V4(gateway), DNS_PORT);
    matches!(timeout(LIMIT, TcpStream::connect(door)).await, Ok(Ok(_)))
}

/// What the machine's files say of how it resolves. They are short and on its own disk.
fn look() -> judge::Files {
    let text = |path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    judge::Files {
        resolv_conf: text("/etc/resolv.conf"),
        nsswitch: text("/etc/nsswitch.conf"),
        there: judge::MARKS
            .iter()
            .chain(&remedy::FILES)
            .copied()
            .filter(|path| Path::new(path).exists())
            .collect(),
        delegates: RESOLVED_PROGRAMS.iter().any(|program| knows_delegates(program)),
    }
}

/// Whether that systemd-resolved asks servers for their domains alone (since 258). Its program names the directory where it
/// looks for such; its version is nowhere to be read without running something.
fn knows_delegates(program: &str) -> bool {
    let directory = b"systemd/dns-delegate.d";
    fs::read(program).is_ok_and(|bytes| bytes.windows(directory.len()).any(|window| window == directory))
}
