//! `sloop history`: what was done, by whom, and how it ended.

use clap::Args;
use jiff::{Span, SpanRelativeTo, Timestamp, civil::DateTime, tz::TimeZone};
use prost_types::Duration;
use sloop_proto::v1::{GetHistoryRequest, GetHistoryResult, HistoryEntry, Operation, OperationStatus};

use crate::complete;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::{self, Output};
use crate::text;

const HEADERS: [&str; 7] = ["WHEN", "WHO", "DOOR", "WHAT", "CHANGE", "RESULT", "TOOK"];

/// So much suits a screen and a little more.
const FEW: usize = 100;

const EXAMPLES: &str = "\
Examples:
  sloop history web                    the latest that was done to it, whoever did it
  sloop history --since 7d             all that was done in the last seven days
  sloop history --since 2026-11-23     since that midnight
  sloop history web -o json            the same facts for a program

WHO is a login name, `guest` for what an instance says of itself, or `sloopd` for what the daemon does by
itself, such as automatic snapshots. Requests that were refused did nothing, and are not shown.";

/// Arguments of `history`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct HistoryArgs {
    /// Only what was done to the resource with this name, whether or not it is still there
    #[arg(add = complete::names())]
    name: Option<String>,
    /// Only what was begun since then, such as 7d, 12h, 2026-11-23 or 2026-11-23T10:15:00Z
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<Timestamp>,
    /// The latest so many [default: 100; all with --since]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Ids of operations only, one a line
    #[arg(long, short)]
    quiet: bool,
}

/// Shows it.
pub(crate) async fn run(session: &Session, output: &Output, args: &HistoryArgs) -> Outcome {
    let limit = match (args.limit, args.since) {
        (Some(limit), _) => limit as usize,
        (None, Some(_)) => usize::MAX,
        (None, None) => FEW,
    };
    let (history, is_all) = fetch(session, args, limit).await?;
    if args.quiet {
        let ids = history.entries.iter().filter_map(|one| one.operation.as_ref());
        output::print(&ids.map(|one| text::safe(one.id())).collect::<Vec<_>>().join("\n"))?;
        return Ok(0);
    }
    output.answer("GetHistoryResult", &history, || table(&history.entries, &TimeZone::system()))?;
    if !is_all && args.limit.is_none() {
        output.note(&format!("the latest {FEW}; there is more: --limit N, or --since TIME"));
    }
    Ok(0)
}

/// The latest entries, at most so many, and whether that is all there is.
async fn fetch(
    session: &Session,
    args: &HistoryArgs,
    limit: usize,
) -> Result<(GetHistoryResult, bool), Failure> {
    let since = args
        .since
        .map(|then| prost_types::Timestamp { seconds: then.as_second(), nanos: then.subsec_nanosecond() });
    let (mut entries, mut token): (Vec<HistoryEntry>, Option<String>) = (Vec::new(), None);
    let is_all = loop {
        let request =
            GetHistoryRequest { resource_name: args.name.clone(), page_token: token.clone(), since };
        let page = session.history().get_history(request).await?.into_inner();
        entries.extend(page.entries);
        let next = page.next_page_token.filter(|next| !next.is_empty());
        // A daemon that gives the same page twice would keep us here for ever.
        if next.is_none() || next == token {
            break entries.len() <= limit;
        }
        if entries.len() >= limit {
            break false;
        }
        token = next;
    };
    entries.truncate(limit);
    Ok((GetHistoryResult { entries, next_page_token: None }, is_all))
}

/// One line for each, and beneath what failed the reason.
fn table(entries: &[HistoryEntry], zone: &TimeZone) -> String {
    let table = output::table(&HEADERS, entries.iter().map(|one| row(one, zone)).collect());
    let mut lines = table.lines();
    let mut told: Vec<String> = lines.next().map(str::to_owned).into_iter().collect();
    for (line, entry) in lines.zip(entries) {
        told.push(line.to_owned());
        told.extend(entry.operation.as_ref().and_then(why).map(|why| format!("  | {why}")));
    }
    told.join("\n")
}

fn row(entry: &HistoryEntry, zone: &TimeZone) -> Vec<String> {
    let operation = entry.operation.clone().unwrap_or_default();
    vec![
        when(operation.created_at.as_ref(), zone),
        entry.caller.clone(),
        entry.door.clone(),
        format!("{} {}", text::word("OperationType", operation.operation_type), operation.resource_name()),
        text::or_dash(&entry.change),
        text::word("OperationStatus", operation.status),
        entry.took.as_ref().map_or_else(|| "-".to_owned(), took),
    ]
}

