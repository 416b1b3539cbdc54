//! What others know than the daemon: the kernel of the host of a guest's processor, and the guest of its own devices.

use std::{path::PathBuf, time::Instant};

use anyhow::{Context as _, Result};
use sloop_lab::Lab;

use super::float;

/// The only virtual processor of a guest: a thread of its QEMU.
pub(crate) struct Processor(PathBuf);

/// What the kernel counted of it up to a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ran {
    at: Instant,
    /// How long it ran, in nanoseconds.
    nanos: f64,
    /// How long it could have run and had to wait for a processor of the host, in nanoseconds.
    waited: f64,
}

impl Processor {
    pub(crate) fn of(lab: &Lab, name: &str) -> Result<Self> {
        // Not the shell that looks for it.
        let pid = lab.shell(&format!("pgrep -f 'qemu-syste[m].*guest=sloop-{},'", lab.id(name)?))?;
        let mut threads = std::fs::read_dir(format!("/proc/{}/task", pid.trim()))?;
        let found = threads.find_map(|thread| {
            let thread = thread.ok()?.path();
            let is_it = std::fs::read_to_string(thread.join("comm")).ok()?.starts_with("CPU 0/");
            is_it.then(|| thread.join("schedstat"))
        });
        found.map(Self).with_context(|| format!("the processor of {name}"))
    }

    pub(crate) fn ran(&self) -> Result<Ran> {
        let text = std::fs::read_to_string(&self.0)?;
        let mut numbers = text.split_whitespace().filter_map(|word| word.parse().ok()).map(float);
        let at = Instant::now();
        let (nanos, waited) = (numbers.next().context("a time")?, numbers.next().context("a wait")?);
        Ok(Ran { at, nanos, waited })
    }
}

impl Ran {
    /// How long it ran since, in percent of the time.
    pub(crate) fn share_since(&self, before: &Self) -> f64 {
        (self.nanos - before.nanos) / self.nanos_since(before) * 100.0
    }

    /// How long it wanted to run, in percent of the time: more than it ran where others of the host did, too.
    pub(crate) fn wish_since(&self, before: &Self) -> f64 {
        self.share_since(before) + (self.waited - before.waited) / self.nanos_since(before) * 100.0
    }

    fn nanos_since(&self, before: &Self) -> f64 {
        self.at.duration_since(before.at).as_secs_f64() * 1e9
    }
}

/// Numbers that a script prints in a guest.
pub(crate) fn numbers(lab: &Lab, name: &str, script: &str) -> Result<Vec<f64>> {
    let told = lab.in_guest(name, script)?;
    let numbers = told.split_whitespace().map(|word| word.parse().map(float));
    numbers.collect::<Result<Vec<_>, _>>().context(told.clone())
}
