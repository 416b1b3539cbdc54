//! The stretch of time that is looked at, in periods. Pure: the time is handed in.

use prost_types::Timestamp;
use sloop_proto::v1::MetricDatapoint;

use super::kind::{How, Kind};
use crate::text;

/// Periods that people can divide days by, in seconds.
const PERIODS: [u32; 12] = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];
/// Of what is older there are no points of a minute, in seconds.
const FINE: u32 = 14 * 86_400;
/// The points that there are, in seconds.
const COARSE: u32 = 300;

/// From when to when, in whole periods. All in seconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) start: i64,
    pub(super) end: i64,
    pub(super) period: i64,
}

impl Window {
    /// The last so many seconds up to `now`, in periods of the length that is asked for, or that fits in so many dots.
    pub(super) fn new(now: i64, last: u32, period: Option<u32>, dots: usize) -> Self {
        let period = kept(period.unwrap_or_else(|| fitting(last, dots)), last);
        let (last, period) = (i64::from(last), i64::from(period.max(1)));
        let down = |second: i64| second.div_euclid(period) * period;
        // The period that is under way is there, too.
        Self { start: down(now - last), end: down(now) + period, period }
    }

    /// One place for each period, empty where nothing is known: a gap, and not zero.
    pub(super) fn slots(&self, kind: &Kind, points: &[MetricDatapoint]) -> Vec<Option<f64>> {
        let count = (self.end - self.start) / self.period;
        let mut slots = vec![None; usize::try_from(count).unwrap_or_default()];
        for point in points {
            let second = point.timestamp.map_or(i64::MIN, |then| then.seconds);
            let place = second.saturating_sub(self.start).div_euclid(self.period);
            if let Some(slot) = usize::try_from(place).ok().and_then(|place| slots.get_mut(place)) {
                *slot = kind.value(point);
            }
        }
        slots
    }

    /// The last value that is known, and how long ago it was where that is not now.
    pub(super) fn latest(&self, kind: &Kind, slots: &[Option<f64>]) -> String {
        let known = slots.iter().rev().enumerate().find_map(|(ago, slot)| slot.map(|value| (ago, value)));
        let Some((ago, value)) = known else { return "no data".to_owned() };
        let value = kind.dress.show(value);
        // The period that is under way may have no sample yet.
        if ago < 2 {
            return value;
        }
        let ago = u64::try_from(ago).unwrap_or(u64::MAX).saturating_mul(self.period.unsigned_abs());
        format!("{value}, {} ago", text::span(ago))
    }

    /// From when to when it is, and how long a point.
    pub(super) fn footer(&self, now: i64) -> String {
        let moment = |seconds| text::moment(Some(&Timestamp { seconds, nanos: 0 }));
        let period = text::span(self.period.unsigned_abs());
        format!("{} to {}, a point for each {period}", moment(self.start), moment(now))
    }
}

/// The shortest period with which the time fits in so many dots.
fn fitting(last: u32, dots: usize) -> u32 {
    let fits = |period: &u32| usize::try_from(last.div_ceil(*period)).is_ok_and(|count| count < dots);
    PERIODS.into_iter().find(fits).unwrap_or(PERIODS[PERIODS.len() - 1])
}

/// The daemon answers with longer periods where such short ones are not kept; better they are asked for.
fn kept(period: u32, last: u32) -> u32 {
    let is_old = last.saturating_add(period) >= FINE;
    if is_old { period.checked_next_multiple_of(COARSE).unwrap_or(period) } else { period }
}

/// As many dots as there is room for, each of the slots that it covers.
pub(super) fn resample(slots: &[Option<f64>], dots: usize, how: How) -> Vec<Option<f64>> {
    let covered = |dot: usize| {
        let from = dot * slots.len() / dots;
        let to = ((dot + 1) * slots.len() / dots).max(from + 1);
        combine(slots.get(from..to).unwrap_or_default(), how)
    };
    (0..dots).map(covered).collect()
}

