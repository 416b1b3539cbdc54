//! The numbers that subjects have in the file. A number is never given twice: what is left of a forgotten subject belongs to nobody.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _};
use uuid::Uuid;

use crate::model::Subject;

/// Numbers have 24 bits in keys.
const MOST: i64 = 0xff_ffff;

/// The number of a subject, if it has one.
pub(super) fn find(file: &Connection, of: Subject) -> rusqlite::Result<Option<i64>> {
    let mut statement = file.prepare_cached("SELECT number FROM subjects WHERE id = ?1")?;
    statement.query_row([of.0.into_bytes()], |row| row.get(0)).optional()
}

/// The number of a subject, which is given it now where it has none.
pub(super) fn number(file: &Connection, of: Subject) -> rusqlite::Result<i64> {
    if let Some(number) = find(file, of)? {
        return Ok(number);
    }
    file.prepare_cached("INSERT INTO subjects (id) VALUES (?1)")?.execute([of.0.into_bytes()])?;
    let number = file.last_insert_rowid();
    if number > MOST { Err(rusqlite::Error::IntegralValueOutOfRange(0, number)) } else { Ok(number) }
}

/// All of them.
pub(super) fn all(file: &Connection) -> rusqlite::Result<HashMap<i64, Subject>> {
    let mut statement = file.prepare("SELECT number, id FROM subjects")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, Subject(Uuid::from_bytes(row.get(1)?)))))?;
    rows.collect()
}

/// Takes a subject's number away.
pub(super) fn forget(file: &Connection, number: i64) -> rusqlite::Result<()> {
    file.execute("DELETE FROM subjects WHERE number = ?1", [number]).map(drop)
}
