//! Where blocks are. A block's key is its window, then its subject and metric: so blocks are added at the end, what is too old goes from the
//! front, and each is found by one lookup.

use std::ops::RangeInclusive;

use rusqlite::{Connection, OptionalExtension as _};

use super::{block, cell::Cell, level::Level};
use crate::model::Metric;

/// Windows have numbers of 32 bits with their sign. So far no clock goes.
pub(super) const FARTHEST: i64 = 0x7fff_fff0;

/// What of a key says whose block it is: the number of a subject, and that of a metric.
pub(super) fn series(number: i64, metric: Metric) -> i64 {
    (number << 8) | i64::from(metric.number())
}

fn key(window: i64, series: i64) -> i64 {
    (window << 32) | series
}

/// The windows of which there is anything, of those asked for.
pub(super) fn windows(
    file: &Connection,
    level: Level,
    among: RangeInclusive<i64>,
) -> rusqlite::Result<Vec<i64>> {
    let sql = format!("SELECT min(key) FROM {} WHERE key >= ?1", level.table());
    let mut statement = file.prepare_cached(&sql)?;
    let (mut next, last) = ((*among.start()).max(-FARTHEST), (*among.end()).min(FARTHEST));
    let mut found = Vec::new();
    while next <= last {
        let first: Option<i64> = statement.query_row([key(next, 0)], |row| row.get(0))?;
        let Some(window) = first.map(|key| key >> 32).filter(|window| *window <= last) else {
            break;
        };
        found.push(window);
        next = window + 1;
    }
    Ok(found)
}

/// What a block holds; nothing where there is none. One that cannot be read is as good as none, and is said.
pub(super) fn cells(
    file: &Connection,
    level: Level,
    window: i64,
    series: i64,
) -> rusqlite::Result<Vec<Cell>> {
    let sql = format!("SELECT block FROM {} WHERE key = ?1", level.table());
    let mut statement = file.prepare_cached(&sql)?;
    let bytes: Option<Vec<u8>> = statement.query_row([key(window, series)], |row| row.get(0)).optional()?;
    let Some(bytes) = bytes else {
        return Ok(Vec::new());
    };
    Ok(block::read(level, window, &bytes).unwrap_or_else(|| {
        tracing::error!(table = level.table(), window, series, "what was measured then cannot be read");
        Vec::new()
    }))
}

/// Puts a block there, in place of the one before.
pub(super) fn put(
    file: &Connection,
    level: Level,
    window: i64,
    series: i64,
    cells: &[Cell],
) -> rusqlite::Result<()> {
    let sql = format!("INSERT OR REPLACE INTO {} VALUES (?1, ?2)", level.table());
    let bytes = block::write(level, window, cells);
    file.prepare_cached(&sql)?.execute((key(window, series), bytes)).map(drop)
}

/// Takes all blocks of a window away.
pub(super) fn clear(file: &Connection, level: Level, window: i64) -> rusqlite::Result<()> {
    remove(file, level, key(window, 0)..=key(window, 0xffff_ffff))
}

/// Takes all blocks of a subject away.
pub(super) fn forget(file: &Connection, number: i64) -> rusqlite::Result<()> {
    let first = number << 8;
    for level in Level::ALL {
        for window in windows(file, level, -FARTHEST..=FARTHEST)? {
            remove(file, level, key(window, first)..=key(window, first | 0xff))?;
        }
    }
    Ok(())
}

fn remove(file: &Connection, level: Level, keys: RangeInclusive<i64>) -> rusqlite::Result<()> {
    let sql = format!("DELETE FROM {} WHERE key BETWEEN ?1 AND ?2", level.table());
    file.prepare_cached(&sql)?.execute([*keys.start(), *keys.end()]).map(drop)
}
