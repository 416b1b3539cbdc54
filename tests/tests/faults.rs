//! What must survive: a killed daemon, a restarted libvirtd, foreign things beside ours.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::Stdio,
};

use anyhow::{Context as _, Result, ensure};
use sloop_lab::{Lab, Setup};

/// The stages of a create, in their order.
const STAGES: [&str; 6] = [
    "making the disk",
    "writing its identity",
    "plugging the wire",
    "closing the firewall",
    "defining the machine",
    "starting the machine",
];

/// A daemon that is killed while it makes or removes an instance takes the work up again when it is back. Where it was is
/// told by the client's progress, so the sample covers every stage.
fn survives_kill_at(stage: &str) -> Result<()> {
    let mut lab = Lab::real()?;
    let mut create = lab.sloop_command(&[
        "launch",
        "web",
        "--blueprint",
        "tiny",
        "--bundle",
        "tiny_1_0",
        "--timeout",
        "120s",
    ]);
    let mut create = create.stderr(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    let mut progress = BufReader::new(create.stderr.take().context("progress")?).lines();
    // A stage may be over before the client listens; the next one that it hears of will do.
    let from = STAGES.iter().position(|one| *one == stage).context("a stage")?;
    let at = |line: &str| STAGES[from..].iter().any(|stage| line.contains(stage));
    let reached = progress.by_ref().map_while(Result::ok).any(|line| at(&line));
    ensure!(reached, "the stage {stage:?} was never reached");
    lab.kill_daemon()?;
    lab.start_daemon()?;
    // The client rejoins by itself and waits on.
    let rest: Vec<String> = progress.map_while(Result::ok).collect();
    ensure!(create.wait()?.success(), "{rest:?}\n{}", lab.log());
    lab.must(&["ssh", "web", "--", "true"])?;
    let domains = lab.shell(&format!("virsh -q -c '{}' list --all --name", lab.libvirt_uri()))?;
    ensure!(domains.split_whitespace().count() == 1, "a duplicate: {domains}");

    lab.must(&["instance", "delete", "web", "--yes", "--no-wait"])?;
    lab.kill_daemon()?;
    lab.start_daemon()?;
    // It is gone, or it is being deleted: waiting for the operation tells when.
    let operations = lab.json(&["operation", "list", "--resource", "web"])?;
    let id = operations["operations"][0]["id"].as_str().context("an operation")?.to_owned();
    lab.must(&["operation", "watch", &id])?;
    ensure!(lab.leftovers()?.is_empty(), "{:?}", lab.leftovers()?);
    Ok(())
}

#[test]
fn survives_a_kill_while_the_disk_is_made() -> Result<()> {
    survives_kill_at("making the disk")
}

#[test]
fn survives_a_kill_while_the_wire_is_plugged() -> Result<()> {
    survives_kill_at("plugging the wire")
}

#[test]
fn survives_a_kill_while_the_machine_starts() -> Result<()> {
    survives_kill_at("starting the machine")
}

#[test]
fn a_connection_survives_the_daemon_and_libvirtd() -> Result<()> {
    let mut lab = Lab::real()?;
    lab.must(&["launch", "web", "--blueprint", "tiny", "--bundle", "tiny_1_0"])?;
    let mut session = lab.sloop_command(&["ssh", "web", "--", "cat"]);
    let mut session = session.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut typed = session.stdin.take().context("input")?;
    let mut shown = BufReader::new(session.stdout.take().context("output")?).lines();
    let mut echo = |word: &str| -> Result<()> {
        writeln!(typed, "{word}")?;
        let line = shown.next().context("the connection ended")??;
        ensure!(line == word, "{line}");
        Ok(())
    };
    echo("before")?;
    let uptime = lab.must(&["ssh", "web", "--", "cat /proc/sys/kernel/random/boot_id"])?;

    lab.stop_daemon()?;
    lab.start_daemon()?;
    echo("after a restart of sloopd")?;
    lab.kill_daemon()?;
    lab.start_daemon()?;
    echo("after a crash of sloopd")?;
    lab.stop_libvirtd()?;
    // Down, it is a clear error, and nothing is half-made.
    let refused = lab.sloop(&["host", "show"])?;
    ensure!(refused.code != 0 && refused.stderr.contains("libvirt"), "{refused}");
    lab.start_libvirtd()?;
    echo("after a restart of libvirtd")?;
    lab.must(&["instance", "reboot", "web", "--wait"])?;
    ensure!(lab.must(&["ssh", "web", "--", "cat /proc/sys/kernel/random/boot_id"])? != uptime);
    Ok(())
}

#[test]
fn what_is_not_ours_is_never_touched() -> Result<()> {
    let mut lab = Lab::real()?;
    let uri = lab.libvirt_uri();
    // A domain that looks like ours and has no tag, a tap with our prefix and another's tag, another's table.
    let xml = "<domain type='qemu'><name>sloop-11111111-1111-4111-8111-111111111111</name>\
               <uuid>11111111-1111-4111-8111-111111111111</uuid><memory unit='MiB'>16</memory>\
               <os><type arch='x86_64'>hvm</type></os></domain>";
    let file = lab.dir().join("foreign.xml");
    std::fs::write(&file, xml)?;
    lab.shell(&format!("virsh -q -c '{uri}' define {}", file.display()))?;
    lab.shell("ip tuntap add dev slp-11111111 mode tap && ip link set slp-11111111 alias 'somebody else'")?;
    lab.shell("nft add table inet other && nft add chain inet other mine")?;
    lab.stop_daemon()?;
    lab.start_daemon()?;
    lab.must(&["launch", "web", "--blueprint", "tiny", "--bundle", "tiny_1_0"])?;
    lab.must(&["rm", "web", "--yes"])?;
    lab.shell(&format!("virsh -q -c '{uri}' dominfo 11111111-1111-4111-8111-111111111111"))?;
    lab.shell("ip link show slp-11111111")?;
    lab.shell("nft list chain inet other mine")?;
    Ok(())
}

#[test]
fn creates_while_libvirtd_is_down_leave_nothing() -> Result<()> {
    let mut lab = Lab::real()?;
    lab.stop_libvirtd()?;
    let failed = lab.sloop(&["launch", "web", "--blueprint", "tiny"])?;
    ensure!(failed.code == 5 && failed.stderr.contains("libvirt"), "{failed}");
    lab.start_libvirtd()?;
    // Undoing could not reach libvirt either, so the instance may still be listed; deleting it again clears it.
    let _ = lab.sloop(&["rm", "web", "--yes"])?;
    ensure!(lab.leftovers()?.is_empty(), "{:?}", lab.leftovers()?);
    lab.must(&["launch", "web", "--blueprint", "tiny", "--bundle", "tiny_1_0"])?;
    Ok(())
}

#[test]
fn flushed_rules_come_back_with_the_next_change() -> Result<()> {
    let lab = Lab::real()?;
    lab.must(&["launch", "web", "--blueprint", "tiny", "--bundle", "tiny_1_0"])?;
    lab.shell("nft flush ruleset")?;
    lab.must(&["launch", "db", "--blueprint", "tiny", "--bundle", "tiny_1_0"])?;
    lab.must(&["ssh", "web", "--", "true"])?;
    lab.must(&["rm", "web", "db", "--yes"])?;
    ensure!(lab.leftovers()?.is_empty(), "{:?}", lab.leftovers()?);
    Ok(())
}

#[test]
fn a_daemon_that_starts_before_libvirtd_takes_the_guests_up_later() -> Result<()> {
    let mut lab = Lab::real()?;
    lab.must(&["launch", "web", "--blueprint", "tiny", "--bundle", "tiny_1_0"])?;
    lab.stop_daemon()?;
    lab.stop_libvirtd()?;
    lab.start_daemon()?;
    lab.start_libvirtd()?;
    // `sloop ssh` waits until the daemon has seen the SSH server again.
    lab.must(&["ssh", "web", "--", "true"])?;
    ensure!(lab.json(&["instance", "state", "web"])?["state"]["name"] == "running");
    Ok(())
}

#[test]
fn a_second_daemon_on_the_same_state_is_refused() -> Result<()> {
    let lab = Lab::simulated()?;
    let other = lab.dir().join("other.sock");
    let output = lab.daemon_command().arg("--socket").arg(&other).output()?;
    ensure!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("another sloopd"));
    lab.must(&["ls"])?;
    Ok(())
}

#[test]
fn the_accelerator_is_one_that_runs_guests() -> Result<()> {
    let lab = Lab::start(Setup { accelerator: "auto", ..Setup::default() })?;
    let host = lab.json(&["host", "show"])?;
    ensure!(!host["acceleratorReason"].as_str().unwrap_or_default().is_empty(), "{host}");
    lab.must(&["launch", "web", "--blueprint", "tiny", "--bundle", "tiny_1_0"])?;
    Ok(())
}
