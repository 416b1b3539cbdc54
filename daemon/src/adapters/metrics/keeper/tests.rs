//! The store over weeks and months of made-up time, killed, damaged, without room, and with clocks that are set.

use std::{collections::BTreeMap, path::Path};

use proptest::prelude::*;
use uuid::Uuid;

use super::{super::cell::Cell, *};

/// A whole hour, and the beginning of a window of every level.
const BEGIN: i64 = 4_000 * 432_000;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const EVER: Span = Span { start: 0, end: i64::MAX };
const CPU: Metric = Metric::CpuUtilization;

const WEB: Subject = Subject(Uuid::from_u128(1));
const DB: Subject = Subject(Uuid::from_u128(2));

/// A store, and what it is to say of `WEB`'s processor.
struct Stand {
    keeper: Keeper,
    naive: BTreeMap<i64, f64>,
    dir: tempfile::TempDir,
}

impl Stand {
    fn new() -> Self {
        Self::bounded(512 << 20)
    }

    fn bounded(limit: u64) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        Self { keeper: Keeper::new(dir.path().join("metrics.db"), limit), naive: BTreeMap::new(), dir }
    }

    /// Measures, every so many seconds. Different every time, and now and then not at all.
    fn measure(&mut self, (from, to): (i64, i64), every: usize, salt: i64) {
        for second in (from..to).step_by(every) {
            let noise = (second / 10 + salt).wrapping_mul(0x2545_f491_4f6c_dd1d).unsigned_abs();
            if noise % 31 == 7 {
                continue;
            }
            let value = f64::from(u16::try_from(noise >> 40 & 0xfff).expect("12 bits")) / 4.0;
            self.record(second, value);
        }
    }

    fn record(&mut self, second: i64, value: f64) {
        let sample = |subject, metric, value| Sample { subject, metric, value };
        let samples = vec![
            sample(WEB, CPU, value),
            sample(WEB, Metric::DiskReadOps, 0.0),
            sample(DB, Metric::MemoryResident, 4096.0),
        ];
        self.keeper.record(Tick(second.div_euclid(10)), samples).expect("kept");
        self.naive.insert(second.div_euclid(10) * 10, value);
    }

    fn settle(&mut self) {
        while self.keeper.work() {}
    }

    fn points(&mut self, span: Span, period: u32) -> Vec<Point> {
        self.keeper.points(WEB, CPU, span, period).expect("readable")
    }

    fn expected(&self, span: Span, period: u32) -> Vec<Point> {
        let mut cells = Vec::new();
        let samples = self.naive.range(span.start..span.end);
        let samples =
            samples.map(|(second, value)| Cell::one(*second, cell::whole(CPU, *value).expect("a number")));
        cell::fold(&mut cells, samples, period.into());
        cells.iter().map(|cell| cell.point(CPU)).collect()
    }

    #[track_caller]
    fn check(&mut self, span: Span, period: u32) {
        let (found, expected) = (self.points(span, period), self.expected(span, period));
        assert_eq!(found.len(), expected.len(), "points of {period} s");
        let other = found.iter().zip(&expected).find(|(found, expected)| found != expected);
        assert_eq!(other, None, "points of {period} s");
    }

    /// The next daemon's store; this one was killed.
    fn reborn(self) -> Self {
        let keeper = Keeper::new(self.keeper.path.clone(), 512 << 20);
        Self { keeper, ..self }
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.dir.path()).expect("listed");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    fn pages(&self) -> u64 {
        let file = self.keeper.file.as_ref().expect("open");
        file.pragma_query_value(None, "page_count", |row| row.get(0)).expect("a number")
    }

    fn may_have_pages(&self, most: i64) {
        let file = self.keeper.file.as_ref().expect("open");
        file.pragma_update_and_check(None, "max_page_count", most, |row| row.get::<_, i64>(0)).expect("set");
    }
}

#[test]
fn each_level_says_what_was_measured_as_finely_as_it_is_kept() {
    let mut stand = Stand::new();
    let end = BEGIN + 20 * DAY;
    stand.measure((BEGIN, end - 2 * DAY), 60, 0);
    stand.measure((end - 2 * DAY, end), 10, 0);
    for _ in 0..2 {
        stand.check(EVER, 300);
        stand.check(EVER, 3600);
        stand.check(Span { start: end - 14 * DAY, end: i64::MAX }, 60);
        stand.check(Span { start: end - DAY, end: i64::MAX }, 10);
        stand.check(Span { start: BEGIN + 7 * HOUR, end: end - 9 * HOUR - 600 }, 300);
        stand.settle();
    }
    let coarse = |point: &Point, step: i64| point.start % step == 0;
    let (fine_from, minutes_from) = (end - DAY - 4 * HOUR, end - 14 * DAY - 16 * HOUR);
    for point in stand.points(EVER, 10) {
        assert!(point.start >= fine_from || coarse(&point, 60), "{point:?} is kept too finely");
        assert!(point.start >= minutes_from || coarse(&point, 300), "{point:?} is kept too finely");
    }
    stand.keeper.flush().expect("written");
    stand.reborn().check(EVER, 300);
}

