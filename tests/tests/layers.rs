//! The layers beneath real guests: made one while they run, and whole whatever is killed.

use std::{process::Stdio, time::Duration};

use anyhow::{Context as _, Result, ensure};
use sloop_lab::{Lab, Setup};

/// A guest that writes without a pause.
fn under_load(lab: &Lab, name: &str) -> Result<()> {
    lab.must(&["launch", name, "--blueprint", "tiny", "--bundle", "tiny_1_0", "--wait-for", "first-boot"])?;
    let load =
        "(while :; do dd if=/dev/urandom of=/load bs=64k count=16; sync; done) </dev/null >/dev/null 2>&1 &";
    lab.in_guest(name, load).map(drop)
}

/// Writes something new that is kept; gives its checksum.
fn new_blob(lab: &Lab, name: &str) -> Result<String> {
    lab.in_guest(name, "dd if=/dev/urandom of=/blob bs=64k count=16 2>/dev/null; sync; md5sum </blob")
}

fn blob(lab: &Lab, name: &str) -> Result<String> {
    lab.in_guest(name, "md5sum </blob")
}

fn depth(lab: &Lab, name: &str) -> Result<u64> {
    let storage = lab.json(&["storage"])?;
    let uses = storage["uses"].as_array().context("uses")?;
    let one = uses.iter().find(|one| one["name"] == name).context("it is listed")?;
    one["layers"].as_u64().context("a number")
}

fn files(lab: &Lab) -> Result<usize> {
    Ok(lab.shell(&format!("ls {}/state/layers", lab.dir().display()))?.lines().count())
}

/// Every file is whole, names a file that is there, and the records agree.
fn all_is_sound(lab: &Lab) -> Result<()> {
    let check = r#"for file in state/layers/*.qcow2; do
        alone='json:{"driver":"qcow2","backing":null,"file":{"driver":"file","filename":"'$file'"}}'
        qemu-img check -q -U "$alone" || [ $? = 3 ] || ! [ -e $file ] || exit 1
        qemu-img info -U --backing-chain $file >/dev/null || ! [ -e $file ] ||
            qemu-img info -U --backing-chain $file >/dev/null || exit 1
    done"#;
    lab.until("every file was read", || {
        match lab.shell(&format!("cd {} && {check}", lab.dir().display())) {
            // QEMU is making it one with another.
            Err(error) if error.to_string().contains("lock") => Ok(false),
            other => other.map(|_| true),
        }
    })?;
    lab.must(&["doctor", "--storage"]).map(drop)
}

#[test]
fn layers_are_made_one_beneath_a_running_guest() -> Result<()> {
    let lab = Lab::real()?;
    under_load(&lab, "web")?;
    let mut kept = Vec::new();
    for number in 0..10 {
        kept.push(new_blob(&lab, "web")?);
        lab.must(&["snapshot", "create", "web", &format!("snap-{number}")])?;
    }
    let present = new_blob(&lab, "web")?;
    lab.until("the disk is shallow", || Ok(depth(&lab, "web")? <= 8))?;
    ensure!(blob(&lab, "web")? == present);
    for number in [0, 1, 2, 4, 5, 7, 8] {
        lab.must(&["snapshot", "delete", &format!("snap-{number}"), "--yes"])?;
    }
    // Three snapshots and what is written now; one more where it is not worth the writing.
    lab.until("what nobody needs is gone", || Ok(files(&lab)? <= 5))?;
    ensure!(blob(&lab, "web")? == present, "the guest ran on");
    all_is_sound(&lab)?;
    lab.must(&["snapshot", "restore", "snap-6", "copy", "--wait-for", "first-boot"])?;
    ensure!(blob(&lab, "copy")? == kept[6]);
    lab.must(&["instance", "rollback", "web", "--to", "snap-3", "--keep-as", "now", "--yes"])?;
    ensure!(blob(&lab, "web")? == kept[3]);
    lab.must(&["stop", "web", "copy"])?;
    lab.must(&["snapshot", "delete", "snap-3", "snap-6", "snap-9", "now", "--yes"])?;
    lab.until("each has its own", || Ok(depth(&lab, "web")? <= 3 && depth(&lab, "copy")? <= 3))?;
    lab.must(&["start", "web", "copy"])?;
    ensure!(blob(&lab, "web")? == kept[3] && blob(&lab, "copy")? == kept[6]);
    all_is_sound(&lab)
}

