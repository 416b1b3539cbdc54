//! What every store of measurements promises: the one in memory and the one on the disk.

use std::{collections::BTreeMap, sync::Arc};

use proptest::prelude::*;
use sloopd::{
    adapters::metrics::Measured,
    model::{Metric, Point, Sample, Span, Subject, Tick},
    ports::Metrics,
    simulated::Simulated,
};
use uuid::Uuid;

/// In the middle of a half day.
const BEGIN: i64 = 180_000_000;
const EVER: Span = Span { start: 0, end: i64::MAX };
const WEB: Subject = Subject(Uuid::from_u128(7));
const DB: Subject = Subject(Uuid::from_u128(8));

/// Each of them, by its name.
type Stores = [(&'static str, Arc<dyn Metrics>); 2];

fn stores() -> (tempfile::TempDir, Stores) {
    let dir = tempfile::tempdir().expect("a directory");
    let real = Measured::open(&dir.path().join("metrics.db"), 64 << 20).expect("opened");
    (dir, [("simulated", Arc::new(Simulated::default())), ("real", Arc::new(real))])
}

fn sample(subject: Subject, metric: Metric, value: f64) -> Sample {
    Sample { subject, metric, value }
}

fn point(start: i64, values: &[f64]) -> Point {
    let mut points = values.iter().map(|value| Point::one(start, *value));
    let first = points.next().expect("one at least");
    points.fold(first, |mut all, one| {
        all.merge(&one);
        all
    })
}

#[tokio::test]
async fn what_was_recorded_can_be_asked_for_at_once() {
    let (_dir, stores) = stores();
    for (name, store) in stores {
        let cpu = Metric::CpuUtilization;
        for (nth, value) in [12.5, 0.25, 99.75].into_iter().enumerate() {
            let at = Tick(BEGIN + i64::try_from(nth).expect("few"));
            let samples = vec![sample(WEB, cpu, value), sample(DB, cpu, 1.0)];
            store.record(at, samples).await.expect("kept");
        }
        let start = BEGIN * 10;
        let found = store.points(WEB, cpu, EVER, 10).await.expect("readable");
        let expected = [point(start, &[12.5]), point(start + 10, &[0.25]), point(start + 20, &[99.75])];
        assert_eq!(found, expected, "{name}");
        let found = store.points(WEB, cpu, EVER, 300).await.expect("readable");
        assert_eq!(found, [point(start, &[12.5, 0.25, 99.75])], "{name}");
        let span = Span { start: start + 10, end: start + 20 };
        assert_eq!(store.points(WEB, cpu, span, 10).await.expect("readable"), expected[1..2], "{name}");
        assert!(store.points(WEB, Metric::NetworkIn, EVER, 10).await.expect("readable").is_empty(), "{name}");
        store.flush().await.expect("written");
        store.room().await.expect("told");
        store.points(WEB, cpu, EVER, 7).await.expect_err("no such points");
    }
}

#[tokio::test]
async fn what_is_said_again_of_a_tick_is_replaced_metric_by_metric() {
    let (_dir, stores) = stores();
    for (name, store) in stores {
        let (at, load) = (Tick(BEGIN), Metric::DiskReadOps);
        let first = vec![sample(WEB, load, 5.0), sample(WEB, Metric::NetworkIn, 3.0)];
        store.record(at, first).await.expect("kept");
        store.record(Tick(BEGIN + 1), vec![sample(WEB, load, 6.0)]).await.expect("kept");
        store.record(at, vec![sample(WEB, load, 7.0)]).await.expect("kept");
        let found = store.points(WEB, load, EVER, 60).await.expect("readable");
        assert_eq!(found, [point(BEGIN * 10, &[7.0, 6.0])], "{name}");
        let found = store.points(WEB, Metric::NetworkIn, EVER, 60).await.expect("readable");
        assert_eq!(found, [point(BEGIN * 10, &[3.0])], "{name}");
    }
}

#[tokio::test]
async fn the_next_store_in_the_same_file_knows_what_was_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("metrics.db");
    let store = Measured::open(&path, 64 << 20).expect("opened");
    let metric = Metric::MemoryResident;
    store
        .record(Tick(BEGIN), vec![sample(WEB, metric, 4096.0), sample(DB, metric, 1.0)])
        .await
        .expect("kept");
    store.forget(DB).await.expect("forgotten");
    store.flush().await.expect("written");
    assert!(store.room().await.expect("told") > 4096);
    drop(store);
    let store = Measured::open(&path, 64 << 20).expect("opened");
    let found = store.points(WEB, metric, EVER, 10).await.expect("readable");
    assert_eq!(found, [point(BEGIN * 10, &[4096.0])]);
    assert!(store.points(DB, metric, EVER, 10).await.expect("readable").is_empty());
}

/// What is done to a store.
#[derive(Clone, Debug)]
enum Act {
    Record(i64, bool, i32),
    Forget(bool),
    Flush,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let record = (0i64..3000, any::<bool>(), -1000i32..1000);
    let act = prop_oneof![
        30 => record.prop_map(|(tick, is_web, value)| Act::Record(tick, is_web, value)),
        1 => any::<bool>().prop_map(Act::Forget),
        2 => Just(Act::Flush),
    ];
    proptest::collection::vec(act, 1..120)
}

fn of(is_web: bool) -> Subject {
    if is_web { WEB } else { DB }
}

async fn act(store: &dyn Metrics, acts: &[Act]) {
    for act in acts {
        let done = match *act {
            Act::Record(tick, is_web, value) => {
                let samples = vec![sample(of(is_web), Metric::NetworkOut, value.into())];
                store.record(Tick(BEGIN + tick), samples).await
            }
            Act::Forget(is_web) => store.forget(of(is_web)).await,
            Act::Flush => store.flush().await,
        };
        done.expect("done");
    }
}

/// What is to be known of `WEB`, tick by tick.
fn expected(acts: &[Act]) -> BTreeMap<i64, f64> {
    let mut all = BTreeMap::new();
    for act in acts {
        match *act {
            Act::Record(tick, true, value) => drop(all.insert((BEGIN + tick) * 10, value.into())),
            Act::Forget(true) => all.clear(),
            _ => {}
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn they_say_the_same_whatever_is_done(acts in acts(), period in prop_oneof![Just(10u32), Just(60), Just(900)]) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let mut naive: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
        for (second, value) in expected(&acts) {
            naive.entry(second / i64::from(period) * i64::from(period)).or_default().push(value);
        }
        let naive: Vec<Point> = naive.iter().map(|(start, values)| point(*start, values)).collect();
        let (_dir, stores) = stores();
        for (name, store) in stores {
            let found = runtime.block_on(async {
                act(&*store, &acts).await;
                store.points(WEB, Metric::NetworkOut, EVER, period).await.expect("readable")
            });
            prop_assert_eq!(&found, &naive, "{}", name);
        }
    }
}
