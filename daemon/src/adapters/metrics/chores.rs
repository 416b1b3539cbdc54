//! What is due behind the back of those who ask: hours become blocks, blocks become coarser ones, and what is too old goes. In small steps, each
//! of one subject and one transaction: who asks meanwhile waits for milliseconds. Each step can be taken twice.

use rusqlite::Connection;

use super::{cell, journal, keeper::Keeper, level::Level, shelf, subjects};
use crate::model::Metric;

/// A window that is being made from the finer level.
#[derive(Debug)]
pub(super) struct Rolling {
    level: Level,
    window: i64,
    /// The numbers of those whose blocks are still to be made.
    left: Vec<i64>,
}

/// Takes a step; false when nothing is due.
pub(super) fn step(keeper: &mut Keeper, file: &mut Connection) -> rusqlite::Result<bool> {
    let Some(now) = keeper.now else {
        return Ok(false);
    };
    if let Some(hour) = keeper.head.over(now) {
        seal(keeper, file, hour)?;
        return Ok(true);
    }
    if keeper.rolling.is_none() {
        keeper.rolling = next(file, now)?;
    }
    if let Some(rolling) = keeper.rolling.take() {
        keeper.rolling = roll(file, rolling)?;
        keeper.is_unaged = true;
        return Ok(true);
    }
    if keeper.is_unaged {
        keeper.is_unaged = keeper.bound.step(file, now)?;
        return Ok(true);
    }
    Ok(false)
}

/// Makes blocks of what was measured of one subject in an hour; when there is nobody left, the hour is done.
fn seal(keeper: &mut Keeper, file: &mut Connection, hour: i64) -> rusqlite::Result<()> {
    let change = file.transaction()?;
    let Some((subject, metrics)) = keeper.head.somebody(hour) else {
        journal::remove(&change, hour)?;
        change.commit()?;
        keeper.hour_is_done(hour);
        return Ok(());
    };
    let number = subjects::number(&change, subject)?;
    for metric in metrics {
        let series = shelf::series(number, metric);
        // There is a block where the clock was set back, or the daemon ended on the way.
        let before = shelf::cells(&change, Level::Fine, hour, series)?;
        let cells = keeper.head.cells(hour, &(subject, metric));
        let cells = cell::overlay(before, Level::Fine.step(), cells);
        shelf::put(&change, Level::Fine, hour, series, &cells)?;
    }
    is_due(&change, Level::Minute, Level::Fine.start(hour))?;
    change.commit()?;
    keeper.is_in_blocks(hour, subject);
    Ok(())
}

/// Writes down that a level's window is to be made, or to be made anew.
fn is_due(file: &Connection, level: Level, second: i64) -> rusqlite::Result<()> {
    let mut statement = file.prepare_cached("INSERT OR IGNORE INTO due VALUES (?1, ?2)")?;
    statement.execute([level.step(), level.window(second)]).map(drop)
}

/// A window that is to be made, and over.
fn next(file: &Connection, now: i64) -> rusqlite::Result<Option<Rolling>> {
    for level in [Level::Minute, Level::FiveMinutes] {
        let mut statement = file.prepare_cached("SELECT min(number) FROM due WHERE step = ?1")?;
        let window: Option<i64> = statement.query_row([level.step()], |row| row.get(0))?;
        if let Some(window) = window.filter(|window| level.end(*window) <= now) {
            let mut left: Vec<i64> = subjects::all(file)?.into_keys().collect();
            left.sort_unstable_by(|one, other| other.cmp(one));
            return Ok(Some(Rolling { level, window, left }));
        }
    }
    Ok(None)
}

/// Makes the blocks of one subject. When there is nobody left, the window is done, and what is made from it is due.
fn roll(file: &mut Connection, mut rolling: Rolling) -> rusqlite::Result<Option<Rolling>> {
    let Rolling { level, window, .. } = rolling;
    let change = file.transaction()?;
    let Some(number) = rolling.left.pop() else {
        change.execute("DELETE FROM due WHERE step = ?1 AND number = ?2", [level.step(), window])?;
        if let Some(coarser) = level.coarser() {
            is_due(&change, coarser, level.start(window))?;
        }
        change.commit()?;
        return Ok(None);
    };
    if let Some(finer) = level.finer() {
        let (first, last) = (finer.window(level.start(window)), finer.window(level.end(window) - 1));
        let windows = shelf::windows(&change, finer, first..=last)?;
        for metric in Metric::ALL {
            make(&change, (level, window), (finer, &windows), shelf::series(number, *metric))?;
        }
    }
    change.commit()?;
    Ok(Some(rolling))
}

/// Makes one block from finer ones. Of a time of which they have nothing any more, what was made before holds.
fn make(
    file: &Connection,
    (level, window): (Level, i64),
    (finer, windows): (Level, &[i64]),
    series: i64,
) -> rusqlite::Result<()> {
    let mut made = Vec::new();
    for part in windows {
        cell::fold(&mut made, shelf::cells(file, finer, *part, series)?, level.step());
    }
    if made.is_empty() {
        return Ok(());
    }
    let before = shelf::cells(file, level, window, series)?;
    shelf::put(file, level, window, series, &cell::overlay(before, level.step(), made))
}
