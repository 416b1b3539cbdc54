//! Commands: programs that the administrator names in the configuration. Users choose among the names and nothing else.
//!
//! A program is run without a shell, with an environment of its own, without the daemon's rights, and ends with everything that it
//! started in its process group.

use std::{
    collections::BTreeMap,
    io,
    os::unix::fs::MetadataExt as _,
    path::Path,
    process::{ExitStatus, Stdio},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::{Pid, geteuid},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::{ChildStderr, Command},
};

use super::{
    render,
    words::{cause, failed, quoted, refused},
};
use crate::model::{Error, Notice, Result};

/// As much of what a program complains of is kept: bytes.
const KEPT: u64 = 4096;

/// The programs that may be run, and what they are run with, by name.
pub(super) struct Commands(pub(super) BTreeMap<String, Vec<String>>);

impl Commands {
    /// The program of that name with its arguments. Refused where there is none, or none that only its owner can change.
    pub(super) fn admit(&self, name: &str) -> Result<&[String]> {
        let words = self.0.get(name).ok_or_else(|| self.unknown(name))?;
        let program = words.first().map_or("", String::as_str);
        sound(Path::new(program)).map_err(|why| {
            refused(format!("the command {name} is not run: {program:?} {why}")).tip(
                "the host's administrator mends that, or the section [alarms.commands] of the configuration",
            )
        })?;
        Ok(words)
    }

    fn unknown(&self, name: &str) -> Error {
        let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
        let tip = if known.is_empty() {
            "there is none: the host's administrator names them in the section [alarms.commands] of the configuration".to_owned()
        } else {
            format!("there are: {}", known.join(", "))
        };
        refused(format!("no command has the name {name:?}")).tip(tip)
    }

    /// Runs it, once. Whoever stops waiting for it ends it.
    pub(super) async fn tell(&self, name: &str, notice: &Notice) -> Result<()> {
        let command = prepared(self.admit(name)?, notice);
        let ran = run(command, &render::json(notice)?).await;
        let (status, said) = ran.map_err(|error| {
            failed(format!("the command {name} cannot be run: {}", cause(&error)))
                .tip("the host needs the package util-linux")
        })?;
        if status.success() {
            return Ok(());
        }
        let how = status.code().map_or_else(|| status.to_string(), |code| format!("exit status {code}"));
        let said = said.lines().find(|line| !line.trim().is_empty()).map(quoted);
        let said = said.map_or_else(String::new, |line| format!(": {line}"));
        Err(failed(format!("the command {name} ended with {how}{said}")))
    }
}

/// Says what is wrong with a program: whoever can change it could have the daemon run what they like.
fn sound(program: &Path) -> Result<(), String> {
    if !program.is_absolute() {
        return Err("is no absolute path".to_owned());
    }
    let metadata = program.metadata().map_err(|error| format!("cannot be looked at: {}", cause(&error)))?;
    if !metadata.is_file() {
        return Err("is no file".to_owned());
    }
    if ![0, geteuid().as_raw()].contains(&metadata.uid()) {
        return Err("belongs neither to root nor to the daemon's user".to_owned());
    }
    if metadata.mode() & 0o022 != 0 {
        return Err("can be written to by others than its owner".to_owned());
    }
    if metadata.mode() & 0o111 == 0 {
        return Err("is not executable".to_owned());
    }
    Ok(())
}

/// The program behind the one that takes the daemon's rights from it.
fn prepared(words: &[String], notice: &Notice) -> Command {
    let mut command = Command::new("setpriv");
    if geteuid().is_root() {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        command.args(["--inh-caps=-all", "--bounding-set=-all"]);
    } else {
        command.args(["--ambient-caps=-all", "--inh-caps=-all"]);
    }
    command.args(["--no-new-privs", "--"]).args(words).current_dir("/");
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LANG", "C.UTF-8");
    command.envs(render::environment(notice));
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    command
}

/// Gives how it ended, and the beginning of what it complained of.
async fn run(mut command: Command, input: &[u8]) -> io::Result<(ExitStatus, String)> {
    let mut child = command.spawn()?;
    let group = Group(child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw));
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let fed = async move {
        if let Some(mut stdin) = stdin {
            // Who does not want to know it need not read it.
            let _ = stdin.write_all(input).await;
        }
    };
    let ended = async move {
        let status = child.wait().await;
        // What it left behind would hold its complaints open.
        drop(group);
        status
    };
    let ((), status, said) = tokio::join!(fed, ended, overheard(stderr));
    Ok((status?, said))
}

/// The beginning of it. The rest is read too, so that nobody waits for a reader.
async fn overheard(stderr: Option<ChildStderr>) -> String {
    let Some(mut stderr) = stderr else { return String::new() };
    let mut beginning = Vec::new();
    let _ = (&mut stderr).take(KEPT).read_to_end(&mut beginning).await;
    let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&beginning).into_owned()
}

/// A program's process group, which ends with this.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(id) = self.0 {
            // One that is empty by now is as good.
            let _ = killpg(id, Signal::SIGKILL);
        }
    }
}