/// Begins a command and lets it go on while something else is done to it.
fn begin(lab: &Lab, arguments: &[&str]) -> Result<std::process::Child> {
    Ok(lab.sloop_command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

#[test]
fn a_daemon_killed_in_the_middle_loses_no_layer() -> Result<()> {
    let mut lab = Lab::real()?;
    under_load(&lab, "web")?;
    let mut last = new_blob(&lab, "web")?;
    for round in 0..6_u64 {
        let name = format!("snap-{round}");
        let mut running = begin(&lab, &["snapshot", "create", "web", &name])?;
        // Into the middle of it, each time elsewhere; what is checked holds wherever it was.
        std::thread::sleep(Duration::from_millis(20 * round));
        lab.kill_daemon()?;
        lab.start_daemon()?;
        running.wait()?;
        lab.until("nothing is unfinished", || {
            let operations = lab.json(&["operation", "list", "--resource", "web"])?;
            let all = operations["operations"].as_array().cloned().unwrap_or_default();
            Ok(all.iter().all(|one| one["isTerminal"] == true))
        })?;
        ensure!(blob(&lab, "web")? == last, "round {round}");
        last = new_blob(&lab, "web")?;
        if round % 2 == 1 {
            let _ = lab.sloop(&["snapshot", "delete", &format!("snap-{}", round - 1), "--yes"])?;
        }
        all_is_sound(&lab).with_context(|| format!("round {round}"))?;
    }
    lab.must(&["stop", "web"])?;
    lab.must(&["start", "web"])?;
    ensure!(blob(&lab, "web")? == last, "what was synced is there");
    lab.must(&["rm", "web", "--yes"])?;
    let left = lab.json(&["snapshot", "list"])?;
    for snapshot in left["instanceSnapshots"].as_array().cloned().unwrap_or_default() {
        lab.must(&["snapshot", "delete", snapshot["name"].as_str().context("a name")?, "--yes"])?;
    }
    lab.until("no layer is left", || Ok(files(&lab)? == 0))?;
    ensure!(lab.leftovers()?.is_empty(), "{:?}", lab.leftovers()?);
    Ok(())
}

#[test]
fn a_power_cut_in_the_middle_leaves_disks_whole() -> Result<()> {
    let mut lab = Lab::real()?;
    under_load(&lab, "web")?;
    // Its files are looked at while it is off.
    lab.must(&["instance", "recovery", "web", "--policy", "never"])?;
    let mut last = new_blob(&lab, "web")?;
    for round in 0..4_u64 {
        let arguments: Vec<String> = match round {
            0 | 2 => vec!["snapshot".into(), "create".into(), "web".into(), format!("snap-{round}")],
            _ => vec!["snapshot".into(), "delete".into(), format!("snap-{}", round - 1), "--yes".into()],
        };
        let words: Vec<_> = arguments.iter().map(String::as_str).collect();
        let mut running = begin(&lab, &words)?;
        std::thread::sleep(Duration::from_millis(30 * round + 10));
        // Everything at once, as when the plug is pulled: the daemon, libvirt's daemon and the guest's machine.
        let pids = lab.shell(&format!("pgrep -f 'qemu-system.*{}/' || true", lab.dir().display()))?;
        lab.kill_daemon()?;
        for pid in pids.split_whitespace() {
            lab.shell(&format!("kill -9 {pid} || true"))?;
        }
        lab.start_daemon()?;
        running.wait()?;
        lab.until("the machine is seen to be off", || {
            let shown = lab.json(&["instance", "show", "web"])?;
            Ok(shown["instance"]["state"]["name"] == "stopped")
        })?;
        all_is_sound(&lab).with_context(|| format!("round {round}"))?;
        lab.must(&["start", "web"])?;
        ensure!(blob(&lab, "web")? == last, "round {round}: what was synced is there");
        last = new_blob(&lab, "web")?;
        lab.must(&["doctor", "--storage"])?;
    }
    Ok(())
}

/// Gives the daemon a small disk for all that it keeps: what is there already, and so many MiB in all.
fn on_a_small_disk(lab: &mut Lab, mib: u32) -> Result<()> {
    lab.stop_daemon()?;
    let move_in = format!(
        "cd {} && cp -a state kept && mount -t tmpfs -o size={mib}m tmpfs state && cp -a kept/. state/",
        lab.dir().display()
    );
    lab.shell(&move_in)?;
    lab.start_daemon()
}

#[test]
fn a_full_disk_halts_guests_and_room_has_them_go_on() -> Result<()> {
    let mut lab =
        Lab::start(Setup { configuration: "capacity.disk_headroom_mb = 64".into(), ..Setup::default() })?;
    on_a_small_disk(&mut lab, 400)?;
    lab.must(&["launch", "web", "--blueprint", "tiny", "--bundle", "tiny_1_0", "--wait-for", "first-boot"])?;
    let kept = new_blob(&lab, "web")?;
    let free = "df --output=avail -BM state | tail -n 1 | tr -dc 0-9";
    let ballast = format!("cd {} && fallocate -l $(($({free}) - 90))M state/ballast", lab.dir().display());
    lab.shell(&ballast)?;
    // More than there is room for.
    let fill = "(dd if=/dev/urandom of=/fill bs=64k count=2048; sync; md5sum </fill >/sum) </dev/null >/dev/null 2>&1 &";
    lab.in_guest("web", fill)?;
    lab.until("the guest stands still, and the doctor says so", || {
        let told = lab.sloop(&["doctor"])?;
        Ok(told.code != 0 && told.stdout.contains("it stands still"))
    })?;
    let refused = lab.sloop(&["snapshot", "create", "web", "now"])?;
    ensure!(refused.code != 0 && refused.stderr.contains("MiB"), "{refused}");
    let refused = lab.sloop(&["launch", "more", "--blueprint", "tiny", "--bundle", "tiny_1_0"])?;
    ensure!(refused.code != 0 && refused.stderr.contains("MiB"), "{refused}");
    // What is written down needs room as well: it is written whole, or refused and nothing has happened.
    for number in 0..20 {
        lab.sloop(&["tag", "add", "web", &format!("key-{number}={number}")])?;
    }
    lab.kill_daemon()?;
    lab.start_daemon()?;
    lab.must(&["ls"])?;
    lab.shell(&format!("rm {}/state/ballast", lab.dir().display()))?;
    lab.until("it goes on", || Ok(!lab.sloop(&["doctor"])?.stdout.contains("it stands still")))?;
    lab.until("all is written", || Ok(lab.sloop(&["ssh", "web", "--", "test -s /sum"])?.code == 0))?;
    ensure!(lab.in_guest("web", "md5sum </fill")? == lab.in_guest("web", "cat /sum")?);
    ensure!(blob(&lab, "web")? == kept);
    all_is_sound(&lab)?;
    lab.must(&["tag", "add", "web", "room=there"])?;
    lab.must(&["snapshot", "create", "web", "now"]).map(drop)
}

#[test]
fn a_flipped_bit_is_found_and_named() -> Result<()> {
    use std::os::unix::fs::{FileExt as _, MetadataExt as _};
    let lab = Lab::real()?;
    lab.must(&["launch", "web", "--blueprint", "tiny", "--bundle", "tiny_1_0", "--wait-for", "first-boot"])?;
    new_blob(&lab, "web")?;
    lab.must(&["snapshot", "create", "web", "good"])?;
    lab.until("what is frozen was read", || {
        Ok(lab.sloop(&["doctor", "--storage"])?.stdout.contains("1 of them held against"))
    })?;
    // The one that is frozen holds more than the new top.
    let mut layers = Vec::new();
    for entry in std::fs::read_dir(lab.dir().join("state/layers"))? {
        let entry = entry?;
        layers.push((entry.metadata()?.blocks(), entry.path()));
    }
    let (_, frozen) = layers.iter().max().context("there are two")?;
    let file = std::fs::File::options().read(true).write(true).open(frozen)?;
    let (mut byte, at) = ([0], file.metadata()?.len() - 5000);
    file.read_exact_at(&mut byte, at)?;
    file.write_all_at(&[byte[0] ^ 1], at)?;
    let told = lab.sloop(&["doctor", "--storage"])?;
    let name = frozen.file_stem().context("a name")?.to_string_lossy();
    ensure!(told.code != 0 && told.stdout.contains(&*name), "{told}");
    ensure!(told.stdout.contains("no longer holds") && told.stdout.contains("good, web"), "{told}");
    lab.must(&["launch", "other", "--blueprint", "tiny", "--bundle", "tiny_1_0"])?;
    lab.in_guest("other", "true").map(drop)
}
