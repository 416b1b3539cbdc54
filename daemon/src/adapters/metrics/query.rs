//! What was measured, put together from all that there is of it: of each moment, what is known most finely.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::{
    cell::{self, Cell},
    head::{Head, Series},
    level::Level,
    shelf, subjects,
};
use crate::model::Span;

/// The cells of a stretch of time, so many seconds long each.
pub(super) fn cells(
    file: &Connection,
    head: &Head,
    of: &Series,
    span: Span,
    period: i64,
) -> rusqlite::Result<Vec<Cell>> {
    let mut found = Vec::new();
    if span.start >= span.end {
        return Ok(found);
    }
    let number = subjects::find(file, of.0)?;
    let series = number.map(|number| shelf::series(number, of.1));
    let coarsest = Level::FiveMinutes;
    for part in parts(file, head, span)? {
        let (start, end) = (coarsest.start(part), coarsest.end(part));
        let part = Span { start: span.start.max(start), end: span.end.min(end) };
        // From the finest to the coarsest: what is said of a time by a finer level is not said again.
        let mut known = in_head(head, of, part);
        for level in Level::ALL {
            if let Some(series) = series {
                known = cell::overlay(on_shelf(file, level, series, part)?, level.step(), known);
            }
        }
        let inside = |cell: &Cell| (part.start..part.end).contains(&cell.start);
        cell::fold(&mut found, known.into_iter().filter(inside), period);
    }
    Ok(found)
}

/// The windows of the coarsest level in which there is anything: one after the other, so that little is in memory at once.
fn parts(file: &Connection, head: &Head, span: Span) -> rusqlite::Result<BTreeSet<i64>> {
    let coarsest = Level::FiveMinutes;
    let mut parts = BTreeSet::new();
    for level in Level::ALL {
        let windows = shelf::windows(file, level, level.window(span.start)..=level.window(span.end - 1))?;
        parts.extend(windows.into_iter().map(|window| coarsest.window(level.start(window))));
    }
    let wanted = coarsest.window(span.start)..=coarsest.window(span.end - 1);
    let hours = head.hours().map(|(hour, _)| coarsest.window(Level::Fine.start(hour)));
    parts.extend(hours.filter(|part| wanted.contains(part)));
    Ok(parts)
}

fn on_shelf(file: &Connection, level: Level, series: i64, span: Span) -> rusqlite::Result<Vec<Cell>> {
    let mut found = Vec::new();
    let among = level.window(span.start)..=level.window(span.end - 1);
    for window in shelf::windows(file, level, among)? {
        found.extend(shelf::cells(file, level, window, series)?);
    }
    Ok(found)
}

fn in_head(head: &Head, of: &Series, span: Span) -> Vec<Cell> {
    let wanted = Level::Fine.window(span.start)..=Level::Fine.window(span.end - 1);
    let hours = head.hours().map(|(hour, _)| hour).filter(|hour| wanted.contains(hour));
    hours.flat_map(|hour| head.cells(hour, of)).collect()
}
