//! Layers that were made one.
//!
//! A layer that went into another one is still known to who read its name before: an order that waits, a verb that is just writing.
//! Its heir is written down, and whoever names the one gets the other.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::layers;
use crate::model::{LayerId, Way};

pub(super) fn apply(db: &Connection, way: &Way) -> rusqlite::Result<()> {
    match way {
        Way::Pull { into, base } => layers::put_on(db, *into, base),
        Way::Commit { top, base } => inherit(db, &top.to_string(), &base.to_string()),
    }
}

/// Who stood on `gone`, wrote to it or kept it does so with `heir`, which holds all that it held.
fn inherit(db: &Connection, gone: &str, heir: &str) -> rusqlite::Result<()> {
    let sql = "SELECT bytes FROM layers WHERE id = ?1";
    let Some(bytes) = db.query_row(sql, [gone], |row| row.get::<_, u64>(0)).optional()? else {
        // Nobody needed it any more, and it is removed.
        return Ok(());
    };
    db.execute("UPDATE layers SET bytes = max(bytes, ?2) WHERE id = ?1", params![heir, bytes])?;
    for sql in [
        "UPDATE layers SET parent = ?2 WHERE parent = ?1",
        "UPDATE disks SET layer = ?2 WHERE layer = ?1",
        "UPDATE snapshot_disks SET layer = ?2 WHERE layer = ?1",
        "UPDATE snapshot_disks SET next = ?2 WHERE next = ?1",
        "UPDATE heirs SET heir = ?2 WHERE heir = ?1",
        "INSERT OR REPLACE INTO heirs VALUES (?1, ?2)",
    ] {
        db.execute(sql, [gone, heir])?;
    }
    Ok(())
}

/// The layer that is named, or its heir.
pub(super) fn heir(db: &Connection, id: LayerId) -> rusqlite::Result<String> {
    let id = id.to_string();
    let mut statement = db.prepare_cached("SELECT heir FROM heirs WHERE id = ?1")?;
    Ok(statement.query_row([&id], |row| row.get(0)).optional()?.unwrap_or(id))
}

/// Nobody can come to stand on a layer that is no more.
pub(super) fn forget(db: &Connection, heir: LayerId) -> rusqlite::Result<()> {
    db.execute("DELETE FROM heirs WHERE heir = ?1", [heir.to_string()]).map(drop)
}
