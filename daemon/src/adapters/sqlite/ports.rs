//! Firewall rules as rows.

use rusqlite::{Connection, params};

use super::unreadable;
use crate::model::{Error, HOST_ALIAS, InstanceId, PortRange, PortRule, Protocol, Sources};

/// Writes the rules of an instance in place of those that it had.
pub(super) fn replace(db: &Connection, id: InstanceId, rules: &[PortRule]) -> rusqlite::Result<()> {
    db.execute("DELETE FROM ports WHERE instance_id = ?1", [id.to_string()])?;
    for (position, rule) in rules.iter().enumerate() {
        let PortRule { range: PortRange { protocol, from, to }, sources: Sources { v4, v6, host } } = rule;
        let sql = "INSERT INTO ports VALUES (?1,?2,?3,?4,?5,?6,?7,?8)";
        let row = params![id.to_string(), position, from, to, protocol.word(), words(v4), words(v6), host];
        db.execute(sql, row)?;
    }
    Ok(())
}

pub(super) fn of(db: &Connection, id: InstanceId) -> rusqlite::Result<Vec<PortRule>> {
    let sql = "SELECT from_port, to_port, protocol, cidrs, ipv6_cidrs, from_host FROM ports
               WHERE instance_id = ?1 ORDER BY position";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([id.to_string()], |row| {
        let protocol: Protocol =
            row.get::<_, String>(2)?.parse().map_err(|error: Error| unreadable(2, error))?;
        let texts = |column| {
            Ok::<Vec<String>, rusqlite::Error>(
                row.get::<_, String>(column)?.split_whitespace().map(str::to_owned).collect(),
            )
        };
        let (v4, v6) = (texts(3)?, texts(4)?);
        let aliases: &[String] = if row.get(5)? { &[HOST_ALIAS.to_owned()] } else { &[] };
        let sources = Sources::parse(&v4, &v6, aliases).map_err(|error| unreadable(3, error))?;
        Ok(PortRule { range: PortRange { protocol, from: row.get(0)?, to: row.get(1)? }, sources })
    })?;
    rows.collect()
}

fn words<T: ToString>(nets: impl IntoIterator<Item = T>) -> String {
    nets.into_iter().map(|net| net.to_string()).collect::<Vec<_>>().join(" ")
}
