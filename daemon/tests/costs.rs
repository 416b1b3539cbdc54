//! What things would have cost at Lightsail, on the simulated host, by a clock that the test sets.

mod common;

use std::sync::Arc;

use common::{Host, caller, create, dial::Dial};
use jiff::{SignedDuration, Timestamp};
use sloopd::{
    model::{
        Access, Bytes, DayCost, Kind, OperationStatus, PricingUnit, ResourceType, Result, Slot, Stretch,
        TimeOfDay,
    },
    verbs::{CostReport, CreateDisk, Policy},
};

/// A host whose clock stands, with an instance that was made when November began.
struct Stand {
    host: Host,
    clock: Arc<Dial>,
}

const WHOLE: (&str, &str) = ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");

impl Stand {
    async fn new() -> Self {
        let clock = Dial::at(WHOLE.0);
        let host = Host::by_clock(clock.clone());
        host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
        Self { host, clock }
    }

    fn set(&self, time: &str) {
        self.clock.set(time);
    }

    async fn ask(&self, name: &str, (start, end): (&str, &str)) -> Result<CostReport> {
        let asked = Stretch { start: instant(start), end: instant(end) };
        self.host.verbs.get_cost_estimate(&caller(), name, asked).await
    }

    /// What something cost: the usages, with units and dollars.
    async fn cost(&self, name: &str, when: (&str, &str)) -> Vec<(String, f64, f64)> {
        let report = self.ask(name, when).await.expect("there");
        let sum = |days: &[DayCost]| {
            days.iter().fold((0.0, 0.0), |(units, usd), day| (units + day.units, usd + day.usd))
        };
        let told = report.usages.iter().map(|usage| {
            let (units, usd) = sum(&usage.days);
            (usage.usage.clone(), units, usd)
        });
        told.collect()
    }

    async fn expect(&self, name: &str, when: (&str, &str), expected: &[(&str, f64, f64)]) {
        let found = self.cost(name, when).await;
        let alike = found.len() == expected.len()
            && found.iter().zip(expected).all(|(found, expected)| {
                found.0 == expected.0 && near(found.1, expected.1) && near(found.2, expected.2)
            });
        assert!(alike, "{name}: {found:?}, not {expected:?}");
    }

    async fn write(&self, block: u64) {
        let id = self.host.verbs.get_instance(&caller(), "web").await.expect("there").id;
        self.host.world.write(id, Slot::SYSTEM, block, block).expect("it runs");
    }

    async fn snap(&self, name: &str) {
        let caller = caller();
        let taken = self.host.verbs.create_instance_snapshot(&caller, "web", name, Vec::new());
        self.host.done(taken.await.expect("accepted")).await;
    }
}

fn instant(time: &str) -> Timestamp {
    time.parse().expect("an instant")
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * other.abs().max(1e-6)
}

