//! What is kept of a period, in whole numbers: sums are exact, however much is put together.

use crate::model::{Metric, Point};

/// Up to here every whole number is a floating-point number as well. Sums of many points of these are exact too.
const GREATEST: i64 = 1 << 53;

/// The samples of one period, in multiples of one part in [`Metric::scale`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// The period's first second, since the epoch.
    pub(super) start: i64,
    /// How many samples.
    pub(super) count: u64,
    /// Their sum.
    pub(super) sum: i128,
    /// The least of them.
    pub(super) min: i64,
    /// The greatest of them.
    pub(super) max: i64,
}

impl Cell {
    /// A period with one sample.
    pub(super) fn one(start: i64, value: i64) -> Self {
        Self { start, count: 1, sum: value.into(), min: value, max: value }
    }

    /// The point that it is.
    pub(super) fn point(&self, metric: Metric) -> Point {
        Point {
            start: self.start,
            count: self.count,
            sum: value(metric, self.sum),
            min: value(metric, self.min.into()),
            max: value(metric, self.max.into()),
        }
    }
}

/// A value as it is kept. None of what is no number; what is more than can be kept is kept as the most that can.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // It is whole and within the bounds, which are exact.
pub(super) fn whole(metric: Metric, value: f64) -> Option<i64> {
    let greatest = GREATEST as f64;
    let scaled = (value * metric.scale()).round();
    (!scaled.is_nan()).then(|| scaled.clamp(-greatest, greatest) as i64)
}

#[allow(clippy::cast_precision_loss)] // Rounded once, when it is told.
fn value(metric: Metric, whole: i128) -> f64 {
    whole as f64 / metric.scale()
}

/// Puts cells together to such of that many seconds. Both are in the order of time.
pub(super) fn fold(into: &mut Vec<Cell>, cells: impl IntoIterator<Item = Cell>, seconds: i64) {
    for cell in cells {
        let start = cell.start.div_euclid(seconds) * seconds;
        match into.last_mut().filter(|last| last.start == start) {
            Some(last) => {
                last.count += cell.count;
                last.sum += cell.sum;
                last.min = last.min.min(cell.min);
                last.max = last.max.max(cell.max);
            }
            None => into.push(Cell { start, ..cell }),
        }
    }
}

/// Both, where `over` has the say: a cell of `under`, so many seconds long, is left out where there is something of its time in `over`. All are in
/// the order of time.
pub(super) fn overlay(under: Vec<Cell>, seconds: i64, over: Vec<Cell>) -> Vec<Cell> {
    if under.is_empty() {
        return over;
    }
    let mut cells = Vec::with_capacity(under.len() + over.len());
    let mut over = over.into_iter().peekable();
    for cell in under {
        let mut is_replaced = false;
        while let Some(next) = over.next_if(|next| next.start < cell.start + seconds) {
            is_replaced |= next.start >= cell.start;
            cells.push(next);
        }
        if !is_replaced {
            cells.push(cell);
        }
    }
    cells.extend(over);
    cells
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn samples(most: i64) -> impl Strategy<Value = BTreeMap<i64, i64>> {
        proptest::collection::btree_map((0..most).prop_map(|tick| tick * 10), -GREATEST..=GREATEST, 0..120)
    }

    fn cells(samples: &BTreeMap<i64, i64>) -> Vec<Cell> {
        samples.iter().map(|(start, value)| Cell::one(*start, *value)).collect()
    }

    fn folded(cells: &[Cell], seconds: i64) -> Vec<Cell> {
        let mut into = Vec::new();
        fold(&mut into, cells.iter().copied(), seconds);
        into
    }

    proptest! {
        #[test]
        fn points_are_those_that_are_made_naively(samples in samples(400), minutes in 1i64..10) {
            let seconds = minutes * 60;
            let mut naive: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
            for (start, value) in &samples {
                naive.entry(start / seconds * seconds).or_default().push(*value);
            }
            let naive: Vec<Cell> = naive
                .into_iter()
                .map(|(start, values)| Cell {
                    start,
                    count: values.len() as u64,
                    sum: values.iter().map(|value| i128::from(*value)).sum(),
                    min: *values.iter().min().expect("one at least"),
                    max: *values.iter().max().expect("one at least"),
                })
                .collect();
            prop_assert_eq!(&folded(&cells(&samples), seconds), &naive);
            let through_minutes = folded(&folded(&cells(&samples), 60), seconds);
            prop_assert_eq!(through_minutes, naive, "the same by way of a level between");
        }

        #[test]
        fn of_the_same_time_the_newer_holds(old in samples(60), new in samples(60)) {
            let mut both = old.clone();
            both.extend(new.iter().map(|(start, value)| (*start, *value)));
            prop_assert_eq!(overlay(cells(&old), 10, cells(&new)), cells(&both));
        }

        #[test]
        fn a_coarse_point_counts_where_nothing_finer_is(coarse in samples(60), fine in samples(60)) {
            let minutes = folded(&cells(&coarse), 60);
            let seen = overlay(minutes.clone(), 60, cells(&fine));
            let is_seen = |cell: &&Cell| fine.range(cell.start..cell.start + 60).next().is_none();
            let mut naive: Vec<Cell> = minutes.iter().filter(is_seen).copied().chain(cells(&fine)).collect();
            naive.sort_by_key(|cell| cell.start);
            prop_assert_eq!(seen, naive);
        }
    }

    #[test]
    fn values_are_whole_multiples_within_bounds() {
        let cpu = Metric::CpuUtilization;
        assert_eq!(whole(cpu, 12.345), Some(1235));
        assert_eq!(whole(cpu, -0.004), Some(0));
        assert_eq!(whole(cpu, f64::NAN), None);
        assert_eq!(whole(cpu, f64::INFINITY), Some(GREATEST));
        assert_eq!(whole(Metric::NetworkIn, -1e300), Some(-GREATEST));
        assert!((Cell::one(0, 1235).point(cpu).sum - 12.35).abs() < f64::EPSILON);
    }
}
