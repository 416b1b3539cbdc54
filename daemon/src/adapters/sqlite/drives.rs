//! The disks of instances, as they hang on them.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{layers, unreadable};
use crate::{
    adapters::sqlite::write::{millis, take_name},
    model::{Drive, Error, Instance, InstanceId, ResourceName, Slot},
};

/// A new instance's disk, of one new layer on what is there.
pub(super) fn insert(db: &Connection, instance: &Instance, drive: &Drive) -> rusqlite::Result<()> {
    let Drive { disk, name, slot, stack } = drive;
    layers::insert(db, stack.top())?;
    let sql = "INSERT INTO disks VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1)";
    db.execute(
        sql,
        params![
            disk.to_string(),
            name.as_ref().map(ResourceName::as_str),
            instance.owner.0,
            millis(instance.created_at),
            stack.top().id.to_string(),
            instance.id.to_string(),
            slot.number(),
        ],
    )?;
    match name {
        Some(name) => take_name(db, name.as_str(), "Disk", disk.0),
        None => Ok(()),
    }
}

/// The disks of an instance, the system disk first.
pub(super) fn of(db: &Connection, id: InstanceId) -> rusqlite::Result<Vec<Drive>> {
    let sql = "SELECT id, slot, layer, name FROM disks WHERE instance_id = ?1 ORDER BY slot";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([id.to_string()], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get(1)?,
            row.get::<_, String>(2)?,
            row.get::<_, Option<String>>(3)?,
        ))
    })?;
    let mut drives = Vec::new();
    for row in rows {
        let (disk, slot, top, name) = row?;
        let odd = |error: Error| unreadable(1, error);
        drives.push(Drive {
            disk: disk.parse().map_err(|error| unreadable(0, error))?,
            name: name.map(|name| name.parse()).transpose().map_err(odd)?,
            slot: Slot::stored(slot).map_err(odd)?,
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
    let sql = "UPDATE disks SET instance_id = NULL, slot = NULL, is_attached = 0 WHERE instance_id = ?1";
    db.execute(sql, [id.to_string()]).map(drop)
}
