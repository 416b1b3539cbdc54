//! What is too old, or too much, goes: a window at a time, the oldest first.

use rusqlite::Connection;

use super::{level::Level, shelf};

/// So many pages are given back to the disk in one step.
const PAGES: u32 = 1000;

/// How large the file may become.
#[derive(Debug)]
pub(super) struct Bound {
    /// In bytes.
    limit: u64,
    /// Whether it was said that it is as large.
    is_told: bool,
}

impl Bound {
    /// So many bytes.
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, is_told: false }
    }

    /// Takes a step; false when nothing is too old or too much.
    pub(super) fn step(&mut self, file: &mut Connection, now: i64) -> rusqlite::Result<bool> {
        if let Some((level, window)) = too_old(file, now)? {
            remove(file, level, window)?;
            return Ok(true);
        }
        let (used, free) = room(file)?;
        if used > self.limit
            && let Some((level, window)) = oldest(file)?
        {
            self.tell();
            remove(file, level, window)?;
            return Ok(true);
        }
        // Free room is used again; it is given back only where the file is larger than it may be.
        if used + free > self.limit && free > 0 { give_back(file) } else { Ok(false) }
    }

    fn tell(&mut self) {
        if !std::mem::replace(&mut self.is_told, true) {
            let limit_mb = self.limit >> 20;
            tracing::warn!(limit_mb, "what was measured takes more room than it may: the oldest goes first");
        }
    }
}

fn remove(file: &mut Connection, level: Level, window: i64) -> rusqlite::Result<()> {
    let change = file.transaction()?;
    shelf::clear(&change, level, window)?;
    change.commit()
}

/// A window all of which is too old. Age counts from the last hour but one of which there is anything: a moment with a clock that is far ahead
/// costs nothing that was kept.
fn too_old(file: &Connection, now: i64) -> rusqlite::Result<Option<(Level, i64)>> {
    let last = "SELECT max(key) FROM fine WHERE key < ?1";
    let before = |key: i64| file.query_row(last, [key], |row| row.get::<_, Option<i64>>(0));
    let Some(latest) = before(i64::MAX)? else {
        return Ok(None);
    };
    let Some(hour) = before((latest >> 32) << 32)?.map(|key| key >> 32) else {
        return Ok(None);
    };
    let present = now.min(Level::Fine.end(hour));
    for level in Level::ALL {
        let first = first(file, level)?;
        if let Some(window) = first.filter(|window| level.end(*window) <= present - level.age()) {
            return Ok(Some((level, window)));
        }
    }
    Ok(None)
}

/// The window that begins before all others; of several the finest, since the coarser ones say the same.
fn oldest(file: &Connection) -> rusqlite::Result<Option<(Level, i64)>> {
    let mut found: Option<(Level, i64)> = None;
    for level in Level::ALL {
        let Some(window) = first(file, level)? else { continue };
        if found.is_none_or(|(other, before)| level.start(window) < other.start(before)) {
            found = Some((level, window));
        }
    }
    Ok(found)
}

fn first(file: &Connection, level: Level) -> rusqlite::Result<Option<i64>> {
    let sql = format!("SELECT min(key) FROM {}", level.table());
    let key: Option<i64> = file.query_row(&sql, [], |row| row.get(0))?;
    Ok(key.map(|key| key >> 32))
}

/// What is in use and what is not, in bytes, of the file.
fn room(file: &Connection) -> rusqlite::Result<(u64, u64)> {
    let number = |name| file.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
    let (size, pages, free) = (number("page_size")?, number("page_count")?, number("freelist_count")?);
    Ok((pages.saturating_sub(free) * size, free * size))
}

fn give_back(file: &Connection) -> rusqlite::Result<bool> {
    let pages = || file.pragma_query_value(None, "page_count", |row| row.get::<_, u64>(0));
    let before = pages()?;
    {
        // It gives back a page with each step of the statement.
        let mut statement = file.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {}
    }
    Ok(pages()? < before)
}
