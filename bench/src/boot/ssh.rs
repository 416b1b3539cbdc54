//! A login, tried until it succeeds.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use sloop_lab::Lab;

/// As long as the slowest boot may take.
const LIMIT: Duration = Duration::from_mins(4);
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(200);

/// Where and how to log in.
pub(super) struct Login {
    pub(super) user: String,
    pub(super) address: String,
    pub(super) port: u16,
    pub(super) key: PathBuf,
    /// A file with the only host key to be trusted; any is when absent.
    pub(super) known_hosts: Option<PathBuf>,
    /// What the guest writes to its serial console.
    pub(super) console: PathBuf,
}

impl Login {
    /// Returns when a command has run in the guest.
    pub(super) fn wait(&self, lab: &Lab) -> Result<()> {
        let deadline = Instant::now() + LIMIT;
        while Instant::now() < deadline {
            let mut ssh = lab.command(Path::new("/usr/bin/ssh"));
            let quiet = ssh.args(self.arguments()).stdin(Stdio::null()).stdout(Stdio::null());
            if quiet.stderr(Stdio::null()).status()?.success() {
                return Ok(());
            }
            sleep(PAUSE);
        }
        bail!("no login within {LIMIT:?}; the console ends with: {}", self.last_words())
    }

    fn last_words(&self) -> String {
        let log = std::fs::read(&self.console).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let last = log.lines().rev().map(str::trim).find(|line| !line.is_empty());
        last.unwrap_or("nothing at all").escape_debug().to_string()
    }

    fn arguments(&self) -> Vec<String> {
        let (checked, hosts) = match &self.known_hosts {
            Some(file) => ("yes", file.display().to_string()),
            None => ("no", "/dev/null".to_owned()),
        };
        let key = self.key.display().to_string();
        let mut arguments: Vec<String> = ["-F", "/dev/null", "-i", &key].map(str::to_owned).into();
        let options = [
            "BatchMode=yes".to_owned(),
            "IdentitiesOnly=yes".to_owned(),
            // Short: a packet that was sent before the guest had an address should not cost a boot its record.
            "ConnectTimeout=2".to_owned(),
            format!("StrictHostKeyChecking={checked}"),
            format!("UserKnownHostsFile={hosts}"),
        ];
        arguments.extend(options.into_iter().flat_map(|option| ["-o".to_owned(), option]));
        arguments.extend(["-p".to_owned(), self.port.to_string()]);
        arguments.extend([format!("{}@{}", self.user, self.address), "true".to_owned()]);
        arguments
    }
}
