//! What instances moved, as rows.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{readable, unreadable};
use crate::model::{Bytes, InstanceId, Month};

/// Adds to a month what moved, and keeps what the counters say.
pub(super) fn add(
    db: &Connection,
    id: InstanceId,
    month: Month,
    moved: Bytes,
    reading: Bytes,
) -> rusqlite::Result<()> {
    // An instance that went meanwhile is passed over.
    let sql = "INSERT INTO transfer SELECT id, ?2, ?3, ?4 FROM instances WHERE id = ?1
               ON CONFLICT (instance_id, month) DO UPDATE
               SET inward = inward + excluded.inward, outward = outward + excluded.outward";
    let Bytes { inward, outward } = moved;
    db.prepare_cached(sql)?.execute(params![id.to_string(), month.to_string(), inward, outward])?;
    let sql = "INSERT INTO transfer_readings SELECT id, ?2, ?3 FROM instances WHERE id = ?1
               ON CONFLICT (instance_id) DO UPDATE SET inward = excluded.inward, outward = excluded.outward";
    let Bytes { inward, outward } = reading;
    db.prepare_cached(sql)?.execute(params![id.to_string(), inward, outward]).map(drop)
}

/// What the counters of every instance said when they were last written down; nothing of those that never were.
pub(super) fn readings(db: &Connection) -> rusqlite::Result<Vec<(InstanceId, Bytes)>> {
    let sql = "SELECT i.id, coalesce(r.inward, 0), coalesce(r.outward, 0)
               FROM instances i LEFT JOIN transfer_readings r ON r.instance_id = i.id";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        let id: InstanceId = row.get::<_, String>(0)?.parse().map_err(|error| unreadable(0, error))?;
        Ok((id, Bytes { inward: row.get(1)?, outward: row.get(2)? }))
    })?;
    Ok(readable("transfer", rows))
}

/// What an instance moved in a month.
pub(super) fn of(db: &Connection, id: InstanceId, month: Month) -> rusqlite::Result<Bytes> {
    let sql = "SELECT inward, outward FROM transfer WHERE instance_id = ?1 AND month = ?2";
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row(params![id.to_string(), month.to_string()], |row| {
        Ok(Bytes { inward: row.get(0)?, outward: row.get(1)? })
    });
    Ok(found.optional()?.unwrap_or_default())
}
