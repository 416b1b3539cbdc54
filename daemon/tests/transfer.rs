//! What instances moved, on the simulated host: over restarts, counters that begin anew, months that end, and faults.

mod common;

use std::{sync::Arc, time::Duration};

use common::{Host, caller, create, dial::Dial};
use jiff::Timestamp;
use sloopd::{
    adapters::catalogue,
    engine::{Engine, Limits},
    model::{Bytes, InstanceId, Kind, Month},
    ports::Ports,
    verbs::Verbs,
};

/// A host with an instance that runs, and a daemon over it whose clock stands.
struct Stand {
    host: Host,
    clock: Arc<Dial>,
    engine: Engine,
    verbs: Verbs,
    id: InstanceId,
}

impl Stand {
    async fn new() -> Self {
        let host = Host::new();
        host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
        let id = host.verbs.get_instance(&caller(), "web").await.expect("there").id;
        let clock = Dial::at("2026-11-05T10:00:00Z");
        let (engine, verbs) = daemon(&host, &clock);
        Self { host, clock, engine, verbs, id }
    }

    /// The daemon ends and another begins.
    async fn restart(&mut self) {
        (self.engine, self.verbs) = daemon(&self.host, &self.clock);
        self.engine.recover().await.expect("recovers");
    }

    fn set(&self, time: &str) {
        self.clock.set(time);
    }

    fn moves(&self, inward: u64, outward: u64) {
        let mut world = self.host.world.world();
        let bytes = world.counters.entry(self.id).or_default();
        *bytes = Bytes { inward: bytes.inward + inward, outward: bytes.outward + outward };
    }

    /// The host is started anew, or somebody takes the counters away.
    fn lose_counters(&self) {
        self.host.world.world().counters.clear();
    }

    async fn tally(&self) {
        self.engine.tally().await.expect("the counters are there");
    }

    /// What is shown: the month, inward, outward.
    async fn shown(&self) -> (String, u64, u64) {
        let transfer = self.verbs.get_transfer(&caller(), "web").await.expect("there");
        (transfer.month.to_string(), transfer.inward, transfer.outward)
    }

    async fn written(&self, time: &str) -> Bytes {
        self.host.ports.store.transfer(self.id, Month::of(instant(time))).await.expect("readable")
    }
}

fn instant(time: &str) -> Timestamp {
    time.parse().expect("an instant")
}

fn november(inward: u64, outward: u64) -> (String, u64, u64) {
    ("2026-11".to_owned(), inward, outward)
}

fn daemon(host: &Host, clock: &Arc<Dial>) -> (Engine, Verbs) {
    let ports = Ports { clock: clock.clone(), ..host.ports.clone() };
    let limits = Limits { shutdown: Duration::from_secs(20), parallel: 4, headroom: 0 };
    let engine = Engine::new(ports.clone(), limits, common::unbroken());
    let images = concat!(env!("CARGO_MANIFEST_DIR"), "/../images");
    let catalogue = catalogue::load(images.as_ref()).expect("the catalogue");
    let verbs = Verbs::new(ports, engine.clone(), catalogue, host.policy.clone());
    (engine, verbs)
}

#[tokio::test]
async fn what_moved_is_shown_beside_what_the_plan_allows() {
    let stand = Stand::new().await;
    assert_eq!(stand.shown().await, november(0, 0));
    stand.moves(1000, 200);
    assert_eq!(stand.shown().await, november(1000, 200));
    stand.moves(0, 1);
    let transfer = stand.verbs.get_transfer(&caller(), "web").await.expect("there");
    assert_eq!((transfer.used_bytes(), transfer.allowed_gb(), transfer.is_over()), (1201, 1024, false));
    stand.moves(1 << 40, 0);
    assert!(stand.verbs.get_transfer(&caller(), "web").await.expect("there").is_over());
}

#[tokio::test]
async fn a_restart_neither_loses_nor_doubles() {
    let mut stand = Stand::new().await;
    stand.moves(1000, 200);
    stand.tally().await;
    stand.moves(500, 0);
    stand.restart().await;
    assert_eq!(stand.shown().await, november(1500, 200));
    // What moved while there was no daemon is there too.
    stand.moves(7, 7);
    stand.restart().await;
    stand.restart().await;
    assert_eq!(stand.written("2026-11-30T00:00:00Z").await, Bytes { inward: 1507, outward: 207 });
}

