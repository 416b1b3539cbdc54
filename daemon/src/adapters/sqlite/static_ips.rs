//! Static addresses as rows.

use std::{collections::HashSet, net::Ipv4Addr};

use rusqlite::{Connection, Row, params};

use super::{readable, unreadable};
use crate::{
    adapters::sqlite::write::{millis, stamp},
    model::{Error, Holder, Owner, StaticIp},
};

pub(super) fn insert(db: &Connection, static_ip: &StaticIp) -> rusqlite::Result<()> {
    let StaticIp { id, name, owner, created_at, address, holder } = static_ip;
    let holder = holder.as_ref().map(|holder| holder.id.to_string());
    db.execute(
        "INSERT INTO static_ips VALUES (?1,?2,?3,?4,?5,?6)",
        params![id.to_string(), name.as_str(), owner.0, millis(*created_at), address.to_string(), holder],
    )?;
    Ok(())
}

pub(super) fn select(db: &Connection, condition: &str, value: &str) -> rusqlite::Result<Vec<StaticIp>> {
    let sql = format!(
        "SELECT s.id, s.name, s.owner, s.created_at, s.address, s.instance_id, i.name AS holder
         FROM static_ips s LEFT JOIN instances i ON i.id = s.instance_id WHERE {condition} ORDER BY s.name"
    );
    Ok(readable("static address", db.prepare_cached(&sql)?.query_map([value], read)?))
}

/// Every public address that is given out.
pub(super) fn public_addresses(db: &Connection) -> rusqlite::Result<HashSet<Ipv4Addr>> {
    let sql =
        "SELECT public_ip FROM instances WHERE public_ip IS NOT NULL UNION SELECT address FROM static_ips";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        row.get::<_, String>(0)?.parse::<Ipv4Addr>().map_err(|error| unreadable(0, error))
    })?;
    rows.collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<StaticIp> {
    let text = |column| row.get::<_, String>(column);
    let holder: Option<(String, String)> =
        row.get::<_, Option<String>>(5)?.zip(row.get::<_, Option<String>>(6)?);
    let holder = holder.map(|(id, name)| {
        let id = id.parse().map_err(|error| unreadable(5, error))?;
        Ok::<_, rusqlite::Error>(Holder {
            id,
            name: name.parse().map_err(|error: Error| unreadable(6, error))?,
        })
    });
    Ok(StaticIp {
        id: text(0)?.parse().map_err(|error| unreadable(0, error))?,
        name: text(1)?.parse().map_err(|error: Error| unreadable(1, error))?,
        owner: Owner(text(2)?),
        created_at: stamp(row.get(3)?)?,
        address: text(4)?.parse().map_err(|error| unreadable(4, error))?,
        holder: holder.transpose()?,
    })
}
