//! Who owns the file and what is not in it yet. All that it does is done on one thread, one thing after the other.
//!
//! When the file cannot be written, that is said once and tried again with what comes next; meanwhile a few hours are held in memory, and no more.

use std::{
    fmt::Display,
    path::PathBuf,
    time::{Duration, Instant},
};

use rusqlite::Connection;

use super::{
    age::Bound,
    cell,
    chores::{self, Rolling},
    file::{self, Refused},
    head::{Fresh, HOURS, Head, PATIENCE},
    journal,
    level::Level,
    query,
    shelf::{self, FARTHEST},
    subjects,
};
use crate::model::{Error, Metric, Point, Result, Sample, Span, Subject, TICK, Tick};

/// Nothing is to be written by itself for so long: whatever comes wakes the thread.
const REST: Duration = Duration::from_hours(1);

/// What was measured, on the disk and in memory.
pub(super) struct Keeper {
    path: PathBuf,
    /// So large the file may become.
    pub(super) bound: Bound,
    /// None where it cannot be opened for now.
    file: Option<Connection>,
    /// What is in no block yet.
    pub(super) head: Head,
    /// What the journal has not got yet: a part of the head.
    fresh: Fresh,
    /// The second that something was measured in last.
    pub(super) now: Option<i64>,
    /// What is being made.
    pub(super) rolling: Option<Rolling>,
    /// Something may be too old, or too much.
    pub(super) is_unaged: bool,
    /// Something may be due.
    is_busy: bool,
    /// It was said that nothing can be written.
    is_ailing: bool,
    /// When the journal was last known to be on the disk, and not on its way there.
    synced: Option<Instant>,
}

impl Keeper {
    /// One that has looked at nothing yet.
    pub(super) fn new(path: PathBuf, limit: u64) -> Self {
        Self {
            path,
            bound: Bound::new(limit),
            file: None,
            head: Head::default(),
            fresh: Fresh::default(),
            now: None,
            rolling: None,
            is_unaged: true,
            is_busy: true,
            is_ailing: false,
            synced: None,
        }
    }

    /// Keeps samples, in place of what was kept of the same tick.
    pub(super) fn record(&mut self, at: Tick, samples: Vec<Sample>) -> Result<()> {
        let second = at.second();
        let hour = Level::Fine.window(second);
        let slot = u16::try_from((second - Level::Fine.start(hour)) / TICK);
        let (Ok(slot), true) = (slot, hour.abs() < FARTHEST) else {
            return Err(Error::internal(format!(
                "nothing can be measured at {second} s: no clock goes so far"
            )));
        };
        for Sample { subject, metric, value } in samples {
            let Some(whole) = cell::whole(metric, value) else {
                tracing::warn!(%metric, subject = %subject.0, "what is no number is not kept");
                continue;
            };
            self.head.put(hour, (subject, metric), slot, whole);
            self.fresh.put(at, (subject, metric), slot, whole);
        }
        self.now = Some(second);
        self.hold_few_hours();
        if self.fresh.is_due() {
            self.save();
        }
        Ok(())
    }

    /// What was measured in a stretch of time, in points of so many seconds.
    pub(super) fn points(
        &mut self,
        of: Subject,
        metric: Metric,
        span: Span,
        period: u32,
    ) -> Result<Vec<Point>> {
        let seconds = i64::from(period);
        if seconds == 0 || seconds % TICK != 0 {
            return Err(Error::internal(format!("no points of {period} seconds are kept")));
        }
        let cells = self
            .attempt(|keeper, file| query::cells(file, &keeper.head, &(of, metric), span, seconds))
            .map_err(|why| {
                Error::unavailable(format!("What was measured cannot be read now: {why}"))
                    .tip("look at metrics.db in the state directory, its rights and the free space")
            })?;
        Ok(cells.iter().map(|cell| cell.point(metric)).collect())
    }

    /// Forgets a subject, whatever happens after.
    pub(super) fn forget(&mut self, of: Subject) -> Result<()> {
        self.head.forget(of);
        self.fresh.head.forget(of);
        let forgotten = self.attempt(|keeper, file| {
            // Opening the file may have brought it back.
            keeper.head.forget(of);
            let Some(number) = subjects::find(file, of)? else {
                return Ok(());
            };
            let change = file.transaction()?;
            shelf::forget(&change, number)?;
            subjects::forget(&change, number)?;
            change.commit()
        });
        forgotten
            .map_err(|why| Error::unavailable(format!("What was measured cannot be forgotten now: {why}")))
    }

    /// Writes what is in memory alone.
    pub(super) fn flush(&mut self) -> Result<()> {
        if self.fresh.is_empty() {
            return Ok(());
        }
        self.synced = None;
        self.write().map_err(|why| Error::unavailable(format!("What was measured cannot be written: {why}")))
    }

    /// Room on the disk, in bytes.
    pub(super) fn room(&self) -> u64 {
        file::room(&self.path)
    }