#[test]
fn after_years_fifteen_months_are_there_and_no_more() {
    let mut stand = Stand::new();
    let end = BEGIN + 500 * DAY;
    for second in (BEGIN..end).step_by(3 * 3600) {
        stand.record(second, 1.0);
        stand.settle();
    }
    let kept = Level::FiveMinutes.age();
    let span = Span { start: end - kept, end: i64::MAX };
    stand.check(span, 300);
    let first = stand.points(EVER, 300)[0].start;
    assert!(first > end - kept - 6 * DAY, "{} days are kept", (end - first) / DAY);
    let blocks = |level: Level| {
        let file = stand.keeper.file.as_ref().expect("open");
        shelf::windows(file, level, -FARTHEST..=FARTHEST).expect("readable").len()
    };
    assert!(blocks(Level::Fine) <= 28 && blocks(Level::Minute) <= 31 && blocks(Level::FiveMinutes) <= 93);
}

#[test]
fn what_is_killed_loses_a_minute_at_most() {
    let mut stand = Stand::new();
    let image = tempfile::tempdir().expect("a directory");
    for (nth, second) in (BEGIN..BEGIN + 3 * HOUR).step_by(10).enumerate() {
        stand.measure((second, second + 10), 10, 0);
        stand.keeper.work();
        if nth % 83 != 0 {
            continue;
        }
        copy(stand.dir.path(), image.path());
        let mut next = Keeper::new(image.path().join("metrics.db"), 512 << 20);
        let found = next.points(WEB, CPU, EVER, 10).expect("readable");
        while next.work() {}
        assert_eq!(next.points(WEB, CPU, EVER, 10).expect("readable"), found, "whatever becomes of it");
        let expected = stand.expected(EVER, 10);
        assert_eq!(found, expected[..found.len()], "nothing is in between, nothing twice");
        assert!(expected.len() - found.len() <= 6, "{} of {}", found.len(), expected.len());
    }
    stand.keeper.flush().expect("written");
    stand.reborn().check(EVER, 10);
}

/// What a crash leaves: the file, and the log beside it.
fn copy(from: &Path, to: &Path) {
    for name in ["metrics.db-shm", "metrics.db-wal", "metrics.db"] {
        let _ = std::fs::remove_file(to.join(name));
    }
    for name in ["metrics.db", "metrics.db-wal"] {
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name)).expect("copied");
        }
    }
}

#[test]
fn a_damaged_file_is_set_aside_and_a_new_one_begun() {
    for keep in [0, 4096] {
        let mut stand = Stand::new();
        stand.measure((BEGIN, BEGIN + 3 * HOUR), 10, 0);
        stand.settle();
        stand.keeper.file = None;
        let path = stand.keeper.path.clone();
        let mut bytes = std::fs::read(&path).expect("read");
        assert!(bytes.len() > 8192);
        bytes[keep..].fill(0x5a);
        std::fs::write(&path, bytes).expect("written");
        let mut stand = stand.reborn();
        stand.naive.clear();
        stand.check(EVER, 10);
        stand.measure((BEGIN, BEGIN + HOUR), 10, 5);
        stand.check(EVER, 10);
        let aside = |name: &String| name.starts_with("metrics.db.damaged-") && !name.ends_with("-wal");
        assert_eq!(stand.files().iter().filter(|name| aside(name)).count(), 1, "{:?}", stand.files());
    }
}

#[test]
fn what_is_in_memory_outlives_a_file_that_turns_out_to_be_damaged() {
    let mut stand = Stand::new();
    stand.measure((BEGIN, BEGIN + HOUR / 2), 10, 0);
    stand.keeper.file = None;
    stand.keeper.set_aside(&"a test says so").expect("set aside");
    stand.measure((BEGIN + HOUR / 2, BEGIN + HOUR), 10, 0);
    stand.keeper.flush().expect("written");
    stand.reborn().check(EVER, 10);
}

#[test]
fn without_room_it_goes_on_and_with_room_it_is_written_again() {
    let mut stand = Stand::new();
    stand.measure((BEGIN, BEGIN + 2 * HOUR), 10, 0);
    stand.settle();
    // No page is free, and there are to be no more than there are.
    stand.keeper.file.as_ref().expect("open").execute_batch("VACUUM").expect("done");
    stand.may_have_pages(1);
    stand.measure((BEGIN + 2 * HOUR, BEGIN + 24 * HOUR), 10, 0);
    assert!(stand.keeper.is_ailing);
    assert!(stand.keeper.patience() > Duration::from_mins(1), "nobody tries again and again meanwhile");
    assert!(!stand.keeper.head.is_crowded() && !stand.keeper.fresh.head.is_crowded());
    let last = Span { start: BEGIN + 21 * HOUR, end: i64::MAX };
    stand.check(last, 10);
    stand.may_have_pages(1 << 20);
    stand.measure((BEGIN + 24 * HOUR, BEGIN + 25 * HOUR), 10, 0);
    stand.settle();
    assert!(!stand.keeper.is_ailing);
    stand.keeper.flush().expect("written");
    let mut stand = stand.reborn();
    stand.check(last, 10);
    stand.check(Span { end: BEGIN + HOUR, ..EVER }, 10);
}

