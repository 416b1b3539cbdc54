//! Layers as rows.

use std::{collections::HashSet, path::Path};

use rusqlite::{Connection, Row, params};

use super::{merges, readable, unreadable};
use crate::{
    model::{Beneath, InstanceId, Layer, LayerId, Stack},
    ports::LayerUse,
};

pub(super) fn insert(db: &Connection, layer: &Layer) -> rusqlite::Result<()> {
    let (parent, base) = columns(db, &layer.beneath)?;
    let sql = "INSERT INTO layers VALUES (?1,?2,?3,?4,?5)";
    db.execute(sql, params![layer.id.to_string(), parent, base, layer.bytes, layer.is_made]).map(drop)
}

/// It stands on something else.
pub(super) fn put_on(db: &Connection, id: LayerId, beneath: &Beneath) -> rusqlite::Result<()> {
    let (parent, base) = columns(db, beneath)?;
    let sql = "UPDATE layers SET parent = ?2, base = ?3 WHERE id = ?1";
    db.execute(sql, params![id.to_string(), parent, base]).map(drop)
}

/// What a layer stands on, as its parent and its base are written.
fn columns(db: &Connection, beneath: &Beneath) -> rusqlite::Result<(Option<String>, Option<String>)> {
    Ok(match beneath {
        Beneath::Layer(id) => (Some(merges::heir(db, *id)?), None),
        Beneath::Base(path) => (None, Some(path.to_string_lossy().into_owned())),
        Beneath::Awaited => (None, Some(String::new())),
        Beneath::Nothing => (None, None),
    })
}

/// There is a file for it now.
pub(super) fn set_made(db: &Connection, id: LayerId) -> rusqlite::Result<()> {
    db.execute("UPDATE layers SET is_made = 1 WHERE id = ?1", [id.to_string()]).map(drop)
}

pub(super) fn set_bytes(db: &Connection, id: LayerId, bytes: u64) -> rusqlite::Result<()> {
    let sql = "UPDATE layers SET bytes = ?2 WHERE id = ?1";
    db.execute(sql, params![merges::heir(db, id)?, bytes]).map(drop)
}

/// The base image that has come for an instance.
pub(super) fn set_base(db: &Connection, id: InstanceId, base: &Path) -> rusqlite::Result<()> {
    let sql = "UPDATE layers SET base = ?2 WHERE base = '' AND id = (SELECT layer FROM disks WHERE id = ?1)";
    db.execute(sql, params![id.system_disk().to_string(), base.to_string_lossy()]).map(drop)
}

pub(super) fn all(db: &Connection) -> rusqlite::Result<Vec<Layer>> {
    let mut statement = db.prepare_cached("SELECT id, parent, base, bytes, is_made FROM layers")?;
    let rows = statement.query_map([], read)?;
    Ok(readable("layer", rows))
}

/// Those of all records, by their names alone: the rest may be unreadable.
pub(super) fn ids(db: &Connection) -> rusqlite::Result<HashSet<LayerId>> {
    let mut statement = db.prepare_cached("SELECT id FROM layers")?;
    let rows = statement.query_map([], |row| id(row, 0))?;
    rows.collect()
}

/// The stack under a top.
pub(super) fn stack(db: &Connection, top: &str) -> rusqlite::Result<Stack> {
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE stack (id, parent, base, bytes, is_made, depth) AS (
             SELECT id, parent, base, bytes, is_made, 0 FROM layers WHERE id = ?1
             UNION ALL
             SELECT l.id, l.parent, l.base, l.bytes, l.is_made, depth + 1 FROM layers l JOIN stack s ON l.id = s.parent
         ) SELECT id, parent, base, bytes, is_made FROM stack ORDER BY depth",
    )?;
    let layers = statement.query_map([top], read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    Stack::read(layers).map_err(|error| unreadable(0, error))
}

/// Some layer stands on it, some disk is written to it, or some snapshot keeps it.
const NEEDED: &str = "EXISTS (SELECT 1 FROM layers above WHERE above.parent = l.id)
    OR EXISTS (SELECT 1 FROM disks d WHERE d.layer = l.id)
    OR EXISTS (SELECT 1 FROM snapshot_disks s WHERE s.layer = l.id)
    OR EXISTS (SELECT 1 FROM snapshot_disks s WHERE s.next = l.id)";

/// Who needs which, by names alone: what names them may be unreadable, and needs them all the same.
pub(super) fn needed(db: &Connection) -> rusqlite::Result<LayerUse> {
    let ids = |sql: &str| -> rusqlite::Result<HashSet<LayerId>> {
        db.prepare_cached(sql)?.query_map([], |row| id(row, 0))?.collect()
    };
    Ok(LayerUse {
        tops: ids("SELECT layer FROM disks")?,
        kept: ids(
            "SELECT layer FROM snapshot_disks UNION SELECT next FROM snapshot_disks WHERE next IS NOT NULL",
        )?,
        count: db.query_row("SELECT count(*) FROM layers", [], |row| row.get(0))?,
    })
}

pub(super) fn unneeded(db: &Connection) -> rusqlite::Result<Vec<LayerId>> {
    let mut statement = db.prepare_cached(&format!("SELECT id FROM layers l WHERE NOT ({NEEDED})"))?;
    let rows = statement.query_map([], |row| id(row, 0))?;
    rows.collect()
}

pub(super) fn remove(db: &Connection, id: LayerId) -> rusqlite::Result<()> {
    let sql = format!("DELETE FROM layers AS l WHERE id = ?1 AND NOT ({NEEDED})");
    if db.execute(&sql, [id.to_string()])? == 1 {
        merges::forget(db, id)?;
    }
    Ok(())
}

fn id(row: &Row<'_>, column: usize) -> rusqlite::Result<LayerId> {
    row.get::<_, String>(column)?.parse().map_err(|error| unreadable(column, error))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Layer> {
    let parent: Option<String> = row.get(1)?;
    let base: Option<String> = row.get(2)?;
    let beneath = match (parent, base) {
        (Some(parent), _) => Beneath::Layer(parent.parse().map_err(|error| unreadable(1, error))?),
        (None, Some(base)) if base.is_empty() => Beneath::Awaited,
        (None, Some(base)) => Beneath::Base(base.into()),
        (None, None) => Beneath::Nothing,
    };
    Ok(Layer { id: id(row, 0)?, beneath, bytes: row.get(3)?, is_made: row.get(4)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::sqlite::migrations;

    #[test]
    fn a_layer_whose_record_cannot_be_read_is_known_to_be_there() {
        let mut db = Connection::open_in_memory().expect("a database");
        migrations::ALL.to_latest(&mut db).expect("the present schema");
        let (sound, damaged) = (Layer::on(Beneath::Nothing, 1 << 30), Layer::on(Beneath::Nothing, 1 << 30));
        for layer in [&sound, &damaged] {
            insert(&db, layer).expect("new");
        }
        db.execute("UPDATE layers SET bytes = -1 WHERE id = ?1", [damaged.id.to_string()]).expect("written");
        assert_eq!(all(&db).expect("readable"), std::slice::from_ref(&sound));
        assert_eq!(ids(&db).expect("readable"), HashSet::from([sound.id, damaged.id]));
    }
}
