//! How long a guest stands still while a snapshot of it is taken, seen from outside.
//!
//! QEMU does not tell: it does not stop the processors for a snapshot of disks, but while it waits for their writes and changes
//! files nothing that needs its main loop goes on. Whoever waits for the guest sees that as an answer that comes late.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::Result;
use sloop_lab::Lab;

use super::{
    guest,
    pinger::{Pinger, Span},
    snapshots,
};
use crate::{
    client::Client,
    report::{Figure, Goal},
    run::Run,
    stats::Sample,
    virsh,
};

/// Before each spell, so that it does not see what the one before it left to be done.
const REST: Duration = Duration::from_millis(300);

/// Of one guest by Sloop and of another by virsh.
pub(crate) fn measure(run: &Run) -> Result<Vec<Figure>> {
    let lab = Lab::real()?;
    let client = Client::of(&lab)?;
    let count = run.times(31, 9);
    guest::launch(&lab, "bare", "tiny_1_0")?;
    let domain = virsh::only_domain(&lab)?;
    let by_virsh = |command: &str| virsh::run(&lab, &[command]).map(drop);
    // Where nothing is taken virsh starts, too: its start costs the guest time on a machine of few processors.
    let quiet = format!("domstate {domain}");
    let take = |number: usize| by_virsh(&snapshots::by_hand(&lab, &domain, number));
    let bare = Pauses::of(Pinger::of(&lab, "bare")?, count, take, || by_virsh(&quiet))?;
    client.delete("bare")?;
    guest::launch(&lab, "own", "tiny_1_0")?;
    let take = |number: usize| client.snapshot("own", &format!("snapshot-{number}"));
    let own = Pauses::of(Pinger::of(&lab, "own")?, count, take, || Ok(()))?;
    let note = format!(
        "longest time without an answer of the guest, beyond that of a quiet spell as long; {}; virsh snapshot-create-as: {}",
        own.told(),
        bare.told()
    );
    let figure = Figure::new("live_snapshot_pause", own.pause(), "ms").beside(bare.pause());
    Ok(vec![figure.goal(Goal::AtMost(5.0)).note(note)])
}

/// The longest milliseconds without an answer, of each spell.
struct Pauses {
    taken: Sample,
    quiet: Sample,
}

impl Pauses {
    /// In turn a spell in which a snapshot is taken and another one, as long, in which none is.
    fn of(
        pinger: Pinger,
        count: usize,
        mut take: impl FnMut(usize) -> Result<()>,
        mut rest: impl FnMut() -> Result<()>,
    ) -> Result<Self> {
        let (mut taken, mut quiet) = (Vec::new(), Vec::new());
        for number in 0..count {
            sleep(REST);
            let spell = Span::of(|| take(number))?;
            sleep(REST);
            taken.push(spell);
            quiet.push(Span::of(|| at_least(spell.length(), &mut rest))?);
        }
        let answers = pinger.end()?;
        let longest = |spells: Vec<Span>| -> Result<Sample> {
            spells.into_iter().map(|spell| spell.longest(&answers)).collect()
        };
        Ok(Self { taken: longest(taken)?, quiet: longest(quiet)? })
    }

    /// What a snapshot adds; a quiet spell may happen to be the worse one.
    fn pause(&self) -> f64 {
        (self.taken.p50() - self.quiet.p50()).max(0.0)
    }

    fn told(&self) -> String {
        let Self { taken, quiet } = self;
        format!("{:.1} over {:.1} ms, at worst {:.1}", taken.p50(), quiet.p50(), taken.max())
    }
}

/// Does something, and then nothing until so much time has passed.
fn at_least(time: Duration, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let began = Instant::now();
    work()?;
    sleep(time.saturating_sub(began.elapsed()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_what_a_snapshot_adds() {
        let pauses = |taken: &[f64], quiet: &[f64]| Pauses {
            taken: taken.iter().copied().collect(),
            quiet: quiet.iter().copied().collect(),
        };
        assert!((pauses(&[3.0, 9.0, 4.0], &[1.0, 1.5, 8.0]).pause() - 2.5).abs() < 1e-9);
        assert!(pauses(&[1.0], &[2.0]).pause().abs() < 1e-9);
    }
}
