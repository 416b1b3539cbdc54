//! libvirt's own share, by virsh: one connection, and what virsh says that each call took, so that starting virsh does
//! not count.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use sloop_lab::Lab;

/// Runs commands in one virsh and gives the milliseconds of each.
pub(crate) fn timed(lab: &Lab, commands: &[String]) -> Result<Vec<f64>> {
    let output = command(lab).arg("-t").arg(commands.join("; ")).output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "virsh: {}", String::from_utf8_lossy(&output.stderr));
    let times: Vec<f64> = told.lines().filter_map(time).collect();
    ensure!(times.len() == commands.len(), "virsh told {} times: {told}", times.len());
    Ok(times)
}

/// Runs one command and gives what it printed.
pub(crate) fn run(lab: &Lab, arguments: &[&str]) -> Result<String> {
    let output = command(lab).arg("-q").args(arguments).output().context("cannot run virsh")?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "virsh {}: {error}", arguments.join(" "));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The name of the only domain that runs.
pub(crate) fn only_domain(lab: &Lab) -> Result<String> {
    let domains = run(lab, &["list", "--name"])?;
    let mut names = domains.split_whitespace();
    let (one, other) = (names.next().context("a domain that runs")?, names.next());
    ensure!(other.is_none(), "more than one domain runs: {domains}");
    Ok(one.to_owned())
}

/// A virsh that talks to the lab's libvirtd. Its socket is a file, so virsh need not be in the lab.
pub(crate) fn command(lab: &Lab) -> Command {
    let mut command = Command::new("virsh");
    command.args(["-c", &lab.libvirt_uri()]);
    command
}

/// `(Time: 12.345 ms)`.
fn time(line: &str) -> Option<f64> {
    line.strip_prefix("(Time: ")?.strip_suffix(" ms)")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        assert_eq!(time("(Time: 12.345 ms)"), Some(12.345));
        assert_eq!(time("Domain 'a' destroyed"), None);
    }
}