const NANO: &str = "USE1-BundleUsage:0.5GB";
const HOUR: f64 = 5.0 / 744.0;

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_costs_its_plan_whether_it_runs_or_not() {
    let stand = Stand::new().await;
    stand.set("2026-11-01T10:00:00Z");
    stand.host.done(stand.host.verbs.stop_instance(&caller(), "web", false).await.expect("runs")).await;
    stand.set("2026-11-02T06:00:00Z");
    let report = stand.ask("web", WHOLE).await.expect("there");
    assert_eq!((report.name.as_str(), report.kind), ("web", ResourceType::Instance));
    assert_eq!(report.asked, Stretch { start: instant(WHOLE.0), end: instant(WHOLE.1) });
    assert_eq!((report.usages.len(), report.usages[0].unit), (1, PricingUnit::Hours));
    let hours: Vec<_> = report.usages[0].days.iter().map(|day| (day.stretch.end, day.units)).collect();
    let ends = [instant("2026-11-02T00:00:00Z"), instant("2026-11-02T06:00:00Z")];
    assert_eq!(hours, [(ends[0], 24.0), (ends[1], 6.0)], "nothing is foretold");
    stand.expect("web", WHOLE, &[(NANO, 30.0, 30.0 * HOUR)]).await;
    stand.expect("web", ("2026-11-01T12:00:00Z", "2026-11-01T13:00:00Z"), &[(NANO, 1.0, HOUR)]).await;
    stand.expect("web", ("2026-10-01T00:00:00Z", WHOLE.0), &[]).await;
    stand.expect("web", ("2026-11-02T06:00:00Z", WHOLE.1), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_plan_counts_for_as_long_as_it_was_had() {
    let stand = Stand::new().await;
    let resize = async |bundle: &str| {
        stand
            .host
            .done(stand.host.verbs.resize_instance(&caller(), "web", bundle).await.expect("accepted"))
            .await;
    };
    stand.set("2026-11-02T00:00:00Z");
    resize("micro_3_0").await;
    stand.set("2026-11-04T00:00:00Z");
    resize("small_3_0").await;
    // One that fails changes nothing.
    stand.set("2026-11-05T00:00:00Z");
    let mut once = true;
    stand.host.world.fail_when(move |call| call == "make_layer" && std::mem::take(&mut once));
    let failed = stand.host.verbs.resize_instance(&caller(), "web", "medium_3_0").await.expect("accepted");
    assert_eq!(stand.host.ended(failed[0].id).await.status, OperationStatus::Failed);
    stand.set("2026-11-06T00:00:00Z");
    let expected = [
        (NANO, 24.0, 24.0 * HOUR),
        ("USE1-BundleUsage:1GB", 48.0, 48.0 * 7.0 / 744.0),
        ("USE1-BundleUsage:2GB", 48.0, 48.0 * 12.0 / 744.0),
    ];
    stand.expect("web", WHOLE, &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_out_beyond_the_allowance_is_paid_for() {
    let stand = Stand::new().await;
    let id = stand.host.verbs.get_instance(&caller(), "web").await.expect("there").id;
    stand.set("2026-11-16T00:00:00Z");
    let moves = |inward: u64, outward: u64| {
        let bytes = Bytes { inward: inward << 30, outward: outward << 30 };
        stand.host.world.world().counters.insert(id, bytes);
    };
    moves(512, 512);
    let plan = (NANO, 360.0, 360.0 * HOUR);
    stand.expect("web", WHOLE, &[plan]).await;
    moves(512, 1536);
    let over = "USE1-DataXfer-Out-Overage-Bytes";
    stand.expect("web", WHOLE, &[plan, (over, 768.0, 768.0 * 0.09)]).await;
    let third = [(NANO, 120.0, 120.0 * HOUR), (over, 256.0, 256.0 * 0.09)];
    stand.expect("web", (WHOLE.0, "2026-11-06T00:00:00Z"), &third).await;
    // Another month begins with nothing, and the one before stays what it was.
    stand.set("2026-12-02T00:00:00Z");
    stand.expect("web", (WHOLE.1, "2027-01-01T00:00:00Z"), &[(NANO, 24.0, 24.0 * HOUR)]).await;
    stand.expect("web", WHOLE, &[(NANO, 720.0, 720.0 * HOUR), (over, 768.0, 768.0 * 0.09)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_costs_what_it_may_hold_and_attached_to_an_instance_no_less() {
    let stand = Stand::new().await;
    let disk =
        CreateDisk { name: "data".into(), zone: "us-east-1a".into(), size_gb: 30, ..CreateDisk::default() };
    stand.host.done(stand.host.verbs.create_disk(&caller(), disk).await.expect("made")).await;
    stand.set("2026-11-02T00:00:00Z");
    let ann = caller();
    let attach = stand.host.verbs.attach_disk(&ann, "data", "web", "/dev/xvdf");
    stand.host.done(attach.await.expect("accepted")).await;
    stand.set("2026-11-03T00:00:00Z");
    assert_eq!(stand.ask("data", WHOLE).await.expect("there").kind, ResourceType::Disk);
    stand.expect("data", WHOLE, &[("USE1-DiskUsage", 2.0, 0.2)]).await;
    stand.expect("web", WHOLE, &[(NANO, 48.0, 48.0 * HOUR)]).await;
}

/// What blocks of the simulated world cost that are kept for 30 days of 30.
fn kept(blocks: u32) -> (&'static str, f64, f64) {
    let gigabytes = f64::from(blocks) * 64.0 / f64::from(1 << 20);
    ("USE1-SnapshotUsage", gigabytes, gigabytes * 0.05)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_costs_what_no_older_one_holds() {
    let stand = Stand::new().await;
    stand.write(1).await;
    stand.write(2).await;
    stand.snap("first").await;
    stand.write(3).await;
    stand.set("2026-11-01T00:00:01Z");
    stand.snap("second").await;
    stand.set(WHOLE.1);
    stand.expect("first", WHOLE, &[kept(2)]).await;
    let (word, units, usd) = kept(1);
    let found = stand.cost("second", WHOLE).await;
    assert_eq!((found.len(), found[0].0.as_str()), (1, word));
    // But for its first second.
    assert!((found[0].1 / units - 1.0).abs() < 1e-6 && (found[0].2 / usd - 1.0).abs() < 1e-6, "{found:?}");
    assert_eq!(stand.ask("second", WHOLE).await.expect("there").kind, ResourceType::InstanceSnapshot);
    // When the first one is gone, the second one holds it all.
    let ann = caller();
    let delete = stand.host.verbs.delete_instance_snapshot(&ann, "first");
    stand.host.done(delete.await.expect("deleted")).await;
    assert!((stand.cost("second", WHOLE).await[0].1 / kept(3).1 - 1.0).abs() < 1e-6);
}

#[tokio::test(flavor = "multi_thread")]
async fn automatic_snapshots_count_with_what_they_are_of() {
    let stand = Stand::new().await;
    stand.host.verbs.enable_auto_snapshots(&caller(), "web", TimeOfDay::DEFAULT).await.expect("enabled");
    stand.write(1).await;
    stand.set("2026-11-02T06:00:00Z");
    stand.host.done(stand.host.verbs.take_due_snapshots().await.expect("looked")).await;
    stand.set("2026-11-03T06:00:00Z");
    let (word, units, usd) = kept(1);
    let auto = (word, units / 30.0, usd / 30.0);
    stand.expect("web", WHOLE, &[(NANO, 54.0, 54.0 * HOUR), auto]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_static_address_costs_while_nothing_has_it() {
    let stand = Stand::new().await;
    let verbs = &stand.host.verbs;
    verbs.allocate_static_ip(&caller(), "site").await.expect("room");
    // Three hours idle, of which one is free; then web has it for a day.
    stand.set("2026-11-01T03:00:00Z");
    verbs.attach_static_ip(&caller(), "site", "web").await.expect("attached");
    stand.set("2026-11-02T03:00:00Z");
    let idle = "USE1-UnusedStaticIP";
    stand.expect("site", WHOLE, &[(idle, 2.0, 0.01)]).await;
    verbs.detach_static_ip(&caller(), "site").await.expect("detached");
    stand.set("2026-11-02T03:30:00Z");
    verbs.attach_static_ip(&caller(), "site", "web").await.expect("attached");
    stand.expect("site", WHOLE, &[(idle, 2.0, 0.01)]).await;
    // Whoever deletes the instance sets it free.
    stand.set("2026-11-03T00:00:00Z");
    stand.host.done(verbs.delete_instance(&caller(), "web", false).await.expect("there")).await;
    stand.set("2026-11-03T04:00:00Z");
    stand.expect("site", WHOLE, &[(idle, 5.0, 0.025)]).await;
    // Another web comes and goes without it.
    stand.host.done(create(verbs, &["web"]).await.expect("accepted")).await;
    stand.set("2026-11-03T05:00:00Z");
    stand.host.done(verbs.delete_instance(&caller(), "web", false).await.expect("there")).await;
    stand.expect("site", WHOLE, &[(idle, 6.0, 0.03)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_pair_is_free_and_what_is_deleted_costs_nothing() {
    let stand = Stand::new().await;
    stand.host.verbs.create_key_pair(&caller(), "mine", Vec::new()).await.expect("made");
    stand.set("2026-11-02T00:00:00Z");
    assert_eq!(stand.ask("mine", WHOLE).await.expect("there").usages, []);
    stand.host.done(stand.host.verbs.delete_instance(&caller(), "web", false).await.expect("there")).await;
    assert_eq!(stand.ask("web", WHOLE).await.expect_err("gone").kind, Kind::NotFound);
    // Another of that name begins anew.
    stand.host.done(create(&stand.host.verbs, &["web"]).await.expect("accepted")).await;
    stand.set("2026-11-02T02:00:00Z");
    stand.expect("web", WHOLE, &[(NANO, 2.0, 2.0 * HOUR)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn times_and_names_that_make_no_sense_are_refused() {
    let stand = Stand::new().await;
    stand.set("2026-11-02T00:00:00Z");
    for (name, when, field) in [
        ("web", (WHOLE.1, WHOLE.0), Some("endTime")),
        ("web", (WHOLE.0, WHOLE.0), Some("endTime")),
        ("web", ("2026-11-02T00:00:00.001Z", WHOLE.1), Some("startTime")),
        ("a/b", WHOLE, Some("resourceName")),
    ] {
        let error = stand.ask(name, when).await.expect_err("refused");
        assert_eq!((error.kind, error.field), (Kind::InvalidInput, field), "{name} {when:?}");
    }
    assert_eq!(stand.ask("nothing", WHOLE).await.expect_err("unknown").kind, Kind::NotFound);
    stand.expect("web", ("0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z"), &[(NANO, 24.0, 24.0 * HOUR)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_what_anothers_costs() {
    let policy = Policy { access: Access::Private, ..common::policy() };
    let host = Host::with(policy);
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    host.verbs.allocate_static_ip(&caller(), "site").await.expect("room");
    let stranger = common::user("bob");
    let now = Timestamp::now();
    let asked = Stretch { start: now - SignedDuration::from_hours(1), end: now };
    for name in ["web", "site"] {
        let refused = host.verbs.get_cost_estimate(&stranger, name, asked).await.expect_err("hidden");
        assert_eq!(refused.kind, Kind::NotFound);
        host.verbs.get_cost_estimate(&caller(), name, asked).await.expect("one's own");
    }
}
