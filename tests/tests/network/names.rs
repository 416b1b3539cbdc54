//! Names, asked for with an ordinary resolver.

use anyhow::{Result, ensure};

use super::Net;

#[test]
fn the_host_and_guests_resolve_instances() -> Result<()> {
    let net = Net::of(&["web"])?;
    let (guest, address) = (&net.guests[0], net.guests[0].address().to_owned());
    for answer in [
        guest.run(&["busybox", "nslookup", "web.sloop.internal", "172.26.0.1"])?.stdout,
        net.lab.shell("busybox nslookup web.sloop.internal 172.26.0.1")?,
    ] {
        ensure!(answer.contains(&address), "{answer}");
    }
    let reverse = net.lab.shell(&format!("busybox nslookup {address} 172.26.0.1"))?;
    ensure!(reverse.contains("web.sloop.internal"), "{reverse}");
    // The host's own resolver is not to be sent to itself: what is not ours is refused at once.
    let other = net.lab.shell("busybox nslookup -type=a example.com 172.26.0.1 2>&1 || true")?;
    ensure!(other.to_lowercase().contains("refused"), "{other}");
    Ok(())
}
