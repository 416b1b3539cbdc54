//! What the same use would cost at Lightsail.
//!
//! A resource's use is a list of charges, each with the stretch of time that it is for. They are cut into days by UTC, and the days
//! of one usage type are added up. Nothing is rounded: what a stretch costs is what its parts cost together, and an hour that has
//! only begun counts as far as it has gone.

mod history;
mod prices;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::{Timestamp, tz::TimeZone};

pub use self::history::{PlanTime, idle_stretches, plan_times};

/// Seconds in a day by UTC.
const DAY: i64 = 86_400;

/// Days by their beginnings.
type Days = BTreeMap<Timestamp, DayCost>;

/// A stretch of time, up to but not with its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// When it begins.
    pub start: Timestamp,
    /// When it is over.
    pub end: Timestamp,
}

/// What something is paid for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PricingUnit {
    /// Hours.
    Hours,
    /// GB that moved.
    Gigabytes,
    /// GB that are kept for a calendar month.
    GigabyteMonths,
}

/// Something that is paid for.
#[derive(Clone, Debug, PartialEq)]
pub struct Charge {
    /// The word that bills have for it.
    usage: String,
    stretch: Stretch,
    amount: Amount,
    /// US dollars for a unit.
    rate: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Amount {
    /// All the time.
    Hours,
    /// So many GB are kept.
    Kept(f64),
    /// So many GB moved in the whole stretch. When in it is not written down, so that they are spread evenly.
    Moved(f64),
}

/// What one sort of use cost.
#[derive(Clone, Debug, PartialEq)]
pub struct UsageCost {
    /// The word that bills have for it, such as `USE1-BundleUsage:0.5GB`.
    pub usage: String,
    /// What it is paid for by.
    pub unit: PricingUnit,
    /// The days on which there was any, the first one first.
    pub days: Vec<DayCost>,
}

/// What one sort of use cost on one day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DayCost {
    /// The day, as far as it was asked for.
    pub stretch: Stretch,
    /// How much was used, in the unit of its usage.
    pub units: f64,
    /// What that cost, in US dollars.
    pub usd: f64,
}

impl Stretch {
    /// What two stretches have in common, if there is anything.
    pub fn common(self, other: Self) -> Option<Self> {
        let (start, end) = (self.start.max(other.start), self.end.min(other.end));
        (start < end).then_some(Self { start, end })
    }

    /// Its length in hours.
    pub fn hours(self) -> f64 {
        self.end.duration_since(self.start).as_secs_f64() / 3600.0
    }

    /// The calendar months by UTC that it touches, each as far as it lies in it.
    pub fn months(self) -> impl Iterator<Item = Self> {
        self.cut(|start| {
            let next = start.to_zoned(TimeZone::UTC).date().last_of_month().tomorrow();
            let next = next.and_then(|date| date.to_zoned(TimeZone::UTC));
            next.map_or(Timestamp::MAX, |next| next.timestamp())
        })
    }

    /// The days by UTC that it touches, each as far as it lies in it.
    fn days(self) -> impl Iterator<Item = Self> {
        self.cut(|start| midnight(start, 1))
    }

    /// Its parts, where `next` says when the part that begins at an instant is over at the latest.
    fn cut(self, next: impl Fn(Timestamp) -> Timestamp) -> impl Iterator<Item = Self> {
        let mut start = self.start;
        std::iter::from_fn(move || {
            let part = Self { start, end: next(start).min(self.end) };
            start = part.end;
            (part.start < part.end).then_some(part)
        })
    }
}

impl Charge {
    fn unit(&self) -> PricingUnit {
        match self.amount {
            Amount::Hours => PricingUnit::Hours,
            Amount::Kept(_) => PricingUnit::GigabyteMonths,
            Amount::Moved(_) => PricingUnit::Gigabytes,
        }
    }

    /// How much of it falls in a part of its stretch, which lies within one month.
    fn units(&self, part: Stretch) -> f64 {
        match self.amount {
            Amount::Hours => part.hours(),
            Amount::Kept(gigabytes) => gigabytes * part.hours() / month_hours(part.start),
            Amount::Moved(gigabytes) => gigabytes * part.hours() / self.stretch.hours(),
        }
    }
}

/// What charges come to in a stretch of time: by usage, in the order of the words for them, and by day.
pub fn estimate(charges: &[Charge], asked: Stretch) -> Vec<UsageCost> {
    let mut usages: BTreeMap<&str, (PricingUnit, Days)> = BTreeMap::new();
    for charge in charges {
        let Some(common) = charge.stretch.common(asked) else { continue };
        let (_, days) = usages.entry(charge.usage.as_str()).or_insert_with(|| (charge.unit(), Days::new()));
        for part in common.days() {
            let (start, end) = (midnight(part.start, 0), midnight(part.start, 1));
            let stretch = Stretch { start: start.max(asked.start), end: end.min(asked.end) };
            let day = days.entry(stretch.start).or_insert(DayCost { stretch, units: 0.0, usd: 0.0 });
            let units = charge.units(part);
            day.units += units;
            day.usd += units * charge.rate;
        }
    }
    usages
        .into_iter()
        .map(|(usage, (unit, days))| UsageCost {
            usage: usage.to_owned(),
            unit,
            days: days.into_values().collect(),
        })
        .collect()
}

/// The beginning of the day that is so many days behind an instant's.
fn midnight(instant: Timestamp, days: i64) -> Timestamp {
    let day = instant.as_second().div_euclid(DAY) + days;
    Timestamp::from_second(day * DAY).unwrap_or(if days > 0 { Timestamp::MAX } else { Timestamp::MIN })
}

/// Hours in the calendar month that an instant lies in.
fn month_hours(instant: Timestamp) -> f64 {
    f64::from(instant.to_zoned(TimeZone::UTC).date().days_in_month()) * 24.0
}
