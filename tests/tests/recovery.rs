//! Real guests that end without being told to, and come back by themselves.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use sloop_lab::Lab;

fn launch(lab: &Lab, name: &str) -> Result<()> {
    lab.must(&["launch", name, "--blueprint", "tiny", "--bundle", "tiny_1_0", "--wait-for", "first-boot"])?;
    Ok(())
}

/// Writes something that is kept, with nothing of it in memory only; gives its checksum.
fn new_blob(lab: &Lab, name: &str) -> Result<String> {
    lab.in_guest(name, "dd if=/dev/urandom of=/blob bs=64k count=16 2>/dev/null; sync; md5sum </blob")
}

fn blob(lab: &Lab, name: &str) -> Result<String> {
    lab.in_guest(name, "md5sum </blob")
}

fn boot_id(lab: &Lab, name: &str) -> Result<String> {
    lab.in_guest(name, "cat /proc/sys/kernel/random/boot_id")
}

/// Its addresses: public, private, IPv6.
fn addresses(lab: &Lab, name: &str) -> Result<Vec<String>> {
    let shown = lab.json(&["instance", "show", name])?;
    let members = ["/instance/publicIpAddress", "/instance/privateIpAddress", "/instance/ipv6Addresses/0"];
    let text = |member: &&str| shown.pointer(member).and_then(|value| value.as_str()).map(str::to_owned);
    members.iter().map(|member| text(member).with_context(|| format!("{member} in {shown}"))).collect()
}

fn state(lab: &Lab, name: &str) -> Result<String> {
    let state = lab.json(&["instance", "state", name])?;
    Ok(state["state"]["name"].as_str().context("a state")?.to_owned())
}

/// The QEMUs of the lab, and not the shell that looks for them.
fn machines(lab: &Lab) -> Result<Vec<String>> {
    let pids = lab.shell(&format!("pgrep -f 'qemu-syste[m].*{}/' || true", lab.dir().display()))?;
    Ok(pids.split_whitespace().map(str::to_owned).collect())
}

fn kill_machines(lab: &Lab) -> Result<()> {
    for pid in machines(lab)? {
        lab.shell(&format!("kill -9 {pid} || true"))?;
    }
    Ok(())
}

fn virsh(lab: &Lab, words: &str) -> Result<String> {
    lab.shell(&format!("virsh -q -c '{}' {words}", lab.libvirt_uri()))
}

/// Cuts the power of the only machine that runs, as an administrator would.
fn destroy(lab: &Lab) -> Result<()> {
    let name = virsh(lab, "list --name")?;
    virsh(lab, &format!("destroy {}", name.trim())).map(drop)
}

/// Why it was recovered, the newest first, of those recoveries that are done.
fn recoveries(lab: &Lab, name: &str) -> Result<Vec<String>> {
    let list = lab.json(&["operation", "list", "--resource", name])?;
    let all = list["operations"].as_array().context("operations")?;
    let done = all
        .iter()
        .filter(|one| one["operationType"] == "RecoverInstance" && one["status"] == "Succeeded")
        .map(|one| one["operationDetails"].as_str().unwrap_or_default().to_owned());
    Ok(done.collect())
}

#[test]
fn a_killed_machine_comes_back_with_its_data_and_addresses() -> Result<()> {
    let lab = Lab::real()?;
    launch(&lab, "web")?;
    lab.must(&["static-ip", "allocate", "front"])?;
    lab.must(&["static-ip", "attach", "front", "web"])?;
    let (before, kept, boot) = (addresses(&lab, "web")?, new_blob(&lab, "web")?, boot_id(&lab, "web")?);
    kill_machines(&lab)?;
    lab.until("the history tells", || Ok(recoveries(&lab, "web")? == ["QEMU ended by itself"]))?;
    ensure!(state(&lab, "web")? == "running" && addresses(&lab, "web")? == before);
    ensure!(blob(&lab, "web")? == kept && boot_id(&lab, "web")? != boot);
    let health = lab.json(&["instance", "health", "web"])?;
    ensure!(health["recentRecoveries"] == 1 && health["givenUp"] == false, "{health}");
    lab.must(&["rm", "web", "--yes"])?;
    ensure!(lab.leftovers()?.is_empty(), "{:?}", lab.leftovers()?);
    Ok(())
}

#[test]
fn what_is_turned_off_from_outside_stays_off_unless_it_is_always_to_run() -> Result<()> {
    let lab = Lab::real()?;
    launch(&lab, "web")?;
    let kept = new_blob(&lab, "web")?;
    destroy(&lab)?;
    lab.until("it is stopped", || Ok(state(&lab, "web")? == "stopped"))?;
    lab.must(&["start", "web"])?;
    lab.must(&["instance", "recovery", "web", "--policy", "always"])?;
    destroy(&lab)?;
    lab.until("it is back", || {
        Ok(recoveries(&lab, "web")? == ["its power was cut behind the daemon's back"])
    })?;
    lab.in_guest("web", "(sleep 1; poweroff -f) </dev/null >/dev/null 2>&1 &")?;
    lab.until("it is back again", || Ok(recoveries(&lab, "web")?.len() == 2))?;
    ensure!(recoveries(&lab, "web")?[0] == "the guest shut itself down");
    ensure!(blob(&lab, "web")? == kept);
    Ok(())
}

