//! Letters as rows.

use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use super::{
    alarms::{parsed, word},
    readable, unreadable,
};
use crate::{
    adapters::sqlite::write::{millis, stamp},
    model::{AlarmId, AlarmNotice, Delivery, Endpoint, Error, Letter, Notice},
};

/// So many of an alarm's letters are remembered, whoever took them, besides those that wait.
const KEPT: u32 = 10;
/// So many that wait are given at once.
const MOST: u32 = 1000;

/// What a letter says, as it is written.
#[derive(Serialize, Deserialize)]
enum Written {
    Alarm {
        alarm: String,
        instance: String,
        metric: String,
        before: String,
        now: String,
        reason: String,
        /// Milliseconds since the epoch.
        at: i64,
        test: bool,
        host: String,
    },
    Confirm {
        code: String,
        host: String,
    },
}

impl From<&Notice> for Written {
    fn from(notice: &Notice) -> Self {
        match notice.clone() {
            Notice::Alarm(AlarmNotice { alarm, instance, metric, before, now, reason, at, test, host }) => {
                Self::Alarm {
                    alarm,
                    instance,
                    metric: metric.word().to_owned(),
                    before: before.word().to_owned(),
                    now: now.word().to_owned(),
                    reason,
                    at: millis(at),
                    test,
                    host,
                }
            }
            Notice::Confirm { code, host } => Self::Confirm { code, host },
        }
    }
}

impl TryFrom<Written> for Notice {
    type Error = rusqlite::Error;
    fn try_from(written: Written) -> rusqlite::Result<Self> {
        Ok(match written {
            Written::Alarm { alarm, instance, metric, before, now, reason, at, test, host } => {
                Self::Alarm(AlarmNotice {
                    alarm,
                    instance,
                    metric: parsed(&metric)?,
                    before: parsed(&before)?,
                    now: parsed(&now)?,
                    reason,
                    at: stamp(at)?,
                    test,
                    host,
                })
            }
            Written::Confirm { code, host } => Self::Confirm { code, host },
        })
    }
}

/// Writes a new one. Of those of the same alarm, the oldest that are done with go.
pub(super) fn insert(db: &Connection, letter: &Letter) -> rusqlite::Result<()> {
    let Letter { id, contact, endpoint: _, alarm, notice, delivery, tries, error, due, created_at } = letter;
    let notice = serde_json::to_string(&Written::from(notice)).map_err(|error| unreadable(4, error))?;
    let alarm = alarm.map(|id| id.to_string());
    db.prepare_cached("INSERT INTO letters VALUES (NULL,?1,?2,?3,?4,?5,?6,?7,?8,?9)")?.execute(params![
        id.to_string(),
        contact.to_string(),
        alarm,
        notice,
        delivery.word(),
        tries,
        error,
        millis(*due),
        millis(*created_at),
    ])?;
    let sql = "DELETE FROM letters WHERE alarm_id = ?1 AND delivery != 'waiting' AND number NOT IN
               (SELECT number FROM letters WHERE alarm_id = ?1 ORDER BY number DESC LIMIT ?2)";
    db.prepare_cached(sql)?.execute(params![alarm, KEPT]).map(drop)
}

/// Writes how far it has come. One that bears a code is not kept once it is done with.
pub(super) fn set(db: &Connection, letter: &Letter) -> rusqlite::Result<()> {
    let Letter { id, alarm, delivery, tries, error, due, .. } = letter;
    if alarm.is_none() && *delivery != Delivery::Waiting {
        return db.execute("DELETE FROM letters WHERE id = ?1", [id.to_string()]).map(drop);
    }
    let sql = "UPDATE letters SET delivery = ?2, tries = ?3, error = ?4, due = ?5 WHERE id = ?1";
    db.prepare_cached(sql)?
        .execute(params![id.to_string(), delivery.word(), tries, error, millis(*due)])
        .map(drop)
}

pub(super) fn waiting(db: &Connection) -> rusqlite::Result<Vec<Letter>> {
    select(db, &format!("l.delivery = 'waiting' AND ?1 = '' ORDER BY l.number LIMIT {MOST}"), "")
}

pub(super) fn of(db: &Connection, alarm: AlarmId) -> rusqlite::Result<Vec<Letter>> {
    select(db, "l.alarm_id = ?1 ORDER BY l.number DESC", &alarm.to_string())
}

fn select(db: &Connection, condition: &str, value: &str) -> rusqlite::Result<Vec<Letter>> {
    let sql = format!(
        "SELECT l.*, c.channel, c.address FROM letters l JOIN contact_methods c ON c.id = l.contact_id WHERE {condition}"
    );
    Ok(readable("letter", db.prepare_cached(&sql)?.query_map([value], read)?))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Letter> {
    let alarm: Option<String> = row.get("alarm_id")?;
    let notice: String = row.get("notice")?;
    let notice: Written = serde_json::from_str(&notice).map_err(|error| unreadable(4, error))?;
    let delivery: String = row.get("delivery")?;
    let known = Delivery::ALL.into_iter().find(|one| one.word() == delivery);
    Ok(Letter {
        id: word(row, "id")?,
        contact: word(row, "contact_id")?,
        endpoint: Endpoint { channel: word(row, "channel")?, address: row.get("address")? },
        alarm: alarm.map(|text| parsed(&text)).transpose()?,
        notice: notice.try_into()?,
        delivery: known
            .ok_or_else(|| unreadable(5, Error::internal(format!("no such delivery: {delivery}"))))?,
        tries: row.get("tries")?,
        error: row.get("error")?,
        due: stamp(row.get("due")?)?,
        created_at: stamp(row.get("created_at")?)?,
    })
}
