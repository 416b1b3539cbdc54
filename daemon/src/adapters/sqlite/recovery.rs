//! Recoveries as rows.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};

use super::{readable, unreadable};
use crate::{
    adapters::sqlite::write::{millis, stamp},
    model::{Cause, Error, InstanceId, RecoveryRecord},
    ports::RecoveryChange,
};

/// So many of an instance's recoveries are remembered: more than any limit.
const KEPT: u32 = 64;

pub(super) fn apply(db: &Connection, id: InstanceId, change: &RecoveryChange) -> rusqlite::Result<()> {
    match change {
        RecoveryChange::Policy(policy) => put(db, "policy", id, &policy.word()),
        RecoveryChange::Begin { cause, at } => begin(db, id, *cause, *at),
        RecoveryChange::End => end(db, id),
        RecoveryChange::GiveUp(cause) => give_up(db, id, *cause),
        RecoveryChange::Forget => forget(db, id),
        RecoveryChange::Answered(answered) => set_answered(db, id, *answered),
    }
}

/// Counts it where it counts, and remembers why until it is done.
fn begin(db: &Connection, id: InstanceId, cause: Cause, at: Option<Timestamp>) -> rusqlite::Result<()> {
    put(db, "cause", id, &cause.word())?;
    let Some(at) = at else { return Ok(()) };
    let sql = "INSERT INTO recoveries (instance_id, at) SELECT id, ?2 FROM instances WHERE id = ?1";
    db.prepare_cached(sql)?.execute(params![id.to_string(), millis(at)])?;
    let sql = "DELETE FROM recoveries WHERE instance_id = ?1 AND number NOT IN
               (SELECT number FROM recoveries WHERE instance_id = ?1 ORDER BY number DESC LIMIT ?2)";
    db.prepare_cached(sql)?.execute(params![id.to_string(), KEPT]).map(drop)
}

fn end(db: &Connection, id: InstanceId) -> rusqlite::Result<()> {
    let sql = "UPDATE recovery SET cause = NULL, given_up = 0 WHERE instance_id = ?1";
    db.prepare_cached(sql)?.execute([id.to_string()]).map(drop)
}

fn give_up(db: &Connection, id: InstanceId, cause: Cause) -> rusqlite::Result<()> {
    put(db, "cause", id, &cause.word())?;
    let sql = "UPDATE recovery SET given_up = 1 WHERE instance_id = ?1";
    db.prepare_cached(sql)?.execute([id.to_string()]).map(drop)
}

fn forget(db: &Connection, id: InstanceId) -> rusqlite::Result<()> {
    let sql = "UPDATE recovery SET cause = NULL, given_up = 0, answered = 0 WHERE instance_id = ?1";
    db.prepare_cached(sql)?.execute([id.to_string()])?;
    let sql = "DELETE FROM recoveries WHERE instance_id = ?1";
    db.prepare_cached(sql)?.execute([id.to_string()]).map(drop)
}

fn set_answered(db: &Connection, id: InstanceId, answered: bool) -> rusqlite::Result<()> {
    if answered {
        return put(db, "answered", id, &true);
    }
    // One of which nothing is written has not answered either.
    let sql = "UPDATE recovery SET answered = 0 WHERE instance_id = ?1";
    db.prepare_cached(sql)?.execute([id.to_string()]).map(drop)
}

/// Writes one column. An instance that went meanwhile is passed over.
fn put(db: &Connection, column: &str, id: InstanceId, value: &dyn ToSql) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT INTO recovery (instance_id, {column}) SELECT id, ?2 FROM instances WHERE id = ?1
         ON CONFLICT (instance_id) DO UPDATE SET {column} = excluded.{column}"
    );
    db.prepare_cached(&sql)?.execute(params![id.to_string(), value]).map(drop)
}

/// What is written of one instance; where nothing is, what holds for all.
pub(super) fn one(db: &Connection, id: InstanceId) -> rusqlite::Result<RecoveryRecord> {
    let mut statement = db.prepare_cached("SELECT * FROM recovery WHERE instance_id = ?1")?;
    let found = readable("recovery", statement.query_map([id.to_string()], read)?).pop();
    let Some((_, record)) = found else { return Ok(RecoveryRecord::default()) };
    let mut statement =
        db.prepare_cached("SELECT at FROM recoveries WHERE instance_id = ?1 ORDER BY number")?;
    let times = statement.query_map([id.to_string()], |row| stamp(row.get(0)?))?;
    Ok(RecoveryRecord { times: readable("time of a recovery", times), ..record })
}

pub(super) fn all(db: &Connection) -> rusqlite::Result<HashMap<InstanceId, RecoveryRecord>> {
    let mut statement = db.prepare_cached("SELECT * FROM recovery")?;
    let rows = statement.query_map([], read)?;
    let mut found: HashMap<_, _> = readable("recovery", rows).into_iter().collect();
    let mut statement = db.prepare_cached("SELECT instance_id, at FROM recoveries ORDER BY number")?;
    let times = statement.query_map([], |row| Ok((identity(row)?, stamp(row.get("at")?)?)))?;
    for (id, time) in readable("time of a recovery", times) {
        if let Some(record) = found.get_mut(&id) {
            record.times.push(time);
        }
    }
    Ok(found)
}

fn identity(row: &Row<'_>) -> rusqlite::Result<InstanceId> {
    row.get::<_, String>("instance_id")?.parse().map_err(|error| unreadable(0, error))
}

fn read(row: &Row<'_>) -> rusqlite::Result<(InstanceId, RecoveryRecord)> {
    let word = |column: &str| row.get::<_, Option<String>>(column);
    let odd = |error: Error| unreadable(1, error);
    let record = RecoveryRecord {
        policy: word("policy")?.map(|word| word.parse()).transpose().map_err(odd)?,
        cause: word("cause")?.map(|word| word.parse()).transpose().map_err(odd)?,
        given_up: row.get("given_up")?,
        answered: row.get("answered")?,
        times: Vec::new(),
    };
    Ok((identity(row)?, record))
}

pub(super) fn set_boot_id(db: &Connection, id: &str) -> rusqlite::Result<()> {
    db.execute("INSERT OR REPLACE INTO meta VALUES ('boot_id', ?1)", [id]).map(drop)
}

pub(super) fn boot_id(db: &Connection) -> rusqlite::Result<Option<String>> {
    db.query_row("SELECT value FROM meta WHERE key = 'boot_id'", [], |row| row.get(0)).optional()
}
