//! What the daemon occupies while nothing is asked of it.

use std::{thread::sleep, time::Duration};

use anyhow::{Context as _, Result};
use sloop_lab::Lab;

use crate::{
    client::Client,
    fleet,
    report::{Figure, Goal},
    run::Run,
};

/// Long enough for threads that are not needed to end.
const IDLE: Duration = Duration::from_secs(5);

/// In a real lab, without instances, beside libvirtd in the same lab.
pub(crate) fn empty(_: &Run) -> Result<Vec<Figure>> {
    let lab = Lab::real()?;
    sleep(IDLE);
    let libvirtd = std::fs::read_to_string(lab.dir().join("libvirtd.pid"))?;
    let bare = Memory::of(libvirtd.trim().parse()?)?;
    let own = Memory::of(lab.daemon_pid().context("sloopd runs")?)?;
    Ok(own.figures("idle_memory", 25.0, Some(&bare)))
}

/// In a simulated lab, with a hundred instances.
pub(crate) fn hundred(_: &Run) -> Result<Vec<Figure>> {
    let lab = fleet::lab()?;
    fleet::fill(&Client::of(&lab)?, 100)?;
    sleep(IDLE);
    let own = Memory::of(lab.daemon_pid().context("sloopd runs")?)?;
    Ok(own.figures("idle_memory_100_simulated", 40.0, None))
}

/// Memory of a process in MiB.
struct Memory {
    resident: f64,
    proportional: f64,
    private: f64,
}

impl Memory {
    fn of(process: u32) -> Result<Self> {
        let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
        Self::parse(&text).context("smaps_rollup has other lines than it had")
    }

    fn parse(text: &str) -> Option<Self> {
        let mebibytes = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
            Some(line.split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
        };
        Some(Self {
            resident: mebibytes("Rss")?,
            proportional: mebibytes("Pss")?,
            private: mebibytes("Private_Clean")? + mebibytes("Private_Dirty")?,
        })
    }

    /// The resident memory is judged, the greatest of the three.
    fn figures(&self, name: &str, goal: f64, bare: Option<&Self>) -> Vec<Figure> {
        let part = |suffix: &str, value: f64, bare: Option<f64>, note: &str| {
            let figure = Figure::new(format!("{name}{suffix}"), value, "MiB").note(note);
            bare.into_iter().fold(figure, Figure::beside)
        };
        let beside = if bare.is_some() { "resident, beside libvirtd" } else { "resident" };
        vec![
            part("", self.resident, bare.map(|bare| bare.resident), beside).goal(Goal::AtMost(goal)),
            part(
                "_proportional",
                self.proportional,
                bare.map(|bare| bare.proportional),
                "shared pages divided",
            ),
            part("_private", self.private, bare.map(|bare| bare.private), "what its end would free"),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_report_is_read() {
        let text = "55d0-7ffc ---p 00000000 00:00 0 [rollup]\nRss:   2048 kB\nPss:   1024 kB\nPss_Anon: 9 kB\n\
                    Private_Clean:  256 kB\nPrivate_Dirty:  256 kB\n";
        let memory = Memory::parse(text).expect("sound");
        assert_eq!((memory.resident, memory.proportional, memory.private), (2.0, 1.0, 0.5));
    }
}