fn combine(slots: &[Option<f64>], how: How) -> Option<f64> {
    let known = slots.iter().flatten().copied();
    if how == How::Peak {
        return known.reduce(f64::max);
    }
    let (sum, count) = known.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

#[cfg(test)]
mod tests {
    use super::super::kind::INSTANCE;
    use super::*;

    /// 2026-11-24 12:00:42.
    const NOW: i64 = 1_795_521_642;

    fn point(seconds: i64, average: f64) -> MetricDatapoint {
        let timestamp = Some(Timestamp { seconds, nanos: 0 });
        MetricDatapoint { timestamp, average: Some(average), ..MetricDatapoint::default() }
    }

    fn window(period: i64, count: i64) -> Window {
        Window { start: NOW - 42 - period * (count - 1), end: NOW - 42 + period, period }
    }

    #[test]
    fn a_window_is_of_whole_periods_and_ends_with_the_one_under_way() {
        assert_eq!(Window::new(NOW, 3600, Some(300), 1), window(300, 13));
        assert_eq!(Window::new(NOW, 90, Some(60), 1), window(60, 2));
        assert_eq!(Window::new(NOW, 1, Some(86_400), 1).period, 86_400);
    }

    #[test]
    fn periods_fit_in_the_dots() {
        let period = |last, dots| Window::new(NOW, last, None, dots).period;
        assert_eq!([period(600, 100), period(3600, 100), period(21_600, 100)], [60, 60, 300]);
        assert_eq!([period(86_400, 150), period(604_800, 150)], [600, 7200]);
        assert_eq!([period(39_447_000, 150), period(600, 0)], [86_400, 86_400]);
        for last in [1, 59, 600, 86_399, 86_400, 604_801] {
            for dots in [20, 77, 150, 400] {
                let window = Window::new(NOW, last, None, dots);
                let count = (window.end - window.start) / window.period;
                assert!(
                    window.period == 86_400 || count <= i64::try_from(dots).unwrap() + 1,
                    "{last} {dots}"
                );
            }
        }
    }

    #[test]
    fn of_what_is_old_no_short_points_are_asked_for() {
        let period = |last, period| Window::new(NOW, last, Some(period), 100).period;
        assert_eq!(
            [period(13 * 86_400, 60), period(14 * 86_400, 60), period(20 * 86_400, 420)],
            [60, 300, 600]
        );
        assert_eq!(period(FINE - 30, 60), 300, "it begins in the period before");
        assert_eq!(period(FINE, u32::MAX), i64::from(u32::MAX));
    }

    #[test]
    fn points_are_put_in_their_places_and_gaps_stay() {
        let window = window(60, 4);
        let points =
            [point(window.start, 1.0), point(window.start + 120, 3.0), point(0, 9.0), point(window.end, 9.0)];
        let odd = MetricDatapoint { timestamp: None, ..points[0] };
        let slots = window.slots(&INSTANCE[0], &[&points[..], &[odd]].concat());
        assert_eq!(slots, [Some(1.0), None, Some(3.0), None]);
        assert_eq!(window.latest(&INSTANCE[0], &slots), "3 %");
        assert_eq!(window.latest(&INSTANCE[0], &[Some(2.0), None, None]), "2 %, 2m ago");
        assert_eq!(window.latest(&INSTANCE[0], &[None, None]), "no data");
        assert_eq!(window.latest(&INSTANCE[0], &[]), "no data");
    }

    #[test]
    fn dots_are_as_many_as_there_is_room_for() {
        let slots = [Some(1.0), Some(3.0), None, None, Some(0.0), None];
        assert_eq!(resample(&slots, 3, How::Mean), [Some(2.0), None, Some(0.0)]);
        assert_eq!(resample(&slots, 2, How::Peak), [Some(3.0), Some(0.0)]);
        assert_eq!(resample(&slots[..2], 4, How::Mean), [Some(1.0), Some(1.0), Some(3.0), Some(3.0)]);
        assert_eq!(resample(&[], 2, How::Mean), [None, None]);
        assert!(resample(&slots, 0, How::Mean).is_empty());
    }

    #[test]
    fn the_footer_says_which_time_it_is() {
        let told = "2026-11-24 11:00:00Z to 2026-11-24 12:00:42Z, a point for each 5m";
        assert_eq!(window(300, 13).footer(NOW), told);
    }
}
