//! A host with twenty instances loses its power: all of them run again when it is back, but for those that are to stay down.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use sloop_lab::{Lab, Setup};

/// Those that are looked into: of two users of the host, one with a static address, one with a disk of its own.
const WATCHED: [&str; 3] = ["web", "db", "shop"];
/// All that are to run again.
const COUNT: usize = 20;
/// Twenty boots in software, on whatever the machine has left.
const LIMIT: Duration = Duration::from_mins(6);
const LAUNCH: [&str; 5] = ["launch", "--blueprint", "tiny", "--bundle", "tiny_1_0"];

/// What an instance must have afterwards as before: its addresses.
fn addresses(lab: &Lab) -> Result<BTreeMap<String, Value>> {
    let listed = lab.json(&["instance", "list"])?;
    let all = listed["instances"].as_array().context("a list")?;
    let of = |one: &Value| -> Result<(String, Value)> {
        ensure!(one["publicIpAddress"].is_string() && one["privateIpAddress"].is_string(), "{one}");
        let own = ["publicIpAddress", "privateIpAddress", "ipv6Addresses", "isStaticIp"].map(|key| &one[key]);
        Ok((one["name"].as_str().context("a name")?.to_owned(), json!(own)))
    };
    all.iter().filter(|one| one["name"] != "rest").map(of).collect()
}

/// The files of all disks of each machine, as libvirt knows them.
fn disks(lab: &Lab) -> Result<String> {
    let virsh = format!("virsh -q -c '{}'", lab.libvirt_uri());
    lab.shell(&format!(
        "for one in $({virsh} list --all --name | sort); do echo $one; {virsh} domblklist $one; done"
    ))
}

/// How many machines run.
fn running(lab: &Lab) -> Result<usize> {
    let names = lab.shell(&format!("virsh -q -c '{}' list --name --state-running", lab.libvirt_uri()))?;
    Ok(names.split_whitespace().count())
}

fn state(lab: &Lab, name: &str) -> Result<String> {
    let state = lab.json(&["instance", "state", name])?;
    Ok(state["state"]["name"].as_str().context("a state")?.to_owned())
}

/// Whom the history tells to have been started again because the host was.
fn recovered(lab: &Lab) -> Result<BTreeSet<String>> {
    let list = lab.json(&["operation", "list"])?;
    let all = list["operations"].as_array().context("operations")?;
    let done = all.iter().filter(|one| {
        one["operationType"] == "RecoverInstance"
            && one["status"] == "Succeeded"
            && one["operationDetails"] == "the host was restarted"
    });
    Ok(done.filter_map(|one| one["resourceName"].as_str()).map(str::to_owned).collect())
}

/// Makes those that are looked into, each with a file, and gives what the files hold.
fn furnish(lab: &Lab) -> Result<[String; 3]> {
    let booted = ["--wait-for", "first-boot"];
    lab.must(&[&LAUNCH[..], &["web", "db"], &booted].concat())?;
    lab.must_as("nobody", &[&LAUNCH[..], &["shop"], &booted].concat())?;
    lab.must(&["static-ip", "allocate", "front"])?;
    lab.must(&["static-ip", "attach", "front", "web"])?;
    lab.must(&["disk", "create", "data", "--size", "8"])?;
    lab.must(&["disk", "attach", "data", "db"])?;
    disk_shows(lab)?;
    lab.in_guest("db", "mkfs.ext4 -q /dev/sda; mkdir -p /data; mount /dev/sda /data")?;
    let fill = |name: &str, path: &str| {
        let new = format!("dd if=/dev/urandom of={path} bs=64k count=16 2>/dev/null; sync; md5sum <{path}");
        lab.in_guest(name, &new)
    };
    Ok([fill("web", "/blob")?, fill("db", "/data/blob")?, fill("shop", "/blob")?])
}

/// The only disk behind the controller.
fn disk_shows(lab: &Lab) -> Result<()> {
    lab.until("the disk shows in the guest", || Ok(lab.in_guest("db", "ls /dev/sda || true")? == "/dev/sda"))
}

/// What the files hold now.
fn kept(lab: &Lab) -> Result<[String; 3]> {
    // A login waits for a boot as long as that takes; the disk comes soon after.
    let of_web = lab.in_guest("web", "md5sum </blob")?;
    lab.in_guest("db", "true")?;
    disk_shows(lab)?;
    Ok([
        of_web,
        lab.in_guest("db", "mount /dev/sda /data; md5sum </data/blob")?,
        lab.in_guest("shop", "md5sum </blob")?,
    ])
}

#[test]
fn twenty_instances_run_again_when_the_host_does() -> Result<()> {
    let configuration = "limits.parallel = 8\nquotas.instances = 30".into();
    let mut lab = Lab::start(Setup { configuration, ..Setup::default() })?;
    let files = furnish(&lab)?;
    let others: Vec<String> = (WATCHED.len()..COUNT).map(|number| format!("more-{number}")).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    // They may well be booting still when the power goes.
    lab.must(&[&LAUNCH[..], &others[..], &["rest", "--wait-for", "running"]].concat())?;
    lab.must(&["instance", "recovery", "rest", "--policy", "never"])?;
    let wanted: BTreeSet<String> =
        WATCHED.into_iter().chain(others.iter().copied()).map(str::to_owned).collect();
    ensure!(running(&lab)? == COUNT + 1 && wanted.len() == COUNT);
    let (addresses_before, disks_before) = (addresses(&lab)?, disks(&lab)?);
    let boot = lab.in_guest("web", "cat /proc/sys/kernel/random/boot_id")?;

    lab.cut_power()?;
    let left = lab.shell(&format!("pgrep -f 'qemu-syste[m].*{}/' || true", lab.dir().display()))?;
    ensure!(left.trim().is_empty(), "these live on: {left}");
    lab.power_on()?;

    lab.within(LIMIT, "all of them were started again", || Ok(recovered(&lab)? == wanted))?;
    lab.until("who never is to be started stays down", || Ok(state(&lab, "rest")? == "stopped"))?;
    ensure!(running(&lab)? == COUNT, "{} run", running(&lab)?);
    ensure!(addresses(&lab)? == addresses_before, "{:?}, and not {addresses_before:?}", addresses(&lab)?);
    ensure!(disks(&lab)? == disks_before, "{}, and not {disks_before}", disks(&lab)?);
    // Not one of them is to blame.
    let health = lab.json(&["instance", "health", "web"])?;
    ensure!(health["recentRecoveries"] == 0 && health["givenUp"] == false, "{health}");
    // Reached at its static address, as the others are at theirs.
    ensure!(kept(&lab)? == files && lab.in_guest("web", "cat /proc/sys/kernel/random/boot_id")? != boot);
    Ok(())
}