fn why(operation: &Operation) -> Option<String> {
    let reason = format!("{}: {}", operation.error_code(), operation.error_details());
    (operation.status() == OperationStatus::Failed).then(|| text::safe(&reason))
}

/// The wall's time.
fn when(then: Option<&prost_types::Timestamp>, zone: &TimeZone) -> String {
    let moment = then.and_then(|then| Timestamp::new(then.seconds, then.nanos).ok());
    moment.map_or_else(
        || "-".to_owned(),
        |moment| moment.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// To the tenth of a second where it was quick.
fn took(duration: &Duration) -> String {
    match u64::try_from(duration.seconds) {
        Ok(seconds @ 0..10) => format!("{seconds}.{}s", duration.nanos.clamp(0, 999_999_999) / 100_000_000),
        Ok(seconds) => text::span(seconds),
        Err(_) => "-".to_owned(),
    }
}

/// Parses a time, or how long ago it was.
fn since(text: &str) -> Result<Timestamp, String> {
    parse(text, Timestamp::now(), &TimeZone::system())
}

fn parse(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, String> {
    let wrong = || "write it like 7d, 12h, 2026-11-23 or 2026-11-23T10:15:00Z".to_owned();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    if let Ok(moment) = text.parse::<DateTime>() {
        return moment.to_zoned(zone.clone()).map(|moment| moment.timestamp()).map_err(|_| wrong());
    }
    let span: Span = text.parse().map_err(|_| wrong())?;
    let ago = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    if ago.is_negative() {
        return Err("what is still to come is not in the history".to_owned());
    }
    now.checked_sub(ago).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(change: &str, error: Option<&str>) -> HistoryEntry {
        let status = if error.is_some() { OperationStatus::Failed } else { OperationStatus::Succeeded };
        let operation = Operation {
            resource_name: Some("web".into()),
            operation_type: Some(sloop_proto::v1::OperationType::GrowDisk.into()),
            status: Some(status.into()),
            created_at: Some(prost_types::Timestamp { seconds: 1_795_428_900, nanos: 0 }),
            error_code: error.map(|_| "DiskFull".into()),
            error_details: error.map(str::to_owned),
            ..Operation::default()
        };
        HistoryEntry {
            operation: Some(operation),
            caller: "ann".into(),
            door: "grpc".into(),
            change: change.into(),
            took: Some(Duration { seconds: 1, nanos: 260_000_000 }),
        }
    }

    #[test]
    fn what_failed_says_why_beneath() {
        let entries = [entry("8 GB -> 16 GB", None), entry("", Some("no\u{7} room")), entry("x", None)];
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let told = table(&entries, &zone);
        let lines: Vec<Vec<&str>> = told.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], HEADERS);
        assert_eq!(lines[1][..5], ["2026-11-23", "12:15:00", "ann", "grpc", "GrowDisk"]);
        assert_eq!(lines[1][5..], ["web", "8", "GB", "->", "16", "GB", "Succeeded", "1.2s"]);
        assert_eq!(lines[2][5..], ["web", "-", "Failed", "1.2s"]);
        assert_eq!(lines[3].join(" "), "| DiskFull: no\\u{7} room");
        assert_eq!((lines.len(), lines[4][6]), (5, "x"));
    }

    #[test]
    fn what_is_quick_is_told_to_the_tenth() {
        let told = |seconds, nanos| took(&Duration { seconds, nanos });
        assert_eq!([told(0, 0), told(0, 999_999_999), told(9, 0)], ["0.0s", "0.9s", "9.0s"]);
        assert_eq!([told(10, 5), told(180, 0), told(-1, 0)], ["10s", "3m", "-"]);
    }

    #[test]
    fn times_are_said_in_several_ways() {
        let now: Timestamp = "2026-11-23T10:15:00Z".parse().unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        for (text, expected) in [
            ("7d", "2026-11-16T10:15:00Z"),
            ("2w", "2026-11-09T10:15:00Z"),
            ("1d12h", "2026-11-21T22:15:00Z"),
            ("30m", "2026-11-23T09:45:00Z"),
            ("2026-11-23", "2026-11-22T22:00:00Z"),
            ("2026-11-23T10:15", "2026-11-23T08:15:00Z"),
            ("2026-11-23T10:15:00+01:00", "2026-11-23T09:15:00Z"),
        ] {
            assert_eq!(parse(text, now, &zone).unwrap().to_string(), expected, "{text}");
        }
        for wrong in ["", "soon", "7", "-7d", "2026-13-01", "9999999999d"] {
            assert!(parse(wrong, now, &zone).is_err(), "{wrong}");
        }
    }
}
