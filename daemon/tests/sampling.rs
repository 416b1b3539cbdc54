//! What is measured of instances on the simulated host: over starts, faults and clocks that are set.

mod common;

use std::{sync::Arc, time::Duration};

use common::{Host, caller, create, dial::Dial};
use jiff::SignedDuration;
use sloopd::{
    model::{Bytes, DiskUsage, InstanceId, Metric, Point, Span, Subject, Usage},
    ports::Clock as _,
};

struct Stand {
    host: Host,
    clock: Arc<Dial>,
    id: InstanceId,
}

const ALL_TIME: Span = Span { start: 0, end: i64::MAX };

impl Stand {
    async fn new() -> Self {
        let clock = Dial::at("2026-11-05T10:00:00Z");
        let host = Host::by_clock(clock.clone());
        host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
        let id = host.verbs.get_instance(&caller(), "web").await.expect("there").id;
        let stand = Self { host, clock, id };
        stand.used(1, 0);
        stand
    }

    /// The counters of the machine's so-many-th start say that much.
    fn used(&self, boot: u64, count: u64) {
        let disks = DiskUsage { read_ops: count, ..DiskUsage::default() };
        let usage = Usage {
            boot,
            cpu: Some(Duration::from_nanos(count)),
            resident: Some(1 << 20),
            disks: Some(disks),
        };
        let mut world = self.host.world.world();
        world.usage.insert(self.id, usage);
        world.traffic.insert(self.id, Bytes { inward: count * 10, outward: count });
    }

    /// Ten seconds later it is measured again.
    async fn tick(&self) {
        self.turn(10);
        self.host.engine.sample().await.expect("measured");
    }

    fn turn(&self, seconds: i64) {
        self.clock.turn(SignedDuration::from_secs(seconds));
    }

    async fn points(&self, metric: Metric, period: u32) -> Vec<Point> {
        self.host.ports.metrics.points(self.id.into(), metric, ALL_TIME, period).await.expect("kept")
    }

    async fn sums(&self, metric: Metric) -> Vec<f64> {
        self.points(metric, 10).await.iter().map(|point| point.sum).collect()
    }
}

#[tokio::test]
async fn what_happened_in_each_tick_is_kept_and_the_last_is_shown() {
    let stand = Stand::new().await;
    for count in [5, 7, 7, 20] {
        stand.used(1, count);
        stand.tick().await;
    }
    assert_eq!(stand.sums(Metric::NetworkIn).await, [20.0, 0.0, 130.0]);
    assert_eq!(stand.sums(Metric::NetworkOut).await, [2.0, 0.0, 13.0]);
    assert_eq!(stand.sums(Metric::DiskReadOps).await, [2.0, 0.0, 13.0]);
    assert_eq!(stand.sums(Metric::MemoryResident).await, [1_048_576.0; 4]);
    let latest = stand.host.engine.latest();
    let shown = &latest[&Subject::from(stand.id)];
    assert_eq!(shown.at, stand.clock.now());
    assert!(shown.values.contains(&(Metric::NetworkIn, 130.0)));
    assert_eq!(shown.traffic, Some(Bytes { inward: 200, outward: 20 }));
    let host = &latest[&Subject::from(stand.host.ports.store.host_id())];
    assert!(host.values.iter().any(|(metric, value)| *metric == Metric::HostDiskFree && *value > 0.0));
}

#[tokio::test]
async fn a_start_is_marked_and_nothing_is_negative() {
    let stand = Stand::new().await;
    for (boot, count) in [(1, 500), (1, 600), (2, 3), (2, 4)] {
        stand.used(boot, count);
        stand.tick().await;
    }
    assert_eq!(stand.sums(Metric::DiskReadOps).await, [100.0, 3.0, 1.0]);
    assert_eq!(stand.sums(Metric::CounterResets).await, [1.0]);
}

#[tokio::test]
async fn what_cannot_be_read_is_missing_and_not_zero() {
    let stand = Stand::new().await;
    stand.used(1, 1);
    stand.tick().await;
    stand.host.world.fail_when(|call| call == "usage");
    stand.used(1, 2);
    stand.tick().await;
    stand.host.world.heal();
    stand.used(1, 5);
    stand.tick().await;
    assert_eq!(stand.sums(Metric::DiskReadOps).await, [4.0], "one point for both pauses, none for the first");
    assert_eq!(stand.sums(Metric::NetworkOut).await, [1.0, 3.0], "wires are read all the same");
}

#[tokio::test]
async fn one_that_is_off_is_not_measured_and_one_that_is_gone_is_forgotten() {
    let stand = Stand::new().await;
    stand.tick().await;
    stand.tick().await;
    let measured = stand.points(Metric::NetworkIn, 10).await.len();
    stand.host.done(stand.host.verbs.stop_instance(&caller(), "web", false).await.expect("accepted")).await;
    stand.tick().await;
    assert_eq!(stand.points(Metric::NetworkIn, 10).await.len(), measured);
    assert!(!stand.host.engine.latest().contains_key(&Subject::from(stand.id)));
    stand.host.done(stand.host.verbs.delete_instance(&caller(), "web", false).await.expect("accepted")).await;
    stand.host.until(async || stand.points(Metric::NetworkIn, 10).await.is_empty()).await;
}

#[tokio::test]
async fn a_clock_that_is_set_doubles_and_loses_nothing() {
    let stand = Stand::new().await;
    let mut count = 0;
    for step in [0, 0, 0, 3600, 0, 0, -3640, 0, 0, -7200, 0] {
        stand.turn(step);
        count += 1;
        stand.used(1, count);
        stand.tick().await;
    }
    let points = stand.points(Metric::NetworkOut, 10).await;
    assert!(
        points.iter().all(|point| point.sum.to_bits() == 1.0_f64.to_bits()),
        "no tick has what happened in an hour: {points:?}"
    );
    // The first reading is the base; one tick was lived through twice, and is there once.
    assert_eq!(points.len(), 10 - 1, "{points:?}");
}
