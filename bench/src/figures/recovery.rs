//! From a QEMU that is killed to the next one that runs its guest, beside libvirt's own start of the same machine. A guest's boot comes on top of both.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::{
    sys::{
        prctl::set_child_subreaper,
        signal::{Signal, kill},
        wait::waitpid,
    },
    unistd::Pid,
};
use sloop_lab::Lab;

use crate::{
    client::Client,
    report::{Figure, Goal},
    run::Run,
    stats::{Sample, millis},
    virsh,
};

const GOAL: Goal = Goal::AtMost(2000.0);
const LIMIT: Duration = Duration::from_mins(1);

/// Kills the QEMU of a guest that has booted, again and again.
pub(crate) fn measure(run: &Run) -> Result<Vec<Figure>> {
    // Orphans of the lab come here, and not to an init that may take its time: libvirt waits until a QEMU that died has been buried.
    set_child_subreaper(true)?;
    let mut lab = Lab::real()?;
    let client = Client::of(&lab)?;
    client.launch(&["web".to_owned()], "tiny")?;
    let mut own = Vec::new();
    for _ in 0..run.times(10, 3) {
        client.reachable("web")?;
        own.push(recovered(&lab)?);
        client.reachable("web")?;
        // Somebody attends to it: the next time is the first one again, before which there is no rest.
        client.stop("web")?;
        client.start("web")?;
    }
    client.reachable("web")?;
    let domain = virsh::only_domain(&lab)?;
    lab.stop_daemon()?;
    let mut bare = Vec::new();
    for _ in 0..run.times(5, 3) {
        virsh::run(&lab, &["destroy", &domain])?;
        bare.extend(virsh::timed(&lab, &[format!("start {domain}")])?);
    }
    lab.start_daemon()?;
    let (own, bare): (Sample, Sample) = (own.into_iter().collect(), bare.into_iter().collect());
    let note = format!("without its boot, beside virsh start; at worst {:.0} ms", own.max());
    Ok(vec![Figure::new("recovery", own.p50(), "ms").beside(bare.p50()).goal(GOAL).note(note)])
}

fn recovered(lab: &Lab) -> Result<f64> {
    let domain = virsh::only_domain(lab)?;
    let killed = machine(lab, &domain)?;
    let began = Instant::now();
    let process = Pid::from_raw(killed.parse().context("the process of a QEMU")?);
    kill(process, Signal::SIGKILL)?;
    waitpid(process, None)?;
    while began.elapsed() < LIMIT {
        // libvirt may not have noticed yet.
        let runs = virsh::run(lab, &["domstate", &domain])?.trim() == "running";
        let next = machine(lab, &domain)?;
        if runs && !next.is_empty() && next != killed {
            return Ok(millis(began.elapsed()));
        }
    }
    bail!("{domain} does not come back")
}

/// The process of its QEMU, and not the shell that looks for it.
fn machine(lab: &Lab, domain: &str) -> Result<String> {
    Ok(lab.shell(&format!("pgrep -f 'qemu-syste[m].*guest={domain},' || true"))?.trim().to_owned())
}
