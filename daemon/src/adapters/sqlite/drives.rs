//! The disks of instances, as they hang on them.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{layers, unreadable};
use crate::{
    adapters::sqlite::write::millis,
    model::{Drive, Error, Instance, InstanceId, Slot},
};

/// A new instance's disk, of one new layer on what is there.
pub(super) fn insert(db: &Connection, instance: &Instance, drive: &Drive) -> rusqlite::Result<()> {
    let Drive { disk, slot, stack } = drive;
    layers::insert(db, stack.top())?;
    let sql = "INSERT INTO disks VALUES (?1, NULL, ?2, ?3, ?4, 'in-use', ?5, ?6, ?7)";
    db.execute(
        sql,
        params![
            disk.to_string(),
            instance.owner.0,
            millis(instance.created_at),
            stack.bytes() >> 30,
            stack.top().id.to_string(),
            instance.id.to_string(),
            slot.number(),
        ],
    )
    .map(drop)
}

/// The disks of an instance, the system disk first.
pub(super) fn of(db: &Connection, id: InstanceId) -> rusqlite::Result<Vec<Drive>> {
    let sql = "SELECT id, slot, layer FROM disks WHERE instance_id = ?1 ORDER BY slot";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([id.to_string()], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, u8>(1)?, row.get::<_, String>(2)?))
    })?;
    let mut drives = Vec::new();
    for row in rows {
        let (disk, slot, top) = row?;
        drives.push(Drive {
            disk: disk.parse().map_err(|error| unreadable(0, error))?,
            slot: Slot::stored(slot).map_err(|error: Error| unreadable(1, error))?,
            stack: layers::stack(db, &top)?,
        });
    }
    Ok(drives)
}

/// The instance is no more: its system disk goes with it, those attached to it are free.
pub(super) fn leave(db: &Connection, id: InstanceId) -> rusqlite::Result<()> {
    let system = id.system_disk().to_string();
    let top: Option<String> = db
        .query_row("DELETE FROM disks WHERE id = ?1 RETURNING layer", [system], |row| row.get(0))
        .optional()?;
    if let Some(top) = top {
        layers::remove(db, top.parse().map_err(|error| unreadable(0, error))?)?;
    }
    let sql = "UPDATE disks SET instance_id = NULL, slot = NULL, state = 'available' WHERE instance_id = ?1";
    db.execute(sql, [id.to_string()]).map(drop)
}
