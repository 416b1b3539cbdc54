//! From the order to a login on Debian, beside bare QEMU and virt-install with the same image, processors and memory.

use anyhow::{Context as _, Error, Result};

use crate::{
    boot::{BareQemu, Boot, Ring, Sloop, Taken, VirtInstall},
    report::{Figure, Goal},
    run::Run,
    stats::Sample,
};

const BARE: &str = "create_to_ssh_debian";
const VIRT_INSTALL: &str = "create_to_ssh_virt_install";

/// Boots by each in turn, so that a busy spell of the machine meets all of them.
pub(crate) fn measure(run: &Run) -> Result<Vec<Figure>> {
    let ring = Ring::new()?;
    let mut lanes = vec![Lane::new(Ok(Box::new(Sloop)))];
    lanes.extend(run.names(BARE).then(|| Lane::new(Ok(Box::new(BareQemu)))));
    lanes.extend(
        run.names(VIRT_INSTALL).then(|| Lane::new(VirtInstall::prepare(&ring).map(|way| Box::new(way) as _))),
    );
    for round in 0..run.times(3, 1) {
        for lane in &mut lanes {
            lane.take(&ring, round);
        }
    }
    let mut lanes = lanes.into_iter();
    let own = lanes.next().context("Sloop takes part")?.end()?;
    let names = [BARE, VIRT_INSTALL].into_iter().filter(|name| run.names(name));
    Ok(names.zip(lanes).flat_map(|(name, lane)| figures(name, &own, lane)).collect())
}

/// By the clock, which is judged, and by the processor time of QEMU, which other work on the machine disturbs less.
fn figures(name: &str, own: &Taking, lane: Lane) -> Vec<Figure> {
    let figure = Figure::new(name, own.time.p50(), "s");
    // The goal is held against bare QEMU; the other is for information.
    let figure = if name == BARE { figure.goal(Goal::RatioAtMost(0.75)) } else { figure };
    let processor = Figure::new(format!("{name}_processor"), own.processor.p50(), "s");
    match lane.end() {
        Ok(bare) => {
            let note = format!("medians; {} beside {}", own.told(), bare.told());
            let processor = processor.beside(bare.processor.p50()).note("processor time of QEMU");
            vec![figure.beside(bare.time.p50()).note(note), processor]
        }
        Err(error) => vec![figure.note(format!("nothing to compare with: {error:#}"))],
    }
}

/// One way to boot, what it took each time, and how often a guest let nobody in.
struct Lane {
    way: Result<Box<dyn Boot>>,
    taken: Vec<Taken>,
    fault: Option<Error>,
    faults: usize,
}

impl Lane {
    fn new(way: Result<Box<dyn Boot>>) -> Self {
        Self { way, taken: Vec::new(), fault: None, faults: 0 }
    }

    fn take(&mut self, ring: &Ring, round: usize) {
        let Ok(way) = &self.way else { return };
        match way.boot(ring, round) {
            Ok(taken) => self.taken.push(taken),
            Err(error) => {
                eprintln!("round {round}: {error:#}");
                self.faults += 1;
                self.fault = Some(error);
            }
        }
    }

    /// A guest that hangs now and then is told of, and does not cost the figures of the others.
    fn end(self) -> Result<Taking> {
        self.way?;
        match (self.taken.is_empty(), self.fault) {
            (true, Some(fault)) => Err(fault),
            _ => Ok(Taking::of(&self.taken, self.faults)),
        }
    }
}

/// What all boots of one way came to.
struct Taking {
    time: Sample,
    processor: Sample,
    faults: usize,
}

impl Taking {
    fn of(taken: &[Taken], faults: usize) -> Self {
        let time = taken.iter().map(|taken| taken.time).collect();
        Self { time, processor: taken.iter().map(|taken| taken.processor).collect(), faults }
    }

    fn told(&self) -> String {
        let faults = if self.faults > 0 { format!(" and {} never", self.faults) } else { String::new() };
        format!("{:.1} to {:.1} s{faults}", self.time.min(), self.time.max())
    }
}
