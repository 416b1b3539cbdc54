//! What an alarm says by what was measured: CloudWatch's algorithm.
//!
//! A few periods more are looked at than the alarm asks for. Where enough of all these have a value, the latest of them decide. Where they
//! have not, as few missing ones as possible are taken for what the alarm takes them for. One rule is added: periods from before anybody
//! watched are not missing but unknown, and where all hangs on them, the alarm says what it said. So neither a host that was off nor an
//! alarm that was just made goes off for what nobody could see.

use std::collections::HashMap;

use jiff::Timestamp;

use super::rule::{AlarmRule, MissingData};
use crate::model::{AlarmState, Metric, Point};

/// So many values are told in a reason.
const TOLD: usize = 5;

/// What is known of a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Datum {
    /// It had this value.
    Value {
        /// Its first second, since the epoch.
        at: i64,
        /// What the alarm compares of it.
        value: f64,
    },
    /// Nothing was measured.
    Missing,
    /// Nothing was measured, and nobody watched.
    Unknown,
}

/// What an alarm says, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What it says.
    pub state: AlarmState,
    /// Why, in a sentence.
    pub reason: String,
}

/// So many periods of so many seconds up to `end`, the oldest first. Those that began before `since` are unknown where nothing was measured.
pub fn data(
    (metric, period): (Metric, u32),
    points: &[Point],
    (count, end): (u32, i64),
    since: i64,
) -> Vec<Datum> {
    let (period, statistic) = (i64::from(period), metric.alarm_statistic());
    let values: HashMap<i64, f64> = points.iter().map(|one| (one.start, statistic.of(one))).collect();
    let starts = (1..=i64::from(count)).rev().map(|back| end - back * period);
    let datum = |at: i64| match values.get(&at) {
        Some(&value) if value.is_finite() => Datum::Value { at, value },
        _ if at < since => Datum::Unknown,
        _ => Datum::Missing,
    };
    starts.map(datum).collect()
}

/// What an alarm says by that, the oldest first, if it said `before`; none where it says what it said.
pub fn judge(rule: &AlarmRule, before: AlarmState, data: &[Datum]) -> Option<Judgement> {
    let tally = Tally::of(rule, data);
    let state = tally.decide(rule)?;
    Some(Judgement { state, reason: tally.reason(rule, before, state) })
}

/// A period with a value.
struct Seen {
    /// How many periods ago: 1 is the latest.
    age: usize,
    at: i64,
    value: f64,
    breaches: bool,
}

/// What decides.
struct Tally {
    /// The latest values, the latest first: no more than are needed.
    seen: Vec<Seen>,
    /// So many more are needed, and are missing.
    filled: usize,
    /// So many more are needed, and nobody knows them.
    open: usize,
}

impl Tally {
    fn of(rule: &AlarmRule, data: &[Datum]) -> Self {
        let needed = count(rule.periods);
        let latest = data.iter().rev().zip(1..);
        let seen = latest.filter_map(|(datum, age)| match *datum {
            Datum::Value { at, value } => Some(Seen { age, at, value, breaches: rule.is_breached_by(value) }),
            Datum::Missing | Datum::Unknown => None,
        });
        let seen: Vec<_> = seen.take(needed).collect();
        let missing = data.iter().filter(|datum| **datum == Datum::Missing).count();
        let lacking = needed - seen.len();
        let filled = lacking.min(missing);
        Self { seen, filled, open: lacking - filled }
    }

    fn breaching(&self) -> usize {
        self.seen.iter().filter(|one| one.breaches).count()
    }

    fn decide(&self, rule: &AlarmRule) -> Option<AlarmState> {
        let (needed, breaching) = (count(rule.datapoints), self.breaching());
        if breaching >= needed {
            return Some(AlarmState::Alarm);
        }
        if self.seen.is_empty() && self.open > 0 {
            return None;
        }
        match rule.missing {
            MissingData::Breaching if breaching + self.filled >= needed => Some(AlarmState::Alarm),
            MissingData::Breaching => {
                (breaching + self.filled + self.open < needed).then_some(AlarmState::Ok)
            }
            MissingData::NotBreaching => Some(AlarmState::Ok),
            MissingData::Missing | MissingData::Ignore if breaching < self.seen.len() => Some(AlarmState::Ok),
            MissingData::Ignore => None,
            MissingData::Missing => match self.seen.last() {
                None => Some(AlarmState::InsufficientData),
                // All that there is breaches. The next value may be within; but not for ever.
                Some(oldest) => (oldest.age >= needed).then_some(AlarmState::Alarm),
            },
        }
    }

    /// In CloudWatch's manner.
    fn reason(&self, rule: &AlarmRule, before: AlarmState, state: AlarmState) -> String {
        if state == AlarmState::InsufficientData {
            return format!("Insufficient Data: nothing was measured in {} periods.", rule.range());
        }
        let filled = self.filled_as(rule);
        if self.seen.is_empty() {
            let periods = rule.range();
            return format!("Threshold Crossed: no datapoints were received for {periods} periods{filled}.");
        }
        let alarm = state == AlarmState::Alarm;
        let told: Vec<&Seen> = self.seen.iter().filter(|one| one.breaches == alarm).collect();
        let spare = count(rule.periods - rule.datapoints);
        format!(
            "Threshold Crossed: {} out of the last {}{} {}{} {} the threshold ({:?}) (minimum {} for {} -> {} \
             transition){filled}.",
            told.len(),
            points(self.seen.len()),
            values(&told),
            if told.len() == 1 { "was" } else { "were" },
            if alarm { "" } else { " not" },
            rule.comparison.phrase(),
            rule.threshold,
            points(if alarm { count(rule.datapoints) } else { spare + 1 }),
            before.word(),
            state.word(),
        )
    }

    /// What missing periods were taken for, if they were taken for anything.
    fn filled_as(&self, rule: &AlarmRule) -> String {
        let word = match rule.missing {
            MissingData::Breaching => "Breaching",
            MissingData::NotBreaching => "NonBreaching",
            MissingData::Ignore | MissingData::Missing => return String::new(),
        };
        match self.filled {
            0 => String::new(),
            1 => format!(" and 1 missing datapoint was treated as [{word}]"),
            filled => format!(" and {filled} missing datapoints were treated as [{word}]"),
        }
    }
}

fn points(count: usize) -> String {
    format!("{count} datapoint{}", if count == 1 { "" } else { "s" })
}

/// The latest values with their times.
fn values(told: &[&Seen]) -> String {
    if told.is_empty() {
        return String::new();
    }
    let value = |one: &&Seen| {
        let at = Timestamp::from_second(one.at).unwrap_or_default();
        format!("{:?} ({})", one.value, at.strftime("%Y-%m-%d %H:%M:%SZ"))
    };
    let more = if told.len() > TOLD { ", …" } else { "" };
    format!(" [{}{more}]", told.iter().take(TOLD).map(value).collect::<Vec<_>>().join(", "))
}

/// Periods are few.
fn count(periods: u32) -> usize {
    usize::try_from(periods).unwrap_or(usize::MAX)
}
