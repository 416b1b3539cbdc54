//! The life of a real instance, from launch to nothing.

use anyhow::{Context as _, Result, ensure};
use sloop_lab::Lab;

fn address(lab: &Lab, name: &str, member: &str) -> Result<String> {
    let shown = lab.json(&["instance", "show", name])?;
    Ok(shown["instance"][member].as_str().with_context(|| format!("{member} in {shown}"))?.to_owned())
}

#[test]
fn an_instance_lives_and_leaves_nothing_behind() -> Result<()> {
    let lab = Lab::real()?;
    lab.must(&["launch", "web", "--blueprint", "tiny", "--bundle", "nano_3_0", "--wait-for", "first-boot"])?;
    // Through the public address, with the host key that the daemon made and no trust on first use.
    let told = lab.must(&["ssh", "web", "--", "hostname; id -un; df -m / | tail -1"])?;
    let words: Vec<_> = told.split_whitespace().collect();
    ensure!(words[..2] == ["web", "admin"], "{told}");
    let size: u64 = words[3].parse()?;
    ensure!(size > 18_000, "the root file system has not grown to the plan's 20 GB: {told}");

    let (public, private) =
        (address(&lab, "web", "publicIpAddress")?, address(&lab, "web", "privateIpAddress")?);
    lab.must(&["instance", "reboot", "web", "--wait"])?;
    ensure!(address(&lab, "web", "publicIpAddress")? == public, "a reboot keeps the public address");
    lab.must(&["instance", "stop", "web", "--wait"])?;
    ensure!(lab.sloop(&["ssh", "web", "--", "true"])?.code == 4, "no login while stopped");
    lab.must(&["instance", "start", "web", "--wait"])?;
    ensure!(address(&lab, "web", "publicIpAddress")? != public, "stop and start change the public address");
    ensure!(address(&lab, "web", "privateIpAddress")? == private, "and never the private one");
    lab.must(&["ssh", "web", "--", "true"])?;

    lab.must(&["rm", "web", "--yes"])?;
    ensure!(lab.leftovers()?.is_empty(), "{:?}", lab.leftovers()?);
    ensure!(lab.sloop(&["instance", "show", "web"])?.code == 3);
    Ok(())
}

#[test]
fn a_guest_that_powers_itself_off_is_stopped() -> Result<()> {
    let lab = Lab::real()?;
    // Before its first boot is over a guest does not hear the power button.
    lab.must(&["launch", "web", "--blueprint", "tiny", "--bundle", "tiny_1_0", "--wait-for", "first-boot"])?;
    let uri = lab.libvirt_uri();
    lab.shell(&format!("virsh -q -c '{uri}' shutdown $(virsh -q -c '{uri}' list --name)"))?;
    // The shutdown is nobody's order, so there is no operation to wait for.
    lab.until("web is stopped", || {
        Ok(lab.json(&["instance", "state", "web"])?["state"]["name"] == "stopped")
    })?;
    ensure!(lab.json(&["instance", "show", "web"])?["instance"]["publicIpAddress"].is_null());
    lab.must(&["instance", "start", "web", "--wait"])?;
    lab.must(&["ssh", "web", "--", "true"])?;
    Ok(())
}

#[test]
fn user_data_that_fails_is_told() -> Result<()> {
    let lab = Lab::real()?;
    let script = "#!/bin/sh\necho all went wrong >&2\nexit 3\n";
    let create = [
        "instance",
        "create",
        "bad",
        "--blueprint",
        "tiny",
        "--bundle",
        "nano_3_0",
        "--wait-for",
        "first-boot",
    ];
    let failed = lab.sloop(&[&create[..], &["--user-data-text", script]].concat())?;
    ensure!(failed.code == 5, "{failed}");
    ensure!(failed.stderr.contains("exited with 3"), "{failed}");
    // A live machine is never called failed: it runs, and lets in.
    lab.must(&["ssh", "bad", "--", "true"])?;
    let good = lab.sloop(&[
        "instance",
        "create",
        "good",
        "--blueprint",
        "tiny",
        "--bundle",
        "nano_3_0",
        "--wait-for",
        "first-boot",
        "--user-data-text",
        "#!/bin/sh\ntouch /was-here\n",
    ])?;
    ensure!(good.code == 0, "{good}");
    lab.must(&["ssh", "good", "--", "test -e /was-here"])?;
    Ok(())
}

/// How a connection attempt from the host ends: 0 open, 1 refused by the guest, 124 dropped on the way.
fn knock(lab: &Lab, address: &str, port: u16) -> Result<String> {
    let script = format!("timeout 3 bash -c '</dev/tcp/{address}/{port}' 2>/dev/null; echo $?");
    Ok(lab.shell(&script)?.trim().to_owned())
}

#[test]
fn the_firewall_stands_on_the_public_address() -> Result<()> {
    let lab = Lab::real()?;
    lab.must(&["launch", "web", "db", "--blueprint", "tiny", "--bundle", "tiny_1_0"])?;
    let (public, private) =
        (address(&lab, "web", "publicIpAddress")?, address(&lab, "web", "privateIpAddress")?);
    ensure!(knock(&lab, &public, 22)? == "0", "SSH is open");
    ensure!(knock(&lab, &public, 80)? == "1", "HTTP is let through to a guest that serves none");
    ensure!(knock(&lab, &public, 81)? == "124", "everything else is dropped");
    ensure!(knock(&lab, &private, 81)? == "1", "the private address passes the firewall by");
    // The rules outlive the daemon and follow the address.
    lab.must(&["stop", "web"])?;
    ensure!(knock(&lab, &public, 22)? != "0", "an address that was given back leads nowhere");
    lab.must(&["start", "web"])?;
    let moved = address(&lab, "web", "publicIpAddress")?;
    ensure!(knock(&lab, &moved, 22)? == "0" && knock(&lab, &moved, 81)? == "124");
    // A guest reaches the metadata address and nothing else of the host.
    let script = "timeout 3 nc 172.26.0.1 8169 </dev/null; echo $?; timeout 3 nc 169.254.169.254 80 </dev/null; echo $?";
    let told = lab.must(&["ssh", "db", "--", script])?;
    let ends: Vec<_> = told.split_whitespace().collect();
    ensure!(ends.len() == 2 && ends[0] != "0" && ends[1] == "0", "{told}");
    Ok(())
}
