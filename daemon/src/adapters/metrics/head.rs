//! What is not in blocks yet: samples of the hour that it is, and of those before that are still to be written.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use super::{cell::Cell, level::Level, track::Track};
use crate::model::{Metric, Subject, TICK, Tick};

/// So long after its end an hour is over, in seconds: what is measured at its end comes a moment later.
const GRACE: i64 = 120;
/// So many hours are held at once. There is more than this one and the last when clocks are set, or nothing can be written.
pub(super) const HOURS: usize = 4;

/// One metric of one subject.
pub(super) type Series = (Subject, Metric);
/// The samples of an hour.
pub(super) type Tracks = BTreeMap<Series, Track>;

/// Samples in memory, by the hour.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    hours: BTreeMap<i64, Tracks>,
}

impl Head {
    /// Keeps a sample, in place of what was kept of that tick.
    pub(super) fn put(&mut self, hour: i64, series: Series, slot: u16, value: i64) {
        self.hours.entry(hour).or_default().entry(series).or_default().put(slot, value);
    }

    /// From now on there is something to write of that hour, be it that nothing of it is left.
    pub(super) fn begin(&mut self, hour: i64) {
        self.hours.entry(hour).or_default();
    }

    /// Keeps what another one holds, in place of what was kept of the same ticks.
    pub(super) fn absorb(&mut self, newer: &Self) {
        for (hour, tracks) in &newer.hours {
            self.begin(*hour);
            for (series, track) in tracks {
                track.samples().for_each(|(slot, value)| self.put(*hour, *series, slot, value));
            }
        }
    }

    /// All hours.
    pub(super) fn hours(&self) -> impl Iterator<Item = (i64, &Tracks)> {
        self.hours.iter().map(|(hour, tracks)| (*hour, tracks))
    }

    /// The samples of a series in an hour.
    pub(super) fn cells(&self, hour: i64, series: &Series) -> Vec<Cell> {
        let track = self.hours.get(&hour).and_then(|tracks| tracks.get(series));
        let cell =
            |(slot, value): (u16, i64)| Cell::one(Level::Fine.start(hour) + i64::from(slot) * TICK, value);
        track.into_iter().flat_map(Track::samples).map(cell).collect()
    }

    /// Somebody of whom there are samples of that hour, and which.
    pub(super) fn somebody(&self, hour: i64) -> Option<(Subject, Vec<Metric>)> {
        let tracks = self.hours.get(&hour)?;
        let (subject, _) = *tracks.keys().next()?;
        let own = tracks.keys().take_while(|(other, _)| *other == subject);
        Some((subject, own.map(|(_, metric)| *metric).collect()))
    }

    /// Lets go what was measured of a subject in an hour.
    pub(super) fn let_go(&mut self, hour: i64, subject: Subject) {
        if let Some(tracks) = self.hours.get_mut(&hour) {
            tracks.retain(|(other, _), _| *other != subject);
        }
    }

    /// Lets an hour go, with all that is in it.
    pub(super) fn let_hour_go(&mut self, hour: i64) {
        self.hours.remove(&hour);
    }

    /// Forgets a subject.
    pub(super) fn forget(&mut self, subject: Subject) {
        self.hours.values_mut().for_each(|tracks| tracks.retain(|(other, _), _| *other != subject));
    }

    /// An hour that is to become blocks: one that is over; or, where there are too many, one that lies far ahead.
    pub(super) fn over(&self, now: i64) -> Option<i64> {
        let first = self.hours.keys().copied().find(|hour| Level::Fine.end(*hour) + GRACE <= now);
        let last = || self.hours.keys().copied().next_back().filter(|_| self.is_crowded());
        first.or_else(last)
    }

    /// Whether it holds more hours than it should.
    pub(super) fn is_crowded(&self) -> bool {
        self.hours.len() > HOURS
    }

    /// The last second that something was measured in.
    pub(super) fn latest(&self) -> Option<i64> {
        let (hour, tracks) = self.hours.iter().next_back()?;
        let slot = tracks.values().filter_map(|track| track.samples().last()).map(|(slot, _)| slot).max();
        Some(Level::Fine.start(*hour) + i64::from(slot.unwrap_or_default()) * TICK)
    }
}

/// So many ticks' samples are written together: what a minute brings.
const TICKS: usize = 6;
/// What has been in memory alone for so long is written, however little it is: a minute is what may be lost.
pub(super) const PATIENCE: Duration = Duration::from_secs(45);

/// What the journal has not got yet.
#[derive(Debug, Default)]
pub(super) struct Fresh {
    /// The samples.
    pub(super) head: Head,
    ticks: usize,
    last: Option<Tick>,
    since: Option<Instant>,
}

impl Fresh {
    /// All that is in memory, to be written anew.
    pub(super) fn all(head: &Head) -> Self {
        Self { head: head.clone(), ticks: TICKS, last: None, since: Some(Instant::now()) }
    }

    /// Keeps a sample.
    pub(super) fn put(&mut self, at: Tick, series: Series, slot: u16, value: i64) {
        self.head.put(Level::Fine.window(at.second()), series, slot, value);
        self.since.get_or_insert_with(Instant::now);
        self.ticks += usize::from(self.last.replace(at) != Some(at));
    }

    /// Whether there is nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.since.is_none()
    }

    /// Whether it is to be written now.
    pub(super) fn is_due(&self) -> bool {
        self.patience().is_some_and(|patience| patience.is_zero())
    }

    /// How long it may stay in memory yet; none where there is nothing.
    pub(super) fn patience(&self) -> Option<Duration> {
        let left = PATIENCE.saturating_sub(self.since?.elapsed());
        Some(if self.ticks >= TICKS { Duration::ZERO } else { left })
    }
}
