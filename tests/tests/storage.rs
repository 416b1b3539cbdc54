//! Disks and snapshots of real guests.

use anyhow::{Context as _, Result, ensure};
use sloop_lab::Lab;

fn launch(lab: &Lab, name: &str) -> Result<()> {
    lab.must(&["launch", name, "--blueprint", "tiny", "--bundle", "tiny_1_0", "--wait-for", "first-boot"])
        .map(drop)
}

/// Every file of every disk is whole.
fn files_are_sound(lab: &Lab) -> Result<()> {
    let check = "for file in state/layers/*.qcow2; do qemu-img check -q -U -f qcow2 $file || exit 1; done";
    lab.shell(&format!("cd {} && {check}", lab.dir().display())).map(drop)
}

#[test]
fn a_guest_is_frozen_under_load_restored_cloned_and_rolled_back() -> Result<()> {
    let lab = Lab::real()?;
    launch(&lab, "web")?;
    let first =
        lab.in_guest("web", "dd if=/dev/urandom of=/blob bs=64k count=64 2>/dev/null; sync; md5sum </blob")?;
    lab.in_guest(
        "web",
        "(while :; do dd if=/dev/zero of=/load bs=64k count=16; sync; done) </dev/null >/dev/null 2>&1 &",
    )?;
    lab.must(&["snapshot", "create", "web", "good"])?;
    // There is no agent in this guest.
    ensure!(lab.json(&["snapshot", "show", "good"])?["instanceSnapshot"]["quiesced"] == false);
    let second =
        lab.in_guest("web", "dd if=/dev/urandom of=/blob bs=64k count=64 2>/dev/null; sync; md5sum </blob")?;
    ensure!(first != second);

    lab.must(&["snapshot", "restore", "good", "copy", "--wait-for", "first-boot"])?;
    ensure!(lab.in_guest("copy", "md5sum </blob")? == first, "exactly what was there");
    let told = lab.in_guest("copy", "hostname; cat /etc/machine-id /var/lib/seed/instance-id")?;
    let others = lab.in_guest("web", "hostname; cat /etc/machine-id /var/lib/seed/instance-id")?;
    for (mine, theirs) in told.lines().zip(others.lines()) {
        ensure!(mine != theirs, "the copy calls itself {mine}, too");
    }
    lab.must(&["instance", "clone", "web", "clone", "--wait-for", "first-boot"])?;
    ensure!(lab.in_guest("clone", "md5sum </blob")? == second);

    lab.must(&["instance", "rollback", "web", "--to", "good", "--keep-as", "bad", "--yes"])?;
    ensure!(lab.in_guest("web", "md5sum </blob")? == first);
    lab.must(&["snapshot", "restore", "bad", "present", "--wait-for", "first-boot"])?;
    ensure!(lab.in_guest("present", "md5sum </blob")? == second, "the present was kept");

    lab.must(&["rm", "web", "copy", "--yes"])?;
    lab.must(&["snapshot", "delete", "good", "bad", "--yes"])?;
    ensure!(lab.in_guest("clone", "md5sum </blob")? == second, "nobody needs who is gone");
    files_are_sound(&lab)?;
    lab.must(&["rm", "clone", "present", "--yes"])?;
    lab.until("no layer is left", || {
        Ok(lab.shell(&format!("ls {}/state/layers", lab.dir().display()))?.trim().is_empty())
    })?;
    ensure!(lab.leftovers()?.is_empty(), "{:?}", lab.leftovers()?);
    Ok(())
}

/// The guest's name of the disk that was attached as that.
fn device(lab: &Lab, name: &str, serial: &str) -> Result<String> {
    let script = format!(
        "for disk in /sys/block/sd*; do grep -qs {serial} $disk/device/vpd_pg80 && basename $disk; done; true"
    );
    let mut found = String::new();
    lab.until("the disk shows in the guest", || {
        found = lab.in_guest(name, &script)?;
        Ok(!found.is_empty())
    })?;
    Ok(found)
}

#[test]
fn a_disk_is_attached_to_a_running_guest_grown_and_taken_to_another() -> Result<()> {
    let lab = Lab::real()?;
    launch(&lab, "one")?;
    launch(&lab, "two")?;
    lab.must(&["disk", "create", "data", "--size", "8"])?;
    lab.must(&["disk", "attach", "data", "one", "--path", "/dev/xvdf"])?;
    let disk = device(&lab, "one", "xvdf")?;
    let fill = "mkfs.ext4 -q /dev/DISK; mkdir -p /data; mount /dev/DISK /data; echo kept >/data/note; sync";
    lab.in_guest("one", &fill.replace("DISK", &disk))?;
    lab.must(&["snapshot", "create", "--disk", "data", "early"])?;
    lab.in_guest("one", "echo changed >/data/note; sync")?;
    lab.must(&["disk", "grow", "data", "--size", "9"])?;
    lab.until("the guest sees the new size", || {
        Ok(lab.in_guest("one", &format!("cat /sys/block/{disk}/size"))? == (9_u64 << 21).to_string())
    })?;
    ensure!(lab.sloop(&["disk", "detach", "data"])?.code == 4, "not from a guest that runs");
    lab.must(&["stop", "one"])?;
    lab.must(&["disk", "detach", "data"])?;
    lab.must(&["disk", "attach", "data", "two"])?;
    let disk = device(&lab, "two", "xvdf")?;
    ensure!(
        lab.in_guest("two", &format!("mkdir -p /data; mount /dev/{disk} /data; cat /data/note"))?
            == "changed"
    );
    lab.must(&["disk", "create", "before", "--from", "early"])?;
    lab.must(&["disk", "attach", "before", "two", "--path", "/dev/xvdg"])?;
    let disk = device(&lab, "two", "xvdg")?;
    ensure!(lab.in_guest("two", &format!("mkdir -p /old; mount /dev/{disk} /old; cat /old/note"))? == "kept");
    // It is there after a restart as well, and after one of the daemon.
    lab.must(&["reboot", "two"])?;
    device(&lab, "two", "xvdg")?;
    files_are_sound(&lab)
}

