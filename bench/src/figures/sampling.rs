//! What it costs the daemon to measure a hundred instances every ten seconds.

use std::{thread::sleep, time::Duration};

use anyhow::{Context as _, Result, ensure};
use sloop_lab::Lab;

use crate::{
    client::Client,
    fleet,
    report::{Figure, Goal},
    run::Run,
};

/// Long enough for what follows the creation of instances to end.
const SETTLE: Duration = Duration::from_secs(15);
/// Six rounds, and one that is written down.
const WATCHED: Duration = Duration::from_mins(1);

/// In a simulated lab: with a hundred instances, beside none.
pub(crate) fn hundred(_: &Run) -> Result<Vec<Figure>> {
    let (lab, _catalogue) = fleet::small()?;
    let idle = share(&lab)?;
    let client = Client::of(&lab)?;
    fleet::fill(&client, 100)?;
    let running = client.names_in("running")?.len();
    ensure!(running == 100, "only {running} of 100 instances run");
    let busy = share(&lab)?;
    let note = "of a processor, of everything that the daemon does, what is measured kept on the disk; beside the same without instances";
    Ok(vec![Figure::new("sampling_100_simulated", busy, "%").beside(idle).goal(Goal::AtMost(0.5)).note(note)])
}

/// Share of one processor that the daemon uses, in percent.
fn share(lab: &Lab) -> Result<f64> {
    let pid = lab.daemon_pid().context("sloopd runs")?;
    sleep(SETTLE);
    let before = processor_time(pid)?;
    sleep(WATCHED);
    let used = processor_time(pid)?.saturating_sub(before);
    Ok(used.as_secs_f64() / WATCHED.as_secs_f64() * 100.0)
}

/// Time that a process's threads ran. Threads that have ended are not counted; those of a daemon at rest do not end within the minute.
fn processor_time(pid: u32) -> Result<Duration> {
    let mut total = Duration::ZERO;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        let ran = text.split_whitespace().next().context("schedstat begins with the time on processors")?;
        total += Duration::from_nanos(ran.parse()?);
    }
    Ok(total)
}
