//! Contact methods as rows.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::{
    alarms::{parsed, word},
    readable,
};
use crate::{
    adapters::sqlite::write::{millis, put_tags, remove, stamp, tags_of},
    model::{Code, ContactMethod, Endpoint, Owner, Tags},
};

/// Writes it. Another of the same owner and way goes before.
pub(super) fn put(db: &Connection, contact: &ContactMethod) -> rusqlite::Result<()> {
    let ContactMethod { id, owner, created_at, endpoint, is_valid, code, tags } = contact;
    let sql = "SELECT id FROM contact_methods WHERE owner = ?1 AND channel = ?2 AND id != ?3";
    let channel = endpoint.channel.word();
    let other: Option<String> =
        db.query_row(sql, params![owner.0, channel, id.to_string()], |row| row.get(0)).optional()?;
    if let Some(other) = other {
        remove(db, "contact_methods", parsed::<Uuid>(&other)?)?;
    }
    db.execute(
        "INSERT INTO contact_methods VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)
         ON CONFLICT (id) DO UPDATE SET is_valid = ?6, code = ?7, code_sent_at = ?8, code_tries = ?9",
        params![
            id.to_string(),
            owner.0,
            channel,
            endpoint.address,
            millis(*created_at),
            is_valid,
            code.as_ref().map(|code| &code.text),
            code.as_ref().map(|code| millis(code.sent_at)),
            code.as_ref().map(|code| code.tries),
        ],
    )?;
    put_tags(db, id.0, tags)
}

pub(super) fn all(db: &Connection) -> rusqlite::Result<Vec<ContactMethod>> {
    let mut statement = db.prepare_cached("SELECT * FROM contact_methods ORDER BY owner, channel")?;
    let mut all = readable("contact method", statement.query_map([], read)?);
    for contact in &mut all {
        contact.tags = tags_of(db, &contact.id.to_string())?;
    }
    Ok(all)
}

fn read(row: &Row<'_>) -> rusqlite::Result<ContactMethod> {
    let text: Option<String> = row.get("code")?;
    let code = text.map(|text| {
        Ok::<_, rusqlite::Error>(Code {
            text,
            sent_at: stamp(row.get("code_sent_at")?)?,
            tries: row.get("code_tries")?,
        })
    });
    Ok(ContactMethod {
        id: word(row, "id")?,
        owner: Owner(row.get("owner")?),
        created_at: stamp(row.get("created_at")?)?,
        endpoint: Endpoint { channel: word(row, "channel")?, address: row.get("address")? },
        is_valid: row.get("is_valid")?,
        code: code.transpose()?,
        tags: Tags::default(),
    })
}
