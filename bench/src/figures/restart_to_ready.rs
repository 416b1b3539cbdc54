//! From the start of the daemon's process to its word that it is ready, with instances to take up.

use std::time::Instant;

use anyhow::{Result, ensure};
use sloop_lab::{Lab, Setup};

use crate::{
    client::Client,
    fleet,
    report::{Figure, Goal},
    run::Run,
    stats::{Sample, millis},
};

const GOAL: Goal = Goal::AtMost(300.0);

/// With thirty simulated instances.
pub(crate) fn simulated(run: &Run) -> Result<Vec<Figure>> {
    let mut lab = fleet::lab()?;
    fleet::fill(&Client::of(&lab)?, 30)?;
    let mut times = Vec::new();
    for _ in 0..run.times(10, 3) {
        // A simulated host forgets its guests with the daemon: they are to run again before it is started anew.
        fleet::start_all(&Client::of(&lab)?)?;
        times.push(restart(&mut lab)?);
    }
    let times: Sample = times.into_iter().collect();
    let figure = Figure::new("restart_to_ready_30_simulated", times.p50(), "ms").goal(GOAL);
    Ok(vec![figure.note(format!("median; at worst {:.0} ms", times.max()))])
}

/// With six guests that run, beside libvirtd's own restart with the same guests.
pub(crate) fn real(run: &Run) -> Result<Vec<Figure>> {
    let mut lab = Lab::start(Setup::default())?;
    let client = Client::of(&lab)?;
    let names: Vec<String> = (0..6).map(|number| format!("guest-{number}")).collect();
    client.launch(&names, "tiny")?;
    names.iter().try_for_each(|name| client.reachable(name))?;
    let mut times = Vec::new();
    for _ in 0..run.times(10, 3) {
        times.push(restart(&mut lab)?);
    }
    let running = Client::of(&lab)?.names_in("running")?.len();
    ensure!(running == names.len(), "{running} of {} guests outlived the restarts", names.len());
    lab.stop_daemon()?;
    let mut bare = Vec::new();
    for _ in 0..run.times(3, 1) {
        lab.stop_libvirtd()?;
        bare.push(timed(|| lab.start_libvirtd())?);
    }
    let (times, bare): (Sample, Sample) = (times.into_iter().collect(), bare.into_iter().collect());
    let figure = Figure::new("restart_to_ready_6_real", times.p50(), "ms").beside(bare.p50()).goal(GOAL);
    Ok(vec![figure.note(format!("median, beside libvirtd's; at worst {:.0} ms", times.max()))])
}

fn restart(lab: &mut Lab) -> Result<f64> {
    lab.stop_daemon()?;
    timed(|| lab.start_daemon())
}

fn timed(start: impl FnOnce() -> Result<()>) -> Result<f64> {
    let began = Instant::now();
    start()?;
    Ok(millis(began.elapsed()))
}
