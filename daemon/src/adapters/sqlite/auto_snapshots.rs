//! Daily snapshots as rows.

use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::{readable, unreadable};
use crate::{
    adapters::sqlite::write::{millis, stamp},
    model::{AutoSnapshot, Error},
};

pub(super) fn put(db: &Connection, daily: &AutoSnapshot) -> rusqlite::Result<()> {
    let AutoSnapshot { source, kind, time, since, last_day } = daily;
    db.execute(
        "INSERT OR REPLACE INTO auto_snapshots VALUES (?1,?2,?3,?4,?5)",
        params![source.to_string(), kind.word(), time.to_string(), millis(*since), last_day],
    )
    .map(drop)
}

pub(super) fn remove(db: &Connection, source: Uuid) -> rusqlite::Result<()> {
    db.execute("DELETE FROM auto_snapshots WHERE source_id = ?1", [source.to_string()]).map(drop)
}

/// The resource is no more: neither is its schedule, nor are the automatic snapshots of it. Those that were copied stay.
pub(super) fn leave(db: &Connection, source: Uuid) -> rusqlite::Result<()> {
    remove(db, source)?;
    let sql = "DELETE FROM snapshots WHERE source_id = ?1 AND day IS NOT NULL";
    db.execute(sql, [source.to_string()]).map(drop)
}

pub(super) fn all(db: &Connection) -> rusqlite::Result<Vec<AutoSnapshot>> {
    let mut statement = db.prepare_cached("SELECT * FROM auto_snapshots ORDER BY source_id")?;
    let rows = statement.query_map([], read)?;
    Ok(readable("schedule of snapshots", rows))
}

fn read(row: &Row<'_>) -> rusqlite::Result<AutoSnapshot> {
    let word = |column: &str| row.get::<_, String>(column);
    let odd = |error: Error| unreadable(1, error);
    Ok(AutoSnapshot {
        source: word("source_id")?.parse().map_err(|error| unreadable(0, error))?,
        kind: word("kind")?.parse().map_err(odd)?,
        time: word("time")?.parse().map_err(odd)?,
        since: stamp(row.get("since")?)?,
        last_day: row.get("last_day")?,
    })
}
