//! `sloop ssh`: the system's `ssh` with the address, key and host keys that the daemon vouches for.
//!
//! The daemon made the instance's host key, so there is no trust on first use: an address that answers with another
//! key is refused.

mod kit;

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

use clap::Args;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Child;
use tokio::signal::unix::{SignalKind, signal};

use self::kit::{Access, Kit};
use crate::commands::instance::show::access_details;
use crate::complete;
use crate::connect::Session;
use crate::failure::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::progress::Progress;
use crate::wait::{self, Limits, Milestone, duration};

/// Arguments of `ssh`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop ssh web
  sloop ssh web -- uptime
  sloop ssh web -- sudo journalctl -n 20
  tar c site | sloop ssh web -- tar x

Waits until the instance answers, then exits as ssh does.")]
pub(crate) struct SshArgs {
    /// Name of the instance
    #[arg(add = complete::instances())]
    name: String,
    /// Give the command a terminal
    #[arg(long, short)]
    tty: bool,
    /// How long to wait for an instance that does not answer yet
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "2m")]
    timeout: Duration,
    /// A command to run instead of a shell
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Logs in.
pub(crate) async fn run(session: &Session, output: &Output, args: &SshArgs) -> Outcome {
    let stage = Progress::new(output).stage(&args.name);
    let limits = Limits::new(args.timeout, None);
    wait::ready(session, &args.name, Milestone::Ssh, limits, &stage).await?;
    drop(stage);
    let details = access_details(session, &args.name).await?.access_details;
    let access = Access::try_from(details.unwrap_or_default())?;
    let kit = Kit::write(&args.name, &access)?;
    let mut ssh = kit.ssh(&args.name, &access);
    ssh.args(args.tty.then_some("-t")).arg("--").arg(access.address.to_string()).args(&args.command);
    // The kit outlives the child: its files are removed when it is dropped.
    let status = attend(ssh.spawn().map_err(|error| no_ssh(&error))?).await?;
    drop(kit);
    Ok(code(status))
}

/// Waits for ssh. What a terminal sends to interrupt reaches ssh by itself; what is sent to end us is passed on, so that
/// the files are removed in any case.
async fn attend(mut child: Child) -> Result<ExitStatus, Failure> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut quit = signal(SignalKind::quit())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
    loop {
        tokio::select! {
            status = child.wait() => return Ok(status?),
            _ = interrupt.recv() => {}
            _ = quit.recv() => {}
            _ = hangup.recv() => pass_on(pid, Signal::SIGHUP),
            _ = terminate.recv() => pass_on(pid, Signal::SIGTERM),
        }
    }
}

fn pass_on(pid: Option<Pid>, signal: Signal) {
    // A child that has just gone needs no signal.
    let _ = pid.map(|pid| kill(pid, signal));
}

/// The exit code as a shell would give it.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(Exit::Other.into())
}

fn no_ssh(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound => Failure::new(Exit::Other, "there is no ssh program on this machine")
            .tip("sudo apt install openssh-client"),
        _ => Failure::new(Exit::Other, format!("ssh cannot be run: {error}")),
    }
}
