//! Key pairs as rows.

use rusqlite::{Connection, Row, params};

use super::{readable, unreadable};
use crate::{
    adapters::sqlite::write::{millis, stamp, tags_of},
    model::{Error, KeyPair, Owner, PublicKey, Tags},
};

pub(super) fn insert(db: &Connection, pair: &KeyPair) -> rusqlite::Result<()> {
    let KeyPair { id, name, owner, created_at, public, private, tags: _ } = pair;
    let PublicKey { line, fingerprint } = public;
    db.execute(
        "INSERT INTO key_pairs VALUES (?1,?2,?3,?4,?5,?6,?7)",
        params![id.to_string(), name.as_str(), owner.0, millis(*created_at), line, fingerprint, private],
    )?;
    Ok(())
}

pub(super) fn select(db: &Connection, condition: &str, value: &str) -> rusqlite::Result<Vec<KeyPair>> {
    let mut statement =
        db.prepare_cached(&format!("SELECT * FROM key_pairs WHERE {condition} ORDER BY name"))?;
    let mut pairs = readable("key pair", statement.query_map([value], read)?);
    for pair in &mut pairs {
        pair.tags = tags_of(db, &pair.id.to_string())?;
    }
    Ok(pairs)
}

fn read(row: &Row<'_>) -> rusqlite::Result<KeyPair> {
    Ok(KeyPair {
        id: row.get::<_, String>("id")?.parse().map_err(|error| unreadable(0, error))?,
        name: row.get::<_, String>("name")?.parse().map_err(|error: Error| unreadable(1, error))?,
        owner: Owner(row.get("owner")?),
        created_at: stamp(row.get("created_at")?)?,
        public: PublicKey { line: row.get("public_key")?, fingerprint: row.get("fingerprint")? },
        private: row.get("private_key")?,
        tags: Tags::default(),
    })
}
