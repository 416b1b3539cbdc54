//! Operations as rows.

use rusqlite::{Connection, Row, params};

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
        resource_name,
        resource_id,
        resource_type,
        kind,
        status,
        created_at,
        status_changed_at,
        details,
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
        "INSERT INTO operations VALUES (NULL,?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17)
         ON CONFLICT (id) DO UPDATE SET status = ?7, status_changed_at = ?9, details = ?10, error_code = ?11,
            error_details = ?12, steps_done = ?13, undoing = ?14, orders = ?16",
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
    let mut statement = db.prepare_cached(
        "SELECT * FROM operations
         WHERE (?1 IS NULL OR resource_name = ?1)
           AND (?2 IS NULL OR number < (SELECT number FROM operations WHERE id = ?2))
         ORDER BY number DESC LIMIT ?3",
    )?;
    let before = filter.before.map(|id| id.to_string());
    let rows = statement.query_map(params![filter.resource, before, filter.limit], read)?;
    Ok(readable("operation", rows))
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
        resource_name: row.get("resource_name")?,
        resource_id: word("resource_id")?.parse().map_err(|error| unreadable(4, error))?,
        resource_type: word("resource_type")?.parse().map_err(odd)?,
        kind: word("kind")?.parse().map_err(odd)?,
        status: word("status")?.parse().map_err(odd)?,
        created_at: stamp(row.get("created_at")?)?,
        status_changed_at: stamp(row.get("status_changed_at")?)?,
        details: row.get("details")?,
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
