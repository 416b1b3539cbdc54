//! A block: what is kept of one metric of one subject in one window.

use super::{cell::Cell, column, level::Level, varint};
use crate::model::TICK;

/// How blocks are written; one that is written otherwise is not understood.
const FORMAT: u8 = 1;

/// Writes the cells of a window, of which there is one at least, in the order of time and each at a multiple of the level's step.
pub(super) fn write(level: Level, window: i64, cells: &[Cell]) -> Vec<u8> {
    let slots: Vec<i64> =
        cells.iter().map(|cell| (cell.start - level.start(window)) / level.step()).collect();
    // Where nothing is missing they are the same one.
    let pauses: Vec<i64> = slots.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mut out = vec![FORMAT];
    varint::put_length(&mut out, cells.len());
    varint::put_signed(&mut out, slots.first().copied().unwrap_or_default());
    column::write(&mut out, &pauses);
    if level == Level::Fine {
        column::write(&mut out, &column_of(cells, |cell| cell.min));
        return out;
    }
    column::write(&mut out, &column_of(cells, |cell| cell.count.cast_signed()));
    column::write(&mut out, &column_of(cells, |cell| cell.min));
    column::write(&mut out, &column_of(cells, |cell| cell.max.wrapping_sub(cell.min)));
    column::write(&mut out, &column_of(cells, above_least));
    out
}

/// Reads a block; none where it is no sound one.
pub(super) fn read(level: Level, window: i64, bytes: &[u8]) -> Option<Vec<Cell>> {
    let (format, mut rest) = bytes.split_first()?;
    let length = varint::take_length(&mut rest)?;
    let slots = level.length() / level.step();
    if *format != FORMAT || length == 0 || i64::try_from(length).ok()? > slots {
        return None;
    }
    let mut slot = varint::take_signed(&mut rest)?;
    let pauses = column::read(&mut rest, length - 1)?;
    let mut starts = Vec::with_capacity(length);
    for pause in std::iter::once(0).chain(pauses) {
        slot = slot.checked_add(pause)?;
        let is_sound = (0..slots).contains(&slot) && (pause > 0 || starts.is_empty());
        starts.push(is_sound.then(|| level.start(window) + slot * level.step())?);
    }
    if level == Level::Fine {
        let values = column::read(&mut rest, length)?;
        return Some(starts.into_iter().zip(values).map(|(start, value)| Cell::one(start, value)).collect());
    }
    let mut next = || column::read(&mut rest, length);
    let (counts, least, spreads, above) = (next()?, next()?, next()?, next()?);
    let most = level.step() / TICK;
    if !counts.iter().all(|count| (1..=most).contains(count)) {
        return None;
    }
    let cell = |nth: usize| {
        let (count, min) = (counts[nth].cast_unsigned(), least[nth]);
        let sum = i128::from(count) * i128::from(min) + i128::from(above[nth]);
        Cell { start: starts[nth], count, sum, min, max: min.wrapping_add(spreads[nth]) }
    };
    Some((0..length).map(cell).collect())
}

fn column_of(cells: &[Cell], part: impl Fn(&Cell) -> i64) -> Vec<i64> {
    cells.iter().map(part).collect()
}

/// What the samples are above the least of them, all together: little where they hardly differ. Always fits: values have 54 bits, and a point of five
/// minutes 30 samples.
fn above_least(cell: &Cell) -> i64 {
    let above = cell.sum - i128::from(cell.count) * i128::from(cell.min);
    i64::try_from(above).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::cell, *};

    const WINDOW: i64 = 41_666;

    /// Samples of a window, with gaps.
    fn samples(level: Level) -> impl Strategy<Value = Vec<Cell>> {
        let value = prop_oneof![Just(0i64), -500i64..500, -(1i64 << 53)..=1 << 53];
        let samples = proptest::collection::btree_map(0..level.length() / 10, value, 1..900);
        samples.prop_map(move |samples| {
            let start = level.start(WINDOW);
            samples.into_iter().map(|(tick, value)| Cell::one(start + tick * 10, value)).collect()
        })
    }

    proptest! {
        #[test]
        fn blocks_come_back(cells in samples(Level::Fine)) {
            let bytes = write(Level::Fine, WINDOW, &cells);
            prop_assert_eq!(read(Level::Fine, WINDOW, &bytes), Some(cells));
        }

        #[test]
        fn blocks_of_points_come_back(minutes in samples(Level::Minute), fives in samples(Level::FiveMinutes)) {
            for (level, samples) in [(Level::Minute, minutes), (Level::FiveMinutes, fives)] {
                let mut cells = Vec::new();
                cell::fold(&mut cells, samples, level.step());
                let bytes = write(level, WINDOW, &cells);
                prop_assert_eq!(read(level, WINDOW, &bytes), Some(cells));
            }
        }

        #[test]
        fn a_damaged_block_is_refused_or_read_in_its_window(
            cells in samples(Level::Minute), at in any::<prop::sample::Index>(), byte in any::<u8>(),
        ) {
            let mut points = Vec::new();
            cell::fold(&mut points, cells, 60);
            let mut bytes = write(Level::Minute, WINDOW, &points);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            for cell in read(Level::Minute, WINDOW, &bytes).into_iter().flatten() {
                prop_assert_eq!(Level::Minute.window(cell.start), WINDOW);
            }
        }
    }

    #[test]
    fn what_stays_the_same_takes_a_few_bytes() {
        let start = Level::Fine.start(WINDOW);
        for (every, most) in [(1, 16), (6, 16)] {
            let cells: Vec<Cell> =
                (0..360).step_by(every).map(|tick| Cell::one(start + tick * 10, 0)).collect();
            let length = write(Level::Fine, WINDOW, &cells).len();
            assert!(length <= most, "every {every}: {length}");
        }
    }
}