#[test]
fn the_file_grows_no_larger_than_it_may() {
    let limit = 64 << 10;
    let mut stand = Stand::bounded(limit);
    let end = BEGIN + 30 * DAY;
    for second in (BEGIN..end).step_by(60) {
        stand.measure((second, second + 60), 60, 0);
        stand.keeper.work();
    }
    stand.settle();
    assert!(stand.pages() * 4096 <= limit + (32 << 10), "{} pages", stand.pages());
    assert!(stand.keeper.room() <= limit + (2 << 20), "{} bytes", stand.keeper.room());
    stand.check(Span { start: end - DAY / 2, end: i64::MAX }, 60);
    assert!(stand.points(EVER, 300)[0].start > BEGIN, "the oldest is gone");
}

#[test]
fn clocks_that_are_set_replace_what_they_say_again() {
    let mut stand = Stand::new();
    stand.measure((BEGIN, BEGIN + 5 * HOUR / 2), 10, 0);
    // An hour back, over what is in blocks and what is not; then an hour forward, and the end of a half day.
    stand.measure((BEGIN + 3 * HOUR / 2, BEGIN + 4 * HOUR), 10, 5);
    stand.settle();
    stand.measure((BEGIN + 5 * HOUR, BEGIN + 13 * HOUR), 10, 0);
    stand.settle();
    stand.measure((BEGIN + 23 * HOUR / 2, BEGIN + 14 * HOUR), 10, 9);
    for _ in 0..2 {
        for period in [10, 60, 300, 3600] {
            stand.check(EVER, period);
        }
        stand.settle();
    }
    // What was made of the half day before was made anew: it says the same when the fine samples are gone.
    stand.measure((BEGIN + 3 * DAY, BEGIN + 3 * DAY + 3 * HOUR), 10, 0);
    stand.settle();
    stand.check(EVER, 60);
    assert!(stand.points(Span { end: BEGIN + DAY, ..EVER }, 10).iter().all(|point| point.start % 60 == 0));
}

#[test]
fn a_moment_with_a_clock_that_is_far_ahead_costs_nothing() {
    let mut stand = Stand::new();
    stand.measure((BEGIN, BEGIN + 10 * DAY), 60, 0);
    stand.record(BEGIN + 20_000 * DAY, 1.0);
    stand.settle();
    stand.measure((BEGIN + 10 * DAY, BEGIN + 11 * DAY), 60, 0);
    stand.settle();
    stand.check(EVER, 300);
    stand.check(EVER, 60);
}

#[test]
fn what_is_forgotten_stays_forgotten() {
    let mut stand = Stand::new();
    stand.measure((BEGIN, BEGIN + 6 * DAY), 60, 0);
    stand.measure((BEGIN + 6 * DAY, BEGIN + 6 * DAY + HOUR / 2), 10, 0);
    stand.settle();
    let others = stand.keeper.points(DB, Metric::MemoryResident, EVER, 300).expect("readable");
    stand.keeper.forget(WEB).expect("forgotten");
    stand.keeper.forget(WEB).expect("twice is no failure");
    stand.naive.clear();
    stand.check(EVER, 10);
    stand.keeper.flush().expect("written");
    let mut stand = stand.reborn();
    stand.check(EVER, 10);
    assert_eq!(stand.keeper.points(DB, Metric::MemoryResident, EVER, 300).expect("readable"), others);
    stand.measure((BEGIN + 7 * DAY, BEGIN + 7 * DAY + HOUR), 10, 0);
    stand.settle();
    stand.keeper.flush().expect("written");
    stand.reborn().check(EVER, 10);
}

#[test]
fn what_is_no_number_or_no_time_is_not_kept() {
    let mut stand = Stand::new();
    stand.record(BEGIN, 1.0);
    let sample = Sample { subject: WEB, metric: CPU, value: f64::NAN };
    stand.keeper.record(Tick(BEGIN / 10 + 1), vec![sample]).expect("the rest would be kept");
    stand.keeper.record(Tick(i64::MAX), vec![sample]).expect_err("no clock goes so far");
    stand.check(EVER, 10);
    for period in [0, 7] {
        stand.keeper.points(WEB, CPU, EVER, period).expect_err("no such points");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_stretch_of_any_life_is_told_as_it_was(
        acts in proptest::collection::vec((0i64..20 * HOUR, 1i64..3 * HOUR, 1usize..8, 0i64..4, any::<bool>()), 1..8),
        from in 0i64..22, hours in 1i64..22, period in prop_oneof![Just(10u32), Just(60), Just(300), Just(3600)],
    ) {
        let mut stand = Stand::new();
        for (at, length, every, salt, is_killed) in acts {
            stand.measure((BEGIN + at, BEGIN + at + length), every * 10, salt);
            if is_killed {
                stand.keeper.flush().expect("written");
                stand = stand.reborn();
            } else {
                stand.settle();
            }
        }
        let span = Span { start: BEGIN + from * HOUR, end: BEGIN + (from + hours) * HOUR };
        prop_assert_eq!(stand.points(span, period), stand.expected(span, period));
    }
}
