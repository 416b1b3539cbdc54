use proptest::prelude::*;

use super::*;

fn disks(count: u64) -> DiskUsage {
    DiskUsage {
        read_ops: count,
        write_ops: count * 2,
        read_bytes: count * 4096,
        write_bytes: count * 8192,
        read_time: Duration::from_millis(count),
        write_time: Duration::from_millis(count * 3),
    }
}

fn reading(at: Instant, boot: u64, cpu: u64, count: u64) -> Reading {
    let usage =
        Usage { boot, cpu: Some(Duration::from_millis(cpu)), resident: Some(7), disks: Some(disks(count)) };
    let traffic = Bytes { inward: count * 100, outward: count * 1000 };
    Reading { at, usage: Some(usage), traffic: Some(traffic), no_token: count }
}

fn value(values: &[(Metric, f64)], wanted: Metric) -> Option<f64> {
    values.iter().find(|(metric, _)| *metric == wanted).map(|(_, value)| *value)
}

const TEN: Duration = Duration::from_secs(10);

#[test]
fn the_first_reading_says_nothing_of_what_happened() {
    let values = Base::default().advance(&reading(Instant::now(), 1, 5000, 9), 2).values;
    assert_eq!(values, [(Metric::MemoryResident, 7.0)]);
}

#[test]
fn what_happened_is_the_difference() {
    let (mut base, began) = (Base::default(), Instant::now());
    base.advance(&reading(began, 1, 1000, 10), 2);
    let values = base.advance(&reading(began + TEN, 1, 6000, 30), 2).values;
    for (metric, expected) in [
        (Metric::CpuUtilization, 25.0),
        (Metric::NetworkIn, 2000.0),
        (Metric::NetworkOut, 20_000.0),
        (Metric::DiskReadOps, 20.0),
        (Metric::DiskWriteOps, 40.0),
        (Metric::DiskReadBytes, 81_920.0),
        (Metric::DiskWriteBytes, 163_840.0),
        (Metric::DiskTotalReadTime, 0.02),
        (Metric::DiskTotalWriteTime, 0.06),
        (Metric::DiskQueueLength, 0.008),
        (Metric::MetadataNoToken, 20.0),
    ] {
        assert_eq!(value(&values, metric), Some(expected), "{metric}");
    }
    assert_eq!(value(&values, Metric::CounterResets), None);
}

#[test]
fn how_long_processors_ran_is_said_but_not_over_a_start() {
    let (mut base, began) = (Base::default(), Instant::now());
    assert_eq!(base.advance(&reading(began, 1, 1000, 0), 2).ran, None);
    let ran = base.advance(&reading(began + TEN, 1, 4000, 0), 2).ran;
    assert_eq!(ran, Some((Duration::from_secs(3), TEN)));
    assert_eq!(base.advance(&reading(began + TEN * 2, 2, 9000, 0), 2).ran, None);
}

#[test]
fn a_start_in_between_is_marked_and_counts_from_zero() {
    let (mut base, began) = (Base::default(), Instant::now());
    base.advance(&reading(began, 1, 50_000, 1000), 1);
    let values = base.advance(&reading(began + TEN, 2, 2000, 5), 1).values;
    assert_eq!(value(&values, Metric::CounterResets), Some(1.0));
    assert_eq!(value(&values, Metric::CpuUtilization), Some(20.0));
    assert_eq!(value(&values, Metric::DiskReadOps), Some(5.0));
    assert_eq!(value(&values, Metric::NetworkIn), Some(500.0));
}

#[test]
fn a_disk_that_was_taken_away_leaves_a_gap_and_no_nonsense() {
    let (mut base, began) = (Base::default(), Instant::now());
    base.advance(&reading(began, 1, 0, 1000), 1);
    let values = base.advance(&reading(began + TEN, 1, 100, 5), 1).values;
    assert_eq!(value(&values, Metric::DiskReadOps), None);
    let values = base.advance(&reading(began + TEN * 2, 1, 200, 6), 1).values;
    assert_eq!(value(&values, Metric::DiskReadOps), Some(1.0));
}

#[test]
fn what_cannot_be_read_for_a_while_is_in_the_next_reading() {
    let (mut base, began) = (Base::default(), Instant::now());
    base.advance(&reading(began, 1, 0, 0), 1);
    let blind = Reading { usage: None, traffic: None, ..reading(began + TEN, 1, 0, 0) };
    let values = base.advance(&blind, 1).values;
    assert_eq!(value(&values, Metric::CpuUtilization), None);
    assert_eq!(value(&values, Metric::NetworkIn), None);
    let values = base.advance(&reading(began + TEN * 2, 1, 10_000, 4), 1).values;
    assert_eq!(value(&values, Metric::CpuUtilization), Some(50.0));
    assert_eq!(value(&values, Metric::NetworkIn), Some(400.0));
}

#[test]
fn after_a_long_pause_it_begins_anew() {
    let (mut base, began) = (Base::default(), Instant::now());
    base.advance(&reading(began, 1, 0, 0), 1);
    let values = base.advance(&reading(began + GAP * 2, 1, 10_000, 4), 1).values;
    assert_eq!(value(&values, Metric::CpuUtilization), None);
    assert_eq!(value(&values, Metric::DiskReadOps), None);
}

proptest! {
    /// Whatever counters do, no value is negative, infinite or above the whole.
    #[test]
    fn values_are_possible_ones(steps in prop::collection::vec((0u64..400, 1u64..4, 0u64..1 << 40, 0u64..1 << 40), 1..40)) {
        let (mut base, mut at) = (Base::default(), Instant::now());
        for (pause, boot, cpu, count) in steps {
            at += Duration::from_secs(pause);
            for (metric, value) in base.advance(&reading(at, boot, cpu, count), 2).values {
                prop_assert!(value.is_finite() && value >= 0.0, "{metric}: {value}");
                prop_assert!(metric != Metric::CpuUtilization || value <= 100.0);
            }
        }
    }
}
