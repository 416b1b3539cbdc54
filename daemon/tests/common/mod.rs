//! A daemon on the simulated host, without doors.
#![allow(dead_code, clippy::missing_panics_doc)] // Each test file uses its own part of this.

pub(crate) mod dial;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sloopd::{
    adapters::{catalogue, clock::WallClock, sqlite::Sqlite},
    engine::{Engine, Lifeline, Limits, Unbroken},
    model::{Access, Caller, Door, LayerId, Operation, OperationId, Place, RecoveryRules, Result},
    ports::{Clock, Hypervisor, Ports, Store, Volumes},
    simulated::Simulated,
    verbs::{Capacity, CreateInstances, Policy, Quotas, Verbs},
    wiring::simulated_ports,
};

/// A daemon with its world. State is in SQLite, in a directory of its own.
pub(crate) struct Host {
    pub(crate) world: Simulated,
    pub(crate) verbs: Verbs,
    pub(crate) engine: Engine,
    pub(crate) ports: Ports,
    pub(crate) policy: Policy,
    clock: Arc<dyn Clock>,
    dir: Arc<tempfile::TempDir>,
    others: Option<Others>,
    rules: RecoveryRules,
}

/// What has the place of the world's own machines and disks.
pub(crate) type Others = (Arc<dyn Hypervisor>, Arc<dyn Volumes>);

/// Nothing here takes longer unless it is broken.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

pub(crate) fn caller() -> Caller {
    user("ann")
}

/// Somebody who is no administrator.
pub(crate) fn user(name: &str) -> Caller {
    Caller::new(name, Door::Grpc, false)
}

pub(crate) fn unbroken() -> Arc<dyn Lifeline> {
    Arc::new(Unbroken)
}

pub(crate) fn order(names: &[&str]) -> CreateInstances {
    CreateInstances {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        zone: "us-east-1a".into(),
        blueprint_id: "tiny".into(),
        bundle_id: "nano_3_0".into(),
        ..CreateInstances::default()
    }
}

/// Without rests: no test waits.
pub(crate) fn recovery() -> RecoveryRules {
    RecoveryRules { pauses: Vec::new(), ..RecoveryRules::default() }
}

pub(crate) async fn create(verbs: &Verbs, names: &[&str]) -> Result<Vec<Operation>> {
    verbs.create_instances(&caller(), order(names)).await
}

pub(crate) fn policy() -> Policy {
    Policy {
        place: Place {
            region: "us-east-1".into(),
            zone: "us-east-1a".into(),
            account: "000000000000".into(),
        },
        access: Access::Shared,
        quotas: Quotas { instances: 20, key_pairs: 10, static_ips: 5, disks: 20, snapshots: 50, tags: 50 },
        capacity: Capacity { memory_reserve: 0, disk_headroom: 1 << 30 },
        private_pool: "172.26.0.0/16".parse().expect("a range"),
        public_pool: "172.27.0.0/22".parse().expect("a range"),
        ipv6_range: Some("2001:db8:12::/48".parse().expect("a range")),
        auto_snapshots_kept: 7,
        alarm_period: 300,
        history_days: 730,
        prune_replaced: false,
        package_proxy: String::new(),
    }
}

impl Host {
    pub(crate) fn new() -> Self {
        Self::with(policy())
    }

    pub(crate) fn with(policy: Policy) -> Self {
        let dir = Arc::new(tempfile::tempdir().expect("a directory"));
        Self::build(Simulated::default(), dir, policy, unbroken(), Arc::new(WallClock), None, recovery())
    }

    /// A daemon that recovers instances by those rules.
    pub(crate) fn that_recovers(rules: RecoveryRules) -> Self {
        let dir = Arc::new(tempfile::tempdir().expect("a directory"));
        Self::build(Simulated::default(), dir, policy(), unbroken(), Arc::new(WallClock), None, rules)
    }

    /// A daemon in that world, but for its machines and disks.
    pub(crate) fn beside(policy: Policy, world: Simulated, others: Others) -> Self {
        let dir = Arc::new(tempfile::tempdir().expect("a directory"));
        Self::build(world, dir, policy, unbroken(), Arc::new(WallClock), Some(others), recovery())
    }

    /// A daemon that takes that clock for the time of day.
    pub(crate) fn by_clock(clock: Arc<dyn Clock>) -> Self {
        let dir = Arc::new(tempfile::tempdir().expect("a directory"));
        Self::build(Simulated::default(), dir, policy(), unbroken(), clock, None, recovery())
    }

