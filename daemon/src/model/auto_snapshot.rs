//! Automatic snapshots: when one is due.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp, civil::Time, tz::TimeZone};
use uuid::Uuid;

use super::{Error, ResourceType, Result, shown};

/// A time of the day, by UTC, such as 06:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeOfDay {
    hour: i8,
    minute: i8,
}

/// Daily snapshots of an instance or a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoSnapshot {
    /// Of which.
    pub source: Uuid,
    /// What sort of resource that is.
    pub kind: ResourceType,
    /// When, every day.
    pub time: TimeOfDay,
    /// When that was said.
    pub since: Timestamp,
    /// The day of the last one that was taken, such as 2026-11-23.
    pub last_day: Option<String>,
}

/// One that is nearer than this when it is asked for waits a day, as at Lightsail.
const TOO_NEAR: SignedDuration = SignedDuration::from_mins(30);

impl TimeOfDay {
    /// Lightsail's default is of its choice; here it is a quiet hour.
    pub const DEFAULT: Self = Self { hour: 6, minute: 0 };
}

impl FromStr for TimeOfDay {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once(':').filter(|(hour, minute)| hour.len() == 2 && minute.len() == 2);
        let number =
            |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<i8>().ok())?;
        let parsed = parts.and_then(|(hour, minute)| Some((number(hour)?, number(minute)?)));
        match parsed {
            Some((hour @ 0..=23, minute @ 0..=59)) => Ok(Self { hour, minute }),
            _ => {
                let message = format!("{} is not a time of the day", shown(text));
                Err(Error::invalid("snapshotTimeOfDay", message).tip("use HH:MM by UTC, such as 06:00"))
            }
        }
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:02}:{:02}", self.hour, self.minute)
    }
}

impl AutoSnapshot {
    /// Those that begin now.
    pub fn beginning(source: Uuid, kind: ResourceType, time: TimeOfDay, now: Timestamp) -> Self {
        Self { source, kind, time, since: now, last_day: None }
    }

    /// The day that a snapshot is due for now, if one is. Times that were missed, because the host was off or asleep, are made up for once: only
    /// the last of them is due. A clock that went back by hours makes none twice; one that was days ahead does not end them.
    pub fn due(&self, now: Timestamp) -> Option<String> {
        let time = Time::new(self.time.hour, self.time.minute, 0, 0).ok()?;
        let today = now.to_zoned(TimeZone::UTC).date();
        let at = |date: jiff::civil::Date| date.to_datetime(time).to_zoned(TimeZone::UTC).ok();
        let slot =
            at(today).filter(|slot| slot.timestamp() <= now).or_else(|| at(today.yesterday().ok()?))?;
        if slot.timestamp().duration_since(self.since) < TOO_NEAR {
            return None;
        }
        let day = slot.date();
        let is_taken = |last: &str| {
            let last: Option<jiff::civil::Date> = last.parse().ok();
            last.is_some_and(|last| last == day || Some(last) == day.tomorrow().ok())
        };
        (!self.last_day.as_deref().is_some_and(is_taken)).then(|| day.to_string())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn daily(last_day: Option<&str>) -> AutoSnapshot {
        AutoSnapshot {
            source: Uuid::nil(),
            kind: ResourceType::Instance,
            time: "06:00".parse().expect("a time"),
            since: "2026-11-20T12:00:00Z".parse().expect("an instant"),
            last_day: last_day.map(str::to_owned),
        }
    }

    #[rstest]
    #[case::before_the_first("2026-11-21T05:59:59Z", None, None)]
    #[case::the_first("2026-11-21T06:00:00Z", None, Some("2026-11-21"))]
    #[case::taken("2026-11-21T23:00:00Z", Some("2026-11-21"), None)]
    #[case::before_the_next("2026-11-22T05:59:00Z", Some("2026-11-21"), None)]
    #[case::the_next("2026-11-22T06:00:01Z", Some("2026-11-21"), Some("2026-11-22"))]
    #[case::many_were_missed("2026-12-24T07:00:00Z", Some("2026-11-21"), Some("2026-12-24"))]
    #[case::missed_and_early("2026-12-24T03:00:00Z", Some("2026-11-21"), Some("2026-12-23"))]
    #[case::the_clock_went_back("2026-11-21T23:00:00Z", Some("2026-11-22"), None)]
    #[case::the_clock_was_far_ahead("2026-11-23T07:00:00Z", Some("2031-01-01"), Some("2026-11-23"))]
    fn what_is_due(#[case] now: &str, #[case] last: Option<&str>, #[case] wanted: Option<&str>) {
        let now = now.parse().expect("an instant");
        assert_eq!(daily(last).due(now).as_deref(), wanted);
    }

    #[test]
    fn one_that_is_near_waits_a_day() {
        let mut daily = daily(None);
        daily.since = "2026-11-21T05:45:00Z".parse().expect("an instant");
        assert_eq!(daily.due("2026-11-21T06:00:00Z".parse().expect("an instant")), None);
        assert_eq!(
            daily.due("2026-11-22T06:00:00Z".parse().expect("an instant")).as_deref(),
            Some("2026-11-22")
        );
    }

    #[test]
    fn times_of_the_day() {
        for good in ["00:00", "06:00", "23:59"] {
            assert_eq!(good.parse::<TimeOfDay>().expect("a time").to_string(), good);
        }
        for wrong in ["", "6:00", "24:00", "06:60", "0600", "06:00:00", "-1:00", "+1:00", "06:0x", "éé:00"]
        {
            wrong.parse::<TimeOfDay>().expect_err(wrong);
        }
    }
}
