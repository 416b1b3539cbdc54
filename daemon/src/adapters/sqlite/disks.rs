//! Block storage as rows.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{digests, layers, merges, readable, unreadable};
use crate::{
    adapters::sqlite::write::{millis, refuse, stamp, tags_of},
    model::{Attachment, Disk, DiskId, Error, InstanceId, Kind, Layer, LayerId, Owner, Slot, Stack, Tags},
};

pub(super) fn insert(db: &Connection, disk: &Disk) -> rusqlite::Result<()> {
    let Disk { id, name, owner, created_at, attachment: _, stack, tags: _ } = disk;
    layers::insert(db, stack.top())?;
    let sql = "INSERT INTO disks VALUES (?1, ?2, ?3, ?4, ?5, NULL, NULL, 0)";
    let top = stack.top().id.to_string();
    db.execute(sql, params![id.to_string(), name.as_str(), owner.0, millis(*created_at), top]).map(drop)
}

/// Gives a free disk to an instance.
pub(super) fn attach(
    db: &Connection,
    disk: DiskId,
    instance: InstanceId,
    slot: Slot,
) -> rusqlite::Result<()> {
    let sql = "UPDATE disks SET instance_id = ?2, slot = ?3 WHERE id = ?1 AND instance_id IS NULL";
    if db.execute(sql, params![disk.to_string(), instance.to_string(), slot.number()])? == 1 {
        return Ok(());
    }
    let message = "Something else happened to the disk at the same time: it is not available";
    refuse(Error::new(Kind::WrongState, "DiskInUse", message).tip("look at it and try again"))
}

pub(super) fn set_attached(db: &Connection, disk: DiskId) -> rusqlite::Result<()> {
    let sql = "UPDATE disks SET is_attached = 1 WHERE id = ?1 AND instance_id IS NOT NULL";
    db.execute(sql, [disk.to_string()]).map(drop)
}

pub(super) fn detach(db: &Connection, disk: DiskId) -> rusqlite::Result<()> {
    let sql = "UPDATE disks SET instance_id = NULL, slot = NULL, is_attached = 0 WHERE id = ?1";
    db.execute(sql, [disk.to_string()]).map(drop)
}

/// It is written to another layer from now on.
pub(super) fn set_top(db: &Connection, disk: DiskId, top: LayerId) -> rusqlite::Result<()> {
    // It is written to again.
    digests::set(db, top, None)?;
    let top = merges::heir(db, top)?;
    db.execute("UPDATE disks SET layer = ?2 WHERE id = ?1", params![disk.to_string(), top]).map(drop)
}

/// It is written to a new layer from now on.
pub(super) fn put_on_top(db: &Connection, disk: DiskId, top: &Layer) -> rusqlite::Result<()> {
    layers::insert(db, top)?;
    set_top(db, disk, top.id)
}

pub(super) fn select(db: &Connection, condition: &str, value: &str) -> rusqlite::Result<Vec<Disk>> {
    let sql = format!(
        "SELECT d.*, i.name AS holder FROM disks d LEFT JOIN instances i ON i.id = d.instance_id
         WHERE d.name IS NOT NULL AND {condition} ORDER BY d.name"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map([value], |row| {
        let top: String = row.get("layer")?;
        read(row, layers::stack(db, &top)?)
    })?;
    let mut disks = readable("disk", rows);
    for disk in &mut disks {
        disk.tags = tags_of(db, &disk.id.to_string())?;
    }
    Ok(disks)
}

fn read(row: &Row<'_>, stack: Stack) -> rusqlite::Result<Disk> {
    let odd = |error: Error| unreadable(0, error);
    let text = |column: &str| row.get::<_, Option<String>>(column);
    let attachment = match (text("instance_id")?, text("holder")?, row.get::<_, Option<u8>>("slot")?) {
        (Some(instance), Some(name), Some(slot)) => Some(Attachment {
            instance: instance.parse().map_err(|error| unreadable(5, error))?,
            name: name.parse().map_err(odd)?,
            slot: Slot::stored(slot).map_err(odd)?,
            is_done: row.get("is_attached")?,
        }),
        _ => None,
    };
    Ok(Disk {
        id: row.get::<_, String>("id")?.parse().map_err(|error| unreadable(0, error))?,
        name: row.get::<_, String>("name")?.parse().map_err(odd)?,
        owner: Owner(row.get("owner")?),
        created_at: stamp(row.get("created_at")?)?,
        attachment,
        stack,
        tags: Tags::default(),
    })
}

/// The layer that a disk is written to.
pub(super) fn top(db: &Connection, disk: &str) -> rusqlite::Result<Option<String>> {
    db.query_row("SELECT layer FROM disks WHERE id = ?1", [disk], |row| row.get(0)).optional()
}