    fn build(
        world: Simulated,
        dir: Arc<tempfile::TempDir>,
        policy: Policy,
        line: Arc<dyn Lifeline>,
        clock: Arc<dyn Clock>,
        others: Option<Others>,
        rules: RecoveryRules,
    ) -> Self {
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(&dir.path().join("state.db")).expect("a database"));
        let mut ports = Ports { clock: clock.clone(), ..simulated_ports(store, &world) };
        if let Some((hypervisor, volumes)) = others.clone() {
            (ports.hypervisor, ports.volumes) = (hypervisor, volumes);
        }
        let limits = Limits { shutdown: LIMIT, parallel: 4, headroom: policy.capacity.disk_headroom };
        let engine = Engine::new(ports.clone(), limits, line);
        engine.set_recovery(rules.clone());
        let images = concat!(env!("CARGO_MANIFEST_DIR"), "/../images");
        let catalogue = catalogue::load(images.as_ref()).expect("the catalogue");
        let verbs = Verbs::new(ports.clone(), engine.clone(), catalogue, policy.clone());
        engine.observe();
        Self { world, verbs, engine, ports, policy, clock, dir, others, rules }
    }

    /// A new daemon over the same world and state.
    pub(crate) async fn reborn(self, line: Arc<dyn Lifeline>) -> Self {
        let (world, dir, policy) = (self.world.clone(), self.dir.clone(), self.policy.clone());
        let (clock, others) = (self.clock.clone(), self.others.clone());
        // It hears what happens in the world still, and is not to act upon it.
        self.engine.let_go();
        let host = Self::build(world, dir, policy, line, clock, others, self.rules.clone());
        let found = host.engine.recover().await.expect("recovers");
        host.verbs.resume_supplies(found.waiting).await.expect("resumes");
        host
    }

    /// Fails the n-th call to the world; says later which it was.
    pub(crate) fn fail_call(&self, number: usize) -> Arc<Mutex<Option<String>>> {
        let failed = Arc::new(Mutex::new(None));
        let (told, mut left) = (failed.clone(), number);
        self.world.fail_when(move |call| {
            // These belong to the verb, which refuses before anything is made, and to looking on.
            let looks = matches!(call, "base" | "free_bytes" | "state" | "ending");
            if looks || told.lock().expect("unpoisoned").is_some() {
                return false;
            }
            if left == 0 {
                *told.lock().expect("unpoisoned") = Some(call.to_owned());
                return true;
            }
            left -= 1;
            false
        });
        failed
    }

    /// The operation when it has ended.
    pub(crate) async fn ended(&self, id: OperationId) -> Operation {
        let mut moments = self.engine.moments();
        let wait = async {
            loop {
                let operation = self.ports.store.operation(id).await.expect("readable").expect("recorded");
                if operation.status.is_terminal() {
                    return operation;
                }
                // Lagging behind is a reason to look again, too.
                let _ = moments.recv().await;
            }
        };
        match tokio::time::timeout(LIMIT, wait).await {
            Ok(ended) => ended,
            Err(tokio::time::error::Elapsed { .. }) => {
                panic!("the operation does not end in time: {:?}", self.ports.store.operation(id).await)
            }
        }
    }

    /// Damages the record of a layer, so that it cannot be read any more.
    pub(crate) fn damage_record(&self, layer: LayerId) {
        let state = rusqlite::Connection::open(self.dir.path().join("state.db")).expect("a database");
        let sql = "UPDATE layers SET bytes = -1 WHERE id = ?1";
        assert_eq!(state.execute(sql, [layer.to_string()]).expect("written"), 1);
    }

    /// Waits for operations, which must succeed.
    pub(crate) async fn done(&self, operations: Vec<Operation>) {
        for operation in operations {
            let ended = self.ended(operation.id).await;
            assert_eq!(ended.status, sloopd::model::OperationStatus::Succeeded, "{ended:?}");
        }
    }

    pub(crate) async fn unfinished(&self) -> Vec<Operation> {
        self.ports.store.unfinished().await.expect("readable")
    }

    /// Waits until the lifeline was cut, or the operation has ended without reaching the cut.
    pub(crate) async fn until_dead_or_done(&self, seen: &AtomicUsize, cut: usize, id: OperationId) {
        self.until(async || {
            let operation = self.ports.store.operation(id).await.expect("readable").expect("recorded");
            seen.load(Ordering::SeqCst) > cut || operation.status.is_terminal()
        })
        .await;
        // A cut after the last record comes a moment behind it.
        tokio::task::yield_now().await;
    }

    /// Looks until it is so.
    pub(crate) async fn until(&self, so: impl AsyncFn() -> bool) {
        let wait = async {
            while !so().await {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(LIMIT, wait).await.expect("it becomes so in time");
    }
}

/// Cuts the line at the n-th moment; counts them all.
pub(crate) struct CutAt {
    at: usize,
    pub(crate) seen: AtomicUsize,
    where_: Mutex<String>,
}

impl CutAt {
    pub(crate) fn moment(at: usize) -> Arc<Self> {
        Arc::new(Self { at, seen: AtomicUsize::new(0), where_: Mutex::default() })
    }

    /// Where it was cut.
    pub(crate) fn place(&self) -> String {
        self.where_.lock().expect("unpoisoned").clone()
    }
}

impl Lifeline for CutAt {
    fn lives_on(&self, at: &str) -> bool {
        let number = self.seen.fetch_add(1, Ordering::SeqCst);
        if number == self.at {
            at.clone_into(&mut self.where_.lock().expect("unpoisoned"));
        }
        number < self.at
    }
}
