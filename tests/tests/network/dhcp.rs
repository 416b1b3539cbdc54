//! DHCP, whatever the guest says it is, and whoever else serves it on the host.

use anyhow::{Result, ensure};
use sloop_lab::{Guest, Lab, World};

/// A script that writes down what the server said.
const SCRIPT: &str = "#!/bin/sh\nenv >>\"$OUT\"\n";

fn lease(guest: &Guest, dir: &std::path::Path, arguments: &[&str]) -> Result<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let (script, out) = (dir.join("udhcpc.sh"), dir.join("lease"));
    std::fs::write(&script, SCRIPT)?;
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755))?;
    let _ = std::fs::remove_file(&out);
    let setting = format!("OUT={}", out.display());
    let script = script.display().to_string();
    let base =
        ["env", &setting, "busybox", "udhcpc", "-f", "-q", "-n", "-i", "eth0", "-s", &script, "-t", "5"];
    let options = ["-O", "mtu", "-O", "hostname", "-O", "domain", "-O", "dns", "-O", "router"];
    let output = guest.run(&[base.as_slice(), &options, arguments].concat())?;
    ensure!(output.code == 0, "udhcpc: {output}");
    Ok(std::fs::read_to_string(out)?)
}

#[test]
fn every_client_gets_its_taps_address() -> Result<()> {
    let lab = Lab::wired()?;
    let _world = World::of(&lab)?;
    // Somebody else serves DHCP on this host, to everybody who asks anywhere.
    let dnsmasq = "dnsmasq --no-daemon --conf-file=/dev/null --port=0 --dhcp-range=10.99.0.2,10.99.0.2 \
                   --pid-file= --leasefile-ro & sleep 0";
    lab.shell(&format!("({dnsmasq}) >/dev/null 2>&1"))?;
    lab.must(&[
        "instance",
        "create",
        "web",
        "--blueprint",
        "tiny",
        "--bundle",
        "nano_3_0",
        "--wait-for",
        "running",
    ])?;
    let guest = Guest::plug(&lab, "web")?;
    lab.until("the other server listens", || Ok(lab.shell("cat /proc/net/udp")?.contains(":0043 ")))?;
    for arguments in
        [&[][..], &["-x", "0x3d:ff00112233"], &["-C"], &["-x", "hostname:other"], &["-r", "172.26.0.77"]]
    {
        let told = lease(&guest, lab.dir(), arguments)?;
        for expected in [
            format!("ip={}", guest.address()),
            "subnet=255.255.0.0".into(),
            "router=172.26.0.1".into(),
            "dns=172.26.0.1".into(),
            "hostname=web".into(),
            "domain=sloop.internal".into(),
            "mtu=1500".into(),
        ] {
            ensure!(told.lines().any(|line| line == expected), "{arguments:?}: no {expected} in\n{told}");
        }
    }
    // With another card, too: what it may send afterwards is another matter.
    guest.ip("link set eth0 address 02:00:00:00:00:99")?;
    ensure!(lease(&guest, lab.dir(), &[])?.contains(&format!("ip={}", guest.address())));
    Ok(())
}