#[test]
fn all_that_ran_when_everything_was_killed_runs_again() -> Result<()> {
    let mut lab = Lab::real()?;
    for name in ["web", "db", "off"] {
        launch(&lab, name)?;
    }
    lab.must(&["stop", "off"])?;
    let kept = [new_blob(&lab, "web")?, new_blob(&lab, "db")?];
    let before = [addresses(&lab, "web")?, addresses(&lab, "db")?];
    lab.kill_daemon()?;
    lab.stop_libvirtd()?;
    kill_machines(&lab)?;
    lab.start_libvirtd()?;
    lab.start_daemon()?;
    for name in ["web", "db"] {
        lab.until("it was recovered", || Ok(recoveries(&lab, name)?.len() == 1))?;
    }
    ensure!([blob(&lab, "web")?, blob(&lab, "db")?] == kept);
    ensure!([addresses(&lab, "web")?, addresses(&lab, "db")?] == before);
    ensure!(state(&lab, "off")? == "stopped" && machines(&lab)?.len() == 2);

    // libvirt's daemon alone, and ours alone: nothing is to be recovered.
    let boot = boot_id(&lab, "web")?;
    lab.restart_libvirtd()?;
    lab.kill_daemon()?;
    lab.start_daemon()?;
    ensure!(boot_id(&lab, "web")? == boot && recoveries(&lab, "web")?.len() == 1);

    // The daemon dies as well while it brings one back.
    let kept = new_blob(&lab, "web")?;
    kill_machines(&lab)?;
    lab.kill_daemon()?;
    lab.start_daemon()?;
    for name in ["web", "db"] {
        lab.until("it runs", || Ok(recoveries(&lab, name)?.len() >= 2 && state(&lab, name)? == "running"))?;
    }
    ensure!(blob(&lab, "web")? == kept && machines(&lab)?.len() == 2);
    Ok(())
}

#[test]
fn a_guest_whose_kernel_panics_is_started_again() -> Result<()> {
    let lab = Lab::real()?;
    launch(&lab, "web")?;
    let kept = new_blob(&lab, "web")?;
    lab.in_guest("web", "(sleep 1; echo c >/proc/sysrq-trigger) </dev/null >/dev/null 2>&1 &")?;
    lab.until("it was recovered", || Ok(recoveries(&lab, "web")? == ["the guest's kernel panicked"]))?;
    ensure!(blob(&lab, "web")? == kept);
    Ok(())
}

#[test]
fn a_machine_that_dies_again_and_again_is_given_up() -> Result<()> {
    let lab = Lab::start(sloop_lab::Setup {
        images: "[recovery]\nlimit = 2\npause_seconds = [1]".into(),
        ..sloop_lab::Setup::default()
    })?;
    launch(&lab, "web")?;
    for times in 1..=2 {
        kill_machines(&lab)?;
        lab.until("it was recovered", || Ok(recoveries(&lab, "web")?.len() == times))?;
    }
    kill_machines(&lab)?;
    lab.until("it is given up", || Ok(state(&lab, "web")? == "stopped"))?;
    let health = lab.must(&["instance", "health", "web"])?;
    ensure!(health.contains("given up") && health.contains("QEMU ended by itself"), "{health}");
    let doctor = lab.sloop(&["doctor"])?;
    ensure!(doctor.stdout.contains("sloop start web"), "{doctor}");
    lab.must(&["start", "web"])?;
    lab.must(&["ssh", "web", "--", "true"])?;
    Ok(())
}

#[test]
fn a_guest_answers_for_itself_and_one_that_stands_still_does_not() -> Result<()> {
    let lab = Lab::start(sloop_lab::Setup {
        images: "[recovery]\nhung_minutes = 1".into(),
        ..sloop_lab::Setup::default()
    })?;
    launch(&lab, "web")?;
    let check = |lab: &Lab| -> Result<String> {
        let health = lab.json(&["instance", "health", "web"])?;
        Ok(health["instance"]["state"].as_str().context("a state")?.to_owned())
    };
    // A round is a minute.
    let within_two_minutes =
        |what: &str, so: &dyn Fn() -> Result<bool>| lab.within(Duration::from_mins(2), what, so);
    within_two_minutes("the guest answers", &|| Ok(check(&lab)? == "passed"))?;
    for pid in machines(&lab)? {
        lab.shell(&format!("kill -STOP {pid}"))?;
    }
    within_two_minutes("it was recovered", &|| {
        Ok(recoveries(&lab, "web")? == ["the guest did not answer for a minute"])
    })?;
    lab.must(&["ssh", "web", "--", "true"])?;
    Ok(())
}