#[tokio::test]
async fn counters_that_begin_anew_go_on_from_what_is_written() {
    let mut stand = Stand::new().await;
    stand.moves(1000, 200);
    stand.tally().await;
    // Less than before: seen as new.
    stand.lose_counters();
    stand.moves(300, 0);
    assert_eq!(stand.shown().await, november(1300, 200));
    // The host is started anew: the first reading finds nothing, so that what comes later counts whole, however much it is.
    stand.lose_counters();
    stand.restart().await;
    stand.moves(5000, 5000);
    assert_eq!(stand.shown().await, november(6300, 5200));
}

#[tokio::test]
async fn a_new_month_begins_with_nothing() {
    let stand = Stand::new().await;
    stand.moves(1000, 200);
    stand.tally().await;
    stand.set("2026-11-30T23:59:59.999Z");
    stand.moves(1, 0);
    assert_eq!(stand.shown().await, november(1001, 200));
    stand.set("2026-12-01T00:00:00Z");
    assert_eq!(stand.shown().await, ("2026-12".to_owned(), 0, 0));
    stand.moves(5, 6);
    assert_eq!(stand.shown().await, ("2026-12".to_owned(), 5, 6));
    assert_eq!(stand.written("2026-11-01T00:00:00Z").await, Bytes { inward: 1001, outward: 200 });
    // A clock that goes back counts where it says, and nothing twice.
    stand.set("2026-11-30T23:59:00Z");
    stand.moves(2, 0);
    assert_eq!(stand.shown().await, november(1003, 200));
    stand.set("2026-12-01T00:01:00Z");
    assert_eq!(stand.shown().await, ("2026-12".to_owned(), 5, 6));
}

#[tokio::test]
async fn a_stopped_instance_keeps_its_counters_and_a_deleted_one_leaves_nothing() {
    let stand = Stand::new().await;
    let verbs = &stand.host.verbs;
    stand.moves(1000, 200);
    stand.host.done(verbs.stop_instance(&caller(), "web", false).await.expect("runs")).await;
    stand.tally().await;
    stand.tally().await;
    assert_eq!(stand.shown().await, november(1000, 200));
    stand.host.done(verbs.start_instance(&caller(), "web").await.expect("stopped")).await;
    stand.moves(1, 1);
    assert_eq!(stand.shown().await, november(1001, 201));
    stand.host.done(verbs.delete_instance(&caller(), "web", false).await.expect("there")).await;
    assert_eq!(stand.host.world.world().counters.len(), 1);
    stand.tally().await;
    assert!(stand.host.world.world().counters.is_empty());
    assert_eq!(stand.written("2026-11-01T00:00:00Z").await, Bytes::default());
    assert!(stand.host.ports.store.transfer_readings().await.expect("readable").is_empty());
}

#[tokio::test]
async fn a_fault_of_the_filter_only_puts_off() {
    let mut stand = Stand::new().await;
    stand.moves(1000, 200);
    stand.tally().await;
    stand.moves(500, 500);
    stand.host.world.fail_when(|call| call == "transfer");
    assert_eq!(stand.engine.tally().await.expect_err("refused").kind, Kind::Unavailable);
    assert_eq!(stand.shown().await, november(1000, 200));
    // Neither is it a reason not to start.
    stand.restart().await;
    stand.host.world.heal();
    assert_eq!(stand.shown().await, november(1500, 700));
}

#[tokio::test]
async fn counters_that_cannot_be_taken_away_are_tried_again() {
    let stand = Stand::new().await;
    stand.host.world.world().counters.insert(InstanceId::fresh(), Bytes { inward: 5, outward: 5 });
    stand.moves(1, 2);
    stand.host.world.fail_when(|call| call == "forget_transfer");
    stand.tally().await;
    assert_eq!(stand.host.world.world().counters.len(), 2);
    stand.host.world.heal();
    stand.tally().await;
    assert_eq!(stand.host.world.world().counters.len(), 1);
    assert_eq!(stand.shown().await, november(1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_count_at_once_count_once() {
    let stand = Stand::new().await;
    for _ in 0..20 {
        stand.moves(10, 1);
        tokio::join!(stand.tally(), stand.tally(), stand.tally());
    }
    assert_eq!(stand.shown().await, november(200, 20));
}

#[tokio::test]
async fn nobody_learns_of_anothers() {
    let policy = sloopd::verbs::Policy { access: sloopd::model::Access::Private, ..common::policy() };
    let host = Host::with(policy);
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    let stranger = common::user("bob");
    for (caller, name) in [(&stranger, "web"), (&caller(), "nothing")] {
        assert_eq!(host.verbs.get_transfer(caller, name).await.expect_err("hidden").kind, Kind::NotFound);
    }
    assert_eq!(
        host.verbs.get_transfer(&caller(), "a/b").await.expect_err("refused").kind,
        Kind::InvalidInput
    );
}
