//! Alarms as rows.

use std::{collections::HashMap, fmt::Display, str::FromStr};

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::{contacts, letters, readable, unreadable};
use crate::{
    adapters::sqlite::write::{millis, put_tags, refuse, remove, stamp, take_name},
    model::{Alarm, AlarmRule, AlarmState, Error, InstanceId, Kind, Owner, Tags, Telling, Watched},
    ports::AlarmChange,
};

pub(super) fn apply(db: &Connection, change: &AlarmChange) -> rusqlite::Result<()> {
    match change {
        AlarmChange::Add(alarm) => {
            take_name(db, alarm.name.as_str(), "Alarm", alarm.id.0)?;
            put(db, alarm)?;
            put_tags(db, alarm.id.0, &alarm.tags)
        }
        AlarmChange::Put(alarm) => {
            put(db, alarm)?;
            put_tags(db, alarm.id.0, &alarm.tags)
        }
        AlarmChange::SetState { was, state, reason, since, before_test } => {
            set_state(db, was, (*state, *before_test), (reason, *since))
        }
        AlarmChange::SetTags(id, tags) => put_tags(db, id.0, tags),
        AlarmChange::Remove(id) => remove(db, "alarms", id.0),
        AlarmChange::PutContact(contact) => contacts::put(db, contact),
        AlarmChange::RemoveContact(id) => remove(db, "contact_methods", id.0),
        AlarmChange::AddLetter(letter) => letters::insert(db, letter),
        AlarmChange::SetLetter(letter) => letters::set(db, letter),
    }
}

/// The instance is no more: neither are the alarms on it. Their rows go with its row; what else there is of them goes here.
pub(super) fn leave(db: &Connection, instance: InstanceId) -> rusqlite::Result<()> {
    for table in ["tags", "names"] {
        let sql = format!(
            "DELETE FROM {table} WHERE resource_id IN (SELECT id FROM alarms WHERE instance_id = ?1)"
        );
        db.execute(&sql, [instance.to_string()])?;
    }
    Ok(())
}

/// Writes it, new or not. What one says that is there stays.
fn put(db: &Connection, alarm: &Alarm) -> rusqlite::Result<()> {
    let Alarm {
        id,
        name,
        owner,
        created_at,
        put_at,
        watched,
        metric,
        period,
        rule: AlarmRule { comparison, threshold, periods, datapoints, missing },
        telling: Telling { channels, triggers, enabled },
        state,
        reason,
        state_since,
        before_test,
        tags: _,
    } = alarm;
    db.execute(
        "INSERT INTO alarms VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20)
         ON CONFLICT (id) DO UPDATE SET put_at = ?5, instance_id = ?6, metric = ?7, comparison = ?8, threshold = ?9,
            periods = ?10, datapoints = ?11, missing = ?12, channels = ?13, triggers = ?14, is_enabled = ?15, period = ?20",
        params![
            id.to_string(),
            name.as_str(),
            owner.0,
            millis(*created_at),
            millis(*put_at),
            watched.id.to_string(),
            metric.word(),
            comparison.word(),
            threshold,
            periods,
            datapoints,
            missing.word(),
            words(channels.iter().map(|one| one.word())),
            words(triggers.iter().map(|one| one.word())),
            enabled,
            state.word(),
            reason,
            millis(*state_since),
            before_test.map(AlarmState::word),
            period,
        ],
    )
    .map(drop)
}

/// Says so, unless it watches or says something else than was known.
fn set_state(
    db: &Connection,
    was: &Alarm,
    (state, before_test): (AlarmState, Option<AlarmState>),
    (reason, since): (&str, Timestamp),
) -> rusqlite::Result<()> {
    let sql = "UPDATE alarms SET state = ?2, before_test = ?3, reason = ?4, state_since = ?5
               WHERE id = ?1 AND put_at = ?6 AND state = ?7 AND before_test IS ?8";
    let set = db.prepare_cached(sql)?.execute(params![
        was.id.to_string(),
        state.word(),
        before_test.map(AlarmState::word),
        reason,
        millis(since),
        millis(was.put_at),
        was.state.word(),
        was.before_test.map(AlarmState::word),
    ])?;
    if set > 0 {
        return Ok(());
    }
    let message = format!("Something else happened to the alarm {} at the same time", was.name);
    refuse(Error::new(Kind::WrongState, "InvalidAlarmState", message).tip("look at it and try again"))
}

pub(super) fn select(db: &Connection, condition: &str, value: &str) -> rusqlite::Result<Vec<Alarm>> {
    let sql = format!(
        "SELECT a.*, i.name AS instance_name, i.owner AS instance_owner
         FROM alarms a JOIN instances i ON i.id = a.instance_id WHERE {condition} ORDER BY a.name"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut alarms = readable("alarm", statement.query_map([value], read)?);
    let mut tags = tags(db)?;
    for alarm in &mut alarms {
        alarm.tags = Tags::stored(tags.remove(&alarm.id.to_string()).unwrap_or_default());
    }
    Ok(alarms)
}

/// The tags of all alarms, asked for at once.
fn tags(db: &Connection) -> rusqlite::Result<HashMap<String, Vec<(String, String)>>> {
    let sql = "SELECT resource_id, key, value FROM tags WHERE resource_id IN (SELECT id FROM alarms)";
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, (row.get(1)?, row.get(2)?))))?;
    let mut all: HashMap<String, Vec<(String, String)>> = HashMap::new();
    for row in rows {
        let (id, tag) = row?;
        all.entry(id).or_default().push(tag);
    }
    Ok(all)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Alarm> {
    let before_test: Option<String> = row.get("before_test")?;
    Ok(Alarm {
        id: word(row, "id")?,
        name: word(row, "name")?,
        owner: Owner(row.get("owner")?),
        created_at: stamp(row.get("created_at")?)?,
        put_at: stamp(row.get("put_at")?)?,
        watched: Watched {
            id: word(row, "instance_id")?,
            name: word(row, "instance_name")?,
            owner: Owner(row.get("instance_owner")?),
        },
        metric: word(row, "metric")?,
        period: row.get("period")?,
        rule: AlarmRule {
            comparison: word(row, "comparison")?,
            threshold: row.get("threshold")?,
            periods: row.get("periods")?,
            datapoints: row.get("datapoints")?,
            missing: word(row, "missing")?,
        },
        telling: Telling {
            channels: list(row, "channels")?,
            triggers: list(row, "triggers")?,
            enabled: row.get("is_enabled")?,
        },
        state: word(row, "state")?,
        reason: row.get("reason")?,
        state_since: stamp(row.get("state_since")?)?,
        before_test: before_test.map(|text| parsed(&text)).transpose()?,
        tags: Tags::default(),
    })
}

fn words<'a>(all: impl Iterator<Item = &'a str>) -> String {
    all.collect::<Vec<_>>().join(" ")
}

/// The words of a column.
fn list<T: FromStr<Err: Display>>(row: &Row<'_>, column: &str) -> rusqlite::Result<Vec<T>> {
    row.get::<_, String>(column)?.split_whitespace().map(parsed).collect()
}

/// The word of a column.
pub(super) fn word<T: FromStr<Err: Display>>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    parsed(&row.get::<_, String>(column)?)
}

/// What a word stands for.
pub(super) fn parsed<T: FromStr<Err: Display>>(text: &str) -> rusqlite::Result<T> {
    text.parse().map_err(|error: T::Err| unreadable(0, Error::internal(error.to_string())))
}
