//! Operations as rows.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params, params_from_iter, types::Value};

use super::{readable, unreadable};
use crate::{
    adapters::sqlite::write::{millis, stamp},
    model::{Error, Operation, OperationId, Owner, Phase},
    ports::OperationFilter,
};

pub(super) fn put(db: &Connection, operation: &Operation) -> rusqlite::Result<()> {
    let Operation {
        id,
        owner,
        caller,
        door,
        resource_name,
        resource_id,
        resource_type,
        kind,
        status,
        created_at,
        status_changed_at,
        details,
        change,
        error_code,
        error_details,
        steps_done,
        phase,
        force,
        order,
        follows,
    } = operation;
    let order = serde_json::to_string(order).map_err(|error| unreadable(16, error))?;
    db.prepare_cached(
        "INSERT INTO operations
         VALUES (NULL,?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20)
         ON CONFLICT (id) DO UPDATE SET status = ?7, status_changed_at = ?9, details = ?10, error_code = ?11,
            error_details = ?12, steps_done = ?13, undoing = ?14, orders = ?16, change = ?20",
    )?
    .execute(params![
        id.to_string(),
        owner.0,
        resource_name,
        resource_id.to_string(),
        resource_type.word(),
        kind.word(),
        status.word(),
        millis(*created_at),
        millis(*status_changed_at),
        details,
        error_code,
        error_details,
        steps_done,
        *phase == Phase::Undoing,
        force,
        order,
        follows.map(|id| id.to_string()),
        caller,
        door.word(),
        change,
    ])?;
    // Those that are the other side of it end with it.
    let sql = "UPDATE operations SET status = ?2, status_changed_at = ?3, error_code = ?4, error_details = ?5 WHERE follows = ?1";
    let ended = params![id.to_string(), status.word(), millis(*status_changed_at), error_code, error_details];
    db.prepare_cached(sql)?.execute(ended).map(drop)
}

pub(super) fn one(db: &Connection, id: OperationId) -> rusqlite::Result<Option<Operation>> {
    let mut statement = db.prepare_cached("SELECT * FROM operations WHERE id = ?1")?;
    let mut rows = statement.query_map([id.to_string()], read)?;
    rows.next().transpose()
}

pub(super) fn some(db: &Connection, filter: &OperationFilter) -> rusqlite::Result<Vec<Operation>> {
    let (sql, values) = question(filter);
    let mut statement = db.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), read)?;
    Ok(readable("operation", rows))
}

/// Each filter has its own words, so that each finds its index: there are hundreds of thousands of rows. A `+` says that the condition
/// must not choose one.
fn question(filter: &OperationFilter) -> (String, Vec<Value>) {
    let OperationFilter { resource, owner, since, before, limit } = filter;
    let mut wanted: Vec<(&str, Value)> = Vec::new();
    if let Some(name) = resource {
        wanted.push(("resource_name = ?", name.clone().into()));
    }
    if let Some(Owner(owner)) = owner {
        let condition = if resource.is_some() { "+owner = ?" } else { "owner = ?" };
        wanted.push((condition, owner.clone().into()));
    }
    if let Some(since) = since {
        wanted.push(("+created_at >= ?", millis(*since).into()));
        if resource.is_none() {
            // Where the walk ends. Clocks are turned back, so that the oldest is not the one with the smallest number.
            let first = "number >= (SELECT min(number) FROM operations INDEXED BY operations_by_age WHERE created_at >= ?)";
            wanted.push((first, millis(*since).into()));
        }
    }
    if let Some(before) = before {
        wanted.push(("number < (SELECT number FROM operations WHERE id = ?)", before.to_string().into()));
    }
    let conditions: Vec<&str> = wanted.iter().map(|(condition, _)| *condition).collect();
    let conditions =
        if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
    let sql = format!("SELECT * FROM operations {conditions} ORDER BY number DESC LIMIT ?");
    let limit = i64::try_from(*limit).unwrap_or(i64::MAX);
    (sql, wanted.into_iter().map(|(_, value)| value).chain([Value::from(limit)]).collect())
}

/// So many are forgotten at once, that ended before then and that no other one follows. Those that follow go first.
const FORGET: &str = "DELETE FROM operations WHERE number IN (
    SELECT number FROM operations AS old
    WHERE created_at < ?1 AND status_changed_at < ?1 AND status IN ('Failed', 'Succeeded')
      AND NOT EXISTS (SELECT 1 FROM operations AS other WHERE other.follows = old.id)
    ORDER BY created_at LIMIT ?2)";

pub(super) fn forget(db: &Connection, before: Timestamp, most: usize) -> rusqlite::Result<usize> {
    db.prepare_cached(FORGET)?.execute(params![millis(before), most])
}

pub(super) fn unfinished(db: &Connection) -> rusqlite::Result<Vec<Operation>> {
    let sql = "SELECT * FROM operations WHERE status IN ('NotStarted', 'Started') AND follows IS NULL ORDER BY number";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], read)?;
    Ok(readable("operation", rows))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Operation> {
    let word = |column: &str| row.get::<_, String>(column);
    let odd = |error: Error| unreadable(0, error);
    Ok(Operation {
        id: word("id")?.parse().map_err(|error| unreadable(1, error))?,
        owner: Owner(row.get("owner")?),
        caller: row.get("caller")?,
        door: word("door")?.parse().map_err(odd)?,
        resource_name: row.get("resource_name")?,
        resource_id: word("resource_id")?.parse().map_err(|error| unreadable(4, error))?,
        resource_type: word("resource_type")?.parse().map_err(odd)?,
        kind: word("kind")?.parse().map_err(odd)?,
        status: word("status")?.parse().map_err(odd)?,
        created_at: stamp(row.get("created_at")?)?,
        status_changed_at: stamp(row.get("status_changed_at")?)?,
        details: row.get("details")?,
        change: row.get("change")?,
        error_code: row.get("error_code")?,
        error_details: row.get("error_details")?,
        steps_done: row.get("steps_done")?,
        phase: if row.get("undoing")? { Phase::Undoing } else { Phase::Forward },
        force: row.get("force")?,
        order: serde_json::from_str(&word("orders")?).map_err(|error| unreadable(16, error))?,
        follows: row
            .get::<_, Option<String>>("follows")?
            .map(|id| id.parse())
            .transpose()
            .map_err(|error| unreadable(17, error))?,
    })
}

#[cfg(test)]
mod tests;