#[test]
fn a_bigger_plan_gives_a_guest_more_of_everything() -> Result<()> {
    let lab = Lab::real()?;
    launch(&lab, "web")?;
    let measure = "nproc; sed -n \"s/MemTotal: *\\([0-9]*\\).*/\\1/p\" /proc/meminfo; df -m / | tail -n 1 | tr -s \" \" | cut -d \" \" -f 2";
    let numbers = |name: &str| -> Result<Vec<u64>> {
        let told = lab.in_guest(name, measure)?;
        told.lines().map(|line| line.trim().parse().context(told.clone())).collect()
    };
    let before = numbers("web")?;
    let address = |lab: &Lab| -> Result<String> {
        let shown = lab.json(&["instance", "show", "web"])?;
        Ok(shown["instance"]["publicIpAddress"].as_str().context("an address")?.to_owned())
    };
    let (was, marker) = (address(&lab)?, lab.in_guest("web", "echo here >/marker; sync; cat /marker")?);
    lab.must(&["instance", "resize", "web", "--bundle", "nano_3_0"])?;
    lab.must(&["ssh", "web", "--", "true"])?;
    let mut after = Vec::new();
    lab.until("the file system has grown", || {
        after = numbers("web")?;
        Ok(after[2] > 18_000)
    })?;
    ensure!(before[0] == 1 && after[0] == 2, "processors: {before:?}, {after:?}");
    ensure!(before[1] < 250_000 && after[1] > 450_000, "memory: {before:?}, {after:?}");
    ensure!(address(&lab)? == was && lab.in_guest("web", "cat /marker")? == marker);
    let refused = lab.sloop(&["instance", "resize", "web", "--bundle", "tiny_1_0"])?;
    ensure!(refused.code == 2 && refused.stderr.contains("cannot become smaller"), "{refused}");
    files_are_sound(&lab)
}

#[test]
fn a_snapshot_is_exported_and_restored_on_another_host() -> Result<()> {
    let (here, there) = (Lab::real()?, Lab::real()?);
    launch(&here, "web")?;
    let fill = "dd if=/dev/urandom of=/blob bs=64k count=64 2>/dev/null; sync; md5sum </blob";
    let first = here.in_guest("web", fill)?;
    here.must(&["snapshot", "create", "web", "first"])?;
    let second = here.in_guest("web", &fill.replace("blob", "more"))?;
    here.must(&["snapshot", "create", "web", "second"])?;

    let path = |name: &str| here.dir().join(name).display().to_string();
    let (whole, later) = (path("first.qcow2"), path("second.qcow2"));
    here.must(&["snapshot", "export", "first", &whole])?;
    here.must(&["snapshot", "export", "second", &later, "--incremental-since", "first"])?;
    let bytes = |path: &str| -> Result<u64> { Ok(std::fs::metadata(path)?.len()) };
    ensure!(bytes(&later)? < bytes(&whole)?, "{} and {}", bytes(&later)?, bytes(&whole)?);
    ensure!(here.sloop(&["snapshot", "export", "first", &whole])?.code == 2, "it is there already");

    let missing = there.sloop(&["snapshot", "import", &later])?;
    ensure!(missing.code == 3 && missing.stderr.contains("import that snapshot first"), "{missing}");
    there.must(&["snapshot", "import", &whole, "--name", "moved"])?;
    there.must(&["snapshot", "import", &later])?;
    there.must(&["snapshot", "restore", "moved", "copy", "--wait-for", "first-boot"])?;
    ensure!(there.in_guest("copy", "md5sum </blob")? == first, "exactly what was there");
    there.must(&["rm", "copy", "--yes"])?;
    there.must(&["snapshot", "delete", "moved", "--yes"])?;
    there.must(&["snapshot", "restore", "second", "copy2", "--wait-for", "first-boot"])?;
    ensure!(there.in_guest("copy2", "md5sum </blob")? == first, "from below");
    ensure!(there.in_guest("copy2", "md5sum </more")? == second, "and what came later");
    for lab in [&here, &there] {
        files_are_sound(lab)?;
        let staging = lab.shell(&format!("ls {}/state/staging", lab.dir().display()))?;
        ensure!(staging.trim().is_empty(), "left over: {staging}");
    }
    Ok(())
}
