//! Questions for what was measured, and the rules that hold for them: Lightsail's, where it has some.

use jiff::Timestamp;

use super::{Error, Metric, Point, Result, Span, shown};

/// Periods are multiples of it, in seconds.
const STEP: i32 = 60;
/// The longest period, in seconds.
const LONGEST: i32 = 86_400;
/// Points of a minute are kept for so long, in seconds.
const FINE: i64 = 14 * 86_400;
/// The points that are kept of what is older, in seconds.
const COARSE: u32 = 300;
/// Fifteen months, in seconds: what is older is not known any more.
const KEPT: i64 = 131_400 * 300;
/// So many points are given at once: fifteen months in points of five minutes are fewer.
const POINTS_MAX: i64 = 150_000;

/// What can be said of the samples of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Statistic {
    /// The least of them.
    Minimum,
    /// The greatest of them.
    Maximum,
    /// All together.
    Sum,
    /// Their mean.
    Average,
    /// How many there are.
    SampleCount,
}

impl Statistic {
    /// Every one of them.
    pub const ALL: [Self; 5] = [Self::Minimum, Self::Maximum, Self::Sum, Self::Average, Self::SampleCount];

    /// What it is for a period.
    #[allow(clippy::cast_precision_loss)] // So many samples no period has.
    pub fn of(self, point: &Point) -> f64 {
        match self {
            Self::Minimum => point.min,
            Self::Maximum => point.max,
            Self::Sum => point.sum,
            Self::Average => point.average(),
            Self::SampleCount => point.count as f64,
        }
    }
}

/// A stretch of time and how it is divided, as somebody said it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricWindow {
    /// Length of a point, in seconds.
    pub period: i32,
    /// From when on; absent where it was not said.
    pub start: Option<Timestamp>,
    /// Up to when, but not with it; absent where it was not said.
    pub end: Option<Timestamp>,
}

/// What somebody wants to know of an instance, as they said it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MetricQuestion {
    /// Name of the metric, in Lightsail's word; empty where it was not said.
    pub metric: String,
    /// What values are wanted in, in Lightsail's word; empty where it was not said.
    pub unit: String,
    /// What is to be said of each period. What is said twice counts once.
    pub statistics: Vec<Statistic>,
    /// Of which time.
    pub stretch: MetricWindow,
}

/// A question that can be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricQuery {
    /// Which metric.
    pub metric: Metric,
    /// What is to be said of each period, each once.
    pub statistics: Vec<Statistic>,
    /// The periods that the stretch touches, each of them whole.
    pub span: Span,
    /// Length of a point, in seconds: what was asked for, or more where such short ones are not kept.
    pub period: u32,
}

impl MetricQuery {
    /// What is asked of an instance. Lightsail has one unit for each metric, and converts nothing.
    pub fn of_instance(asked: &MetricQuestion, now: Timestamp) -> Result<Self> {
        let metric = named(&asked.metric, |metric| !metric.is_of_host())?;
        if metric.unit().word() != asked.unit {
            return Err(wrong_unit(metric, &asked.unit));
        }
        if asked.statistics.is_empty() {
            let error = Error::invalid("statistics", "No statistic is asked for");
            return Err(error.tip("ask for Minimum, Maximum, Sum, Average or SampleCount, or for several"));
        }
        Self::over(metric, &asked.statistics, &asked.stretch, now)
    }

    /// What is asked of the host: all statistics, in the metric's unit.
    pub fn of_host(metric: &str, stretch: &MetricWindow, now: Timestamp) -> Result<Self> {
        Self::over(named(metric, Metric::is_of_host)?, &Statistic::ALL, stretch, now)
    }

    /// Points begin at multiples of the period since the epoch, the first at or before the start and the last before the end, and each is
    /// made of all samples of its period: so a period's point is the same whatever stretch it was asked for in, and stretches that follow
    /// each other count nothing twice. CloudWatch takes a start back to a whole minute, five minutes or hour in the same manner.
    fn over(
        metric: Metric,
        statistics: &[Statistic],
        stretch: &MetricWindow,
        now: Timestamp,
    ) -> Result<Self> {
        let asked = whole_minutes(stretch.period)?;
        let (start, end) = times(stretch)?;
        let now = now.as_second();
        let period = as_kept(asked, start, now);
        let span = Span { start: down(start, period), end: up(end, period) };
        bounded(span, period)?;
        let oldest = down(now.saturating_sub(KEPT), period);
        Ok(Self {
            metric,
            statistics: Statistic::ALL.into_iter().filter(|one| statistics.contains(one)).collect(),
            span: Span { start: span.start.max(oldest), ..span },
            period,
        })
    }

