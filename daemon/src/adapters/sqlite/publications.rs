//! Published ports as rows.

use rusqlite::{Connection, params};

use super::unreadable;
use crate::model::{Error, InstanceId, Protocol, Publication};

/// Writes the published ports of an instance in place of those that it had.
pub(super) fn replace(db: &Connection, id: InstanceId, all: &[Publication]) -> rusqlite::Result<()> {
    db.execute("DELETE FROM publications WHERE instance_id = ?1", [id.to_string()])?;
    for Publication { protocol, host_port, port } in all {
        let sql = "INSERT INTO publications VALUES (?1,?2,?3,?4)";
        db.execute(sql, params![protocol.word(), host_port, id.to_string(), port])?;
    }
    Ok(())
}

pub(super) fn of(db: &Connection, id: InstanceId) -> rusqlite::Result<Vec<Publication>> {
    let sql = "SELECT protocol, host_port, port FROM publications WHERE instance_id = ?1 ORDER BY protocol, host_port";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([id.to_string()], |row| {
        let protocol: Protocol =
            row.get::<_, String>(0)?.parse().map_err(|error: Error| unreadable(0, error))?;
        Ok(Publication { protocol, host_port: row.get(1)?, port: row.get(2)? })
    })?;
    rows.collect()
}