    /// How long there is nothing to do.
    pub(super) fn patience(&self) -> Duration {
        if self.is_busy {
            return Duration::ZERO;
        }
        // What fails is tried again with what comes next.
        self.fresh.patience().filter(|_| !self.is_ailing).unwrap_or(REST)
    }

    /// Does a little of what is to do; false when that was all, or nothing can be done for now.
    pub(super) fn work(&mut self) -> bool {
        if !self.is_ailing && self.fresh.is_due() && !self.save() {
            return false;
        }
        match self.attempt(chores::step) {
            Ok(true) => true,
            Ok(false) => {
                self.is_busy = false;
                if std::mem::take(&mut self.is_ailing) {
                    tracing::info!("what is measured is written again");
                }
                false
            }
            Err(why) => {
                self.complain(&why);
                false
            }
        }
    }

    /// Everything of that hour is in blocks, or lost.
    pub(super) fn hour_is_done(&mut self, hour: i64) {
        self.head.let_hour_go(hour);
        self.fresh.head.let_hour_go(hour);
        self.is_unaged = true;
    }

    /// What was measured of a subject in that hour is in blocks.
    pub(super) fn is_in_blocks(&mut self, hour: i64, subject: Subject) {
        self.head.let_go(hour, subject);
        self.fresh.head.let_go(hour, subject);
        // What was made of these blocks meanwhile is to be made anew.
        self.rolling = None;
    }

    /// Holds no more hours than there should be: makes blocks of them, and where that is not possible the oldest is lost.
    fn hold_few_hours(&mut self) {
        if !self.head.is_crowded() {
            return;
        }
        while self.work() {}
        while self.head.is_crowded() {
            let Some(hour) = self.head.hours().next().map(|(hour, _)| hour) else {
                return;
            };
            tracing::warn!(
                hour,
                hours = HOURS,
                "an hour of what was measured is lost: it could not be written"
            );
            self.hour_is_done(hour);
        }
    }

    /// Writes what is in memory alone; whether that was possible.
    fn save(&mut self) -> bool {
        let done = self.write();
        match &done {
            Ok(()) => self.is_busy = true,
            Err(why) => self.complain(why),
        }
        done.is_ok()
    }

    fn write(&mut self) -> Result<(), String> {
        // A killed daemon loses nothing that the kernel has; the host's end does. A look at the clock keeps that to a minute as well, and costs nothing
        // when much is recorded at once.
        let careful = self.synced.is_none_or(|at| at.elapsed() >= PATIENCE);
        self.attempt(|keeper, file| journal::add(file, &keeper.fresh.head, careful))?;
        self.fresh = Fresh::default();
        if careful {
            self.synced = Some(Instant::now());
        }
        Ok(())
    }

    fn complain(&mut self, why: &str) {
        self.is_busy = false;
        if !std::mem::replace(&mut self.is_ailing, true) {
            tracing::error!(
                file = %self.path.display(), why,
                "what is measured cannot be written: {HOURS} hours of it are held in memory, and it is tried again"
            );
        }
    }

    /// Does what needs the file. One that turns out to be damaged is set aside.
    fn attempt<T>(
        &mut self,
        work: impl FnOnce(&mut Self, &mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, String> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.open()?,
        };
        match work(self, &mut file) {
            Ok(done) => {
                self.file = Some(file);
                Ok(done)
            }
            Err(error) if file::is_damage(&error) => {
                drop(file);
                self.set_aside(&error)?;
                Err(error.to_string())
            }
            Err(error) => {
                self.file = Some(file);
                Err(error.to_string())
            }
        }
    }

    /// Opens the file, or a new one in place of a damaged one, and takes up what is in its journal.
    fn open(&mut self) -> Result<Connection, String> {
        let opened = match self.look() {
            Err(Refused::Damaged(why)) => {
                self.set_aside(&why)?;
                self.look()
            }
            other => other,
        };
        let (file, mut head) = opened.map_err(|refused| refused.to_string())?;
        head.absorb(&self.head);
        self.head = head;
        self.now = self.now.or_else(|| self.head.latest());
        self.rolling = None;
        self.is_unaged = true;
        Ok(file)
    }

    fn look(&self) -> Result<(Connection, Head), Refused> {
        let file = file::open(&self.path)?;
        let head = journal::read(&file).map_err(Refused::of)?;
        Ok((file, head))
    }

    fn set_aside(&mut self, why: &impl Display) -> Result<(), String> {
        let aside = file::set_aside(&self.path).map_err(|error| {
            format!("{} is damaged ({why}) and cannot be set aside: {error}", self.path.display())
        })?;
        tracing::error!(
            file = %self.path.display(), aside = %aside.display(), %why,
            "the file of what was measured is damaged: it is set aside, and a new one begun"
        );
        self.fresh = Fresh::all(&self.head);
        self.rolling = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