    /// Whether all that is asked for is too old to be known.
    pub fn is_empty(&self) -> bool {
        self.span.start >= self.span.end
    }

    /// What is said of a period: nothing that was not asked for.
    pub fn value(&self, point: &Point, statistic: Statistic) -> Option<f64> {
        self.statistics.contains(&statistic).then(|| statistic.of(point))
    }
}

/// The metric with that name, which is one of those that fit.
fn named(word: &str, fits: impl Fn(Metric) -> bool) -> Result<Metric> {
    let found = word.parse::<Metric>().ok().filter(|metric| fits(*metric));
    found.ok_or_else(|| {
        let message = match word {
            "" => "No metric is asked for, or one that is not known here".to_owned(),
            word => format!("{} is no metric that is measured here", shown(word)),
        };
        let words = Metric::ALL.iter().filter(|metric| fits(**metric)).map(|metric| metric.word());
        let words = words.collect::<Vec<_>>().join(", ");
        Error::invalid("metricName", message).tip(format!("ask for one of {words}"))
    })
}

fn wrong_unit(metric: Metric, asked: &str) -> Error {
    let unit = metric.unit().word();
    let message = match asked {
        "" => format!("No unit is asked for, or one that is not known; {metric} is counted in {unit}"),
        asked => format!("{metric} is counted in {unit}, and is not converted to {}", shown(asked)),
    };
    Error::invalid("unit", message).tip(format!("ask for the unit {unit}"))
}

fn whole_minutes(period: i32) -> Result<u32> {
    let fits = (STEP..=LONGEST).contains(&period) && period % STEP == 0;
    u32::try_from(period).ok().filter(|_| fits).ok_or_else(|| {
        let message = format!(
            "A period of {period} seconds is not possible: {STEP} to {LONGEST} are, in steps of {STEP}"
        );
        Error::invalid("period", message).tip("ask with a period of 60, 300, 3600 or 86400")
    })
}

/// The first second and the one after the last, since the epoch.
fn times(stretch: &MetricWindow) -> Result<(i64, i64)> {
    let missing = |field| Error::invalid(field, format!("{field} is missing"));
    let start = stretch.start.ok_or_else(|| missing("startTime"))?;
    let end = stretch.end.ok_or_else(|| missing("endTime"))?;
    if start >= end {
        let message = format!("startTime must be before endTime, and {start} is not before {end}");
        return Err(Error::invalid("startTime", message).tip("ask with a later endTime"));
    }
    // Seconds are cut towards the epoch: one that was begun belongs to the stretch, on either side of it.
    let first = start.as_second() - i64::from(start.subsec_nanosecond() < 0);
    let after = end.as_second() + i64::from(end.subsec_nanosecond() > 0);
    Ok((first, after))
}

/// The period that can be had of that time. Points of a minute are merged to points of five when they are two weeks old: whoever asks for
/// shorter ones then gets those, for all of the stretch, rather than nothing.
fn as_kept(period: u32, start: i64, now: i64) -> u32 {
    let is_old = down(start, period) < now.saturating_sub(FINE);
    if is_old { period.next_multiple_of(COARSE) } else { period }
}

fn down(second: i64, period: u32) -> i64 {
    second.div_euclid(period.into()) * i64::from(period)
}

fn up(second: i64, period: u32) -> i64 {
    -down(-second, period)
}

/// Refuses what nobody can look at, before anything is made of it.
fn bounded(span: Span, period: u32) -> Result<()> {
    let seconds = span.end - span.start;
    let count = seconds / i64::from(period);
    if count <= POINTS_MAX {
        return Ok(());
    }
    let message = format!(
        "{seconds} seconds in periods of {period} seconds are {count} points, and at most {POINTS_MAX} are given at once"
    );
    Err(Error::invalid("period", message).tip("ask for a shorter time, or with a longer period"))
}

#[cfg(test)]
mod tests;
