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
    accepts_the_metadata(&lab)?;
    lab.must(&["rm", "deb", "--yes"])?;
    ensure!(lab.leftovers()?.is_empty(), "{:?}", lab.leftovers()?);
    Ok(())
}

/// cloud-init's own data source for EC2, asked for by name: it finds everything that it looks for, with a session token.
fn accepts_the_metadata(lab: &Lab) -> Result<()> {
    const CRAWL: &str = r#"
from cloudinit import distros, helpers
from cloudinit.sources import DataSourceEc2
# It asks for tokens only where it takes the machine for Amazon's, which it knows by the firmware's tables.
DataSourceEc2.identify_platform = lambda: DataSourceEc2.CloudNames.AWS
paths = helpers.Paths({"cloud_dir": "/run/crawl", "run_dir": "/run/crawl"})
distro = distros.fetch("debian")("debian", {}, paths)
source = DataSourceEc2.DataSourceEc2({"datasource": {"Ec2": {"strict_id": "false"}}}, distro, paths)
assert source._get_data(), "the data source finds nothing"
print(source.get_instance_id(), source.availability_zone, source.region, len(source.get_public_ssh_keys()))
print(source.metadata["local-hostname"], source.metadata["local-ipv4"], source.metadata["instance-type"])
print(source.userdata_raw)
"#;
    lab.must(&["instance", "metadata-options", "deb", "--tokens", "required"])?;
    let script = format!("sudo python3 - <<'END'\n{CRAWL}\nEND\n");
    let told = lab.must(&["ssh", "deb", "--", &script])?;
    let instance = lab.json(&["instance", "show", "deb"])?;
    let address = instance["instance"]["privateIpAddress"].as_str().unwrap_or_default();
    let words: Vec<_> = told.split_whitespace().collect();
    ensure!(words[0].starts_with("i-") && words[1..3] == ["us-east-1a", "us-east-1"], "{told}");
    ensure!(words[3] != "0" && words[4..7] == ["deb.sloop.internal", address, "nano_3_0"], "{told}");
    ensure!(told.contains("was-here"), "{told}");
    Ok(())
}

#[test]
fn a_copy_of_a_cloud_init_guest_is_its_own_and_a_bigger_plan_shows_in_it() -> Result<()> {
    let lab = Lab::start(Setup { blueprints: &["debian_12"], ..Setup::default() })?;
    let launch =
        ["launch", "web", "--blueprint", "debian_12", "--bundle", "nano_3_0", "--wait-for", "first-boot"];
    lab.must(&launch)?;
    let run = |name: &str, script: &str| lab.must(&["ssh", name, "--", script]);
    lab.must(&["disk", "create", "data", "--size", "8"])?;
    lab.must(&["disk", "attach", "data", "web", "--path", "/dev/xvdf"])?;
    lab.until("the disk bears the name that it was attached by", || {
        Ok(lab.sloop(&["ssh", "web", "--", "test -b /dev/xvdf"])?.code == 0)
    })?;
    run(
        "web",
        "sudo mkfs.ext4 -q /dev/xvdf && sudo mount /dev/xvdf /mnt && echo kept | sudo tee /mnt/note && sync",
    )?;
    lab.must(&["snapshot", "create", "web", "good"])?;
    // Its agent answered, and held its file systems still.
    ensure!(lab.json(&["snapshot", "show", "good"])?["instanceSnapshot"]["quiesced"] == true);
    lab.must(&["stop", "web"])?;
    lab.must(&["snapshot", "restore", "good", "copy", "--wait-for", "first-boot"])?;
    ensure!(run("copy", "sudo mount /dev/xvdf /mnt && cat /mnt/note")?.trim() == "kept");
    let identity = "hostname; cat /etc/machine-id; cat /var/lib/cloud/data/instance-id; sudo cut -d ' ' -f 2 /etc/ssh/ssh_host_ed25519_key.pub";
    let copy = run("copy", identity)?;
    lab.must(&["rm", "copy", "--yes"])?;
    lab.must(&["start", "web"])?;
    let web = run("web", identity)?;
    for (mine, theirs) in copy.lines().zip(web.lines()) {
        ensure!(mine != theirs, "the copy calls itself {mine}, too");
    }
    ensure!(copy.lines().count() == 4, "{copy}");

    lab.must(&["instance", "resize", "web", "--bundle", "micro_3_0"])?;
    // cloud-init makes the file system grow after a login is possible.
    let grown = "timeout 240 sh -c 'until [ $(df -BG --output=size / | tail -n 1 | tr -dc 0-9) -ge 38 ]; do sleep 1; done'";
    run("web", grown)?;
    let told = run("web", "nproc; free -m | awk '/Mem:/ { print $2 }'")?;
    let numbers: Vec<u64> = told.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    ensure!(numbers.len() == 2 && numbers[0] == 2 && numbers[1] > 900, "{told}");
    Ok(())
}
