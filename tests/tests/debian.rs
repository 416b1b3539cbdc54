//! The real blueprint: a true cloud image, by cloud-init.

use anyhow::{Result, ensure};
use sloop_lab::{Lab, Setup};

#[test]
fn debian_boots_becomes_itself_and_reports() -> Result<()> {
    let lab = Lab::start(Setup { blueprints: &["debian_12"], ..Setup::default() })?;
    let config = "#cloud-config\nwrite_files:\n  - path: /etc/was-here\n    content: indeed\n";
    let create = ["instance", "create", "deb", "--blueprint", "debian_12", "--bundle", "nano_3_0"];
    let wait = ["--user-data-text", config, "--wait-for", "first-boot", "--timeout", "5m"];
    lab.must(&[&create[..], &wait[..]].concat())?;
    let told = lab.must(&[
        "ssh",
        "deb",
        "--",
        "hostname; id -un; sudo id -u; cat /etc/was-here; echo; df -m / | tail -1",
    ])?;
    let words: Vec<_> = told.split_whitespace().collect();
    ensure!(words[..4] == ["deb", "admin", "0", "indeed"], "{told}");
    ensure!(words[5].parse::<u64>()? > 18_000, "the root file system has not grown: {told}");
    // The guest made no host keys of its own.
    let keys = lab.must(&["ssh", "deb", "--", "ls /etc/ssh/ssh_host_*_key"])?;
    ensure!(keys.trim() == "/etc/ssh/ssh_host_ed25519_key", "{keys}");
    lab.must(&["rm", "deb", "--yes"])?;
    ensure!(lab.leftovers()?.is_empty(), "{:?}", lab.leftovers()?);
    Ok(())
}
