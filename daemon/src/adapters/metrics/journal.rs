//! The journal: what is not in blocks yet, a row for what each minute brings. It is read once, at the start.

use rusqlite::Connection;

use super::{
    head::{Head, Tracks},
    level::Level,
    shelf::FARTHEST,
    subjects, track, varint,
};
use crate::model::{Metric, TICK};

/// The fastest: a row is read once at most, and gone after an hour.
const COMPRESSION: i32 = 1;
/// No row has more, in bytes.
const LONGEST: usize = 64 << 20;

/// Adds what is in there, in one transaction. With `careful` it is on the disk before this returns, whatever happens to the host.
pub(super) fn add(file: &mut Connection, fresh: &Head, careful: bool) -> rusqlite::Result<()> {
    file.pragma_update(None, "synchronous", if careful { "FULL" } else { "NORMAL" })?;
    let change = file.transaction()?;
    for (hour, tracks) in fresh.hours() {
        let row = written(&change, tracks)?;
        change.execute("INSERT INTO journal (hour, samples) VALUES (?1, ?2)", (hour, row))?;
    }
    change.commit()
}

/// Removes what was added of an hour: it is in blocks.
pub(super) fn remove(file: &Connection, hour: i64) -> rusqlite::Result<()> {
    file.execute("DELETE FROM journal WHERE hour = ?1", [hour]).map(drop)
}

/// All that was added. Subjects that were forgotten since are left out; rows that cannot be read are, too, and it is said.
pub(super) fn read(file: &Connection) -> rusqlite::Result<Head> {
    let known = subjects::all(file)?;
    let mut head = Head::default();
    let mut statement = file.prepare("SELECT hour, samples FROM journal ORDER BY number")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (hour, samples): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
        if hour.abs() > FARTHEST {
            continue;
        }
        head.begin(hour);
        let Ok(bytes) = zstd::bulk::decompress(&samples, LONGEST) else {
            tracing::error!(hour, "a minute of what was measured cannot be read");
            continue;
        };
        let mut rest = bytes.as_slice();
        while let Some((number, metric, samples)) = next(&mut rest) {
            if let (Some(subject), Some(metric)) = (known.get(&number), metric) {
                samples.for_each(|(slot, value)| head.put(hour, (*subject, metric), slot, value));
            }
        }
    }
    Ok(head)
}

fn written(file: &Connection, tracks: &Tracks) -> rusqlite::Result<Vec<u8>> {
    let (mut out, mut last) = (Vec::new(), None);
    for ((subject, metric), track) in tracks {
        let number = match last {
            Some((known, number)) if known == *subject => number,
            _ => subjects::number(file, *subject)?,
        };
        last = Some((*subject, number));
        varint::put_signed(&mut out, number);
        varint::put(&mut out, metric.number().into());
        varint::put_length(&mut out, track.bytes().len());
        out.extend(track.bytes());
    }
    zstd::bulk::compress(&out, COMPRESSION)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// The number of a subject, the metric if it is known, and the samples.
type Entry<I> = (i64, Option<Metric>, I);

fn next<'a>(rest: &mut &'a [u8]) -> Option<Entry<impl Iterator<Item = (u16, i64)> + use<'a>>> {
    let number = varint::take_signed(rest)?;
    let metric = u8::try_from(varint::take(rest)?).ok().and_then(Metric::of_number);
    let bytes = varint::take_bytes(rest)?;
    let sound = |(slot, _): &(u16, i64)| i64::from(*slot) < Level::Fine.length() / TICK;
    Some((number, metric, track::samples(bytes).take_while(sound)))
}
