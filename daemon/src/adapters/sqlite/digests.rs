//! What frozen layers held when they were read.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::readable;
use crate::{adapters::sqlite::unreadable, model::LayerId};

pub(super) fn set(db: &Connection, id: LayerId, digest: Option<&str>) -> rusqlite::Result<()> {
    let id = id.to_string();
    match digest {
        None => db.execute("DELETE FROM digests WHERE layer = ?1", [id]),
        // It may have been removed meanwhile.
        Some(digest) => db.execute(
            "INSERT OR REPLACE INTO digests SELECT id, ?2 FROM layers WHERE id = ?1",
            params![id, digest],
        ),
    }
    .map(drop)
}

pub(super) fn all(db: &Connection) -> rusqlite::Result<HashMap<LayerId, String>> {
    let mut statement = db.prepare_cached("SELECT layer, digest FROM digests")?;
    let rows = statement.query_map([], |row| {
        let id = row.get::<_, String>(0)?.parse().map_err(|error| unreadable(0, error))?;
        Ok((id, row.get(1)?))
    })?;
    Ok(readable("digest", rows).into_iter().collect())
}
