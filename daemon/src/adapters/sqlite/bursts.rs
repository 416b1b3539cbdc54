//! What instances have saved of their processors' time, as rows.

use rusqlite::{Connection, params};

use super::{readable, unreadable};
use crate::model::{BurstRecord, InstanceId};

pub(super) fn put(db: &Connection, record: &BurstRecord) -> rusqlite::Result<()> {
    let BurstRecord { id, balance, held } = record;
    // One that was stopped, or went, meanwhile has nothing any more.
    let sql = "INSERT INTO bursts SELECT id, ?2, ?3 FROM instances WHERE id = ?1 AND status != 'stopped'
               ON CONFLICT (instance_id) DO UPDATE SET balance = excluded.balance, held = excluded.held";
    db.prepare_cached(sql)?.execute(params![id.to_string(), balance, held]).map(drop)
}

/// An instance that is stopped loses all.
pub(super) fn lose(db: &Connection, id: InstanceId) -> rusqlite::Result<()> {
    db.execute("DELETE FROM bursts WHERE instance_id = ?1", [id.to_string()]).map(drop)
}

pub(super) fn all(db: &Connection) -> rusqlite::Result<Vec<BurstRecord>> {
    let mut statement = db.prepare_cached("SELECT instance_id, balance, held FROM bursts")?;
    let rows = statement.query_map([], |row| {
        let id = row.get::<_, String>(0)?.parse().map_err(|error| unreadable(0, error))?;
        Ok(BurstRecord { id, balance: row.get(1)?, held: row.get(2)? })
    })?;
    Ok(readable("burst capacity", rows))
}
