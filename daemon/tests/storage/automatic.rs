//! Automatic snapshots, by a clock that the test turns.

use std::sync::Arc;

use jiff::SignedDuration;
use sloopd::{
    model::{Kind, ResourceType, Slot, Status, TimeOfDay},
    verbs::{AutoChoice, CopySnapshot, CreateDisk, CreateInstances, DiskOrigin},
};

use crate::{
    common::{self, Host, caller, create, dial::Dial, order},
    stand::*,
};

/// A running instance with daily snapshots at six, asked for at noon on the 20th.
async fn daily() -> (Host, Arc<Dial>) {
    let dial = Dial::at("2026-11-20T12:00:00Z");
    let host = Host::by_clock(dial.clone());
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    host.verbs.enable_auto_snapshots(&caller(), "web", TimeOfDay::DEFAULT).await.expect("enabled");
    (host, dial)
}

async fn tick(host: &Host) {
    host.done(host.verbs.take_due_snapshots().await.expect("looked")).await;
}

async fn days(host: &Host, name: &str) -> Vec<String> {
    let all = host.verbs.get_auto_snapshots(&caller(), name).await.expect("listed");
    all.snapshots.into_iter().filter_map(|one| one.day).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn over_eight_days_seven_are_kept() {
    let (host, dial) = daily().await;
    for hour in 0..8 * 24 {
        write(&host, "web", 1, hour).await;
        dial.turn(SignedDuration::from_hours(1));
        tick(&host).await;
    }
    tick(&host).await;
    let kept = days(&host, "web").await;
    assert_eq!(kept.len(), 7);
    assert_eq!((kept[0].as_str(), kept[6].as_str()), ("2026-11-28", "2026-11-22"), "the newest first");
    consistent(&host, "after eight days").await;
    // Each holds what was there at its hour: the first of those kept was taken 42 hours after the beginning.
    let mut asked = restored("", "copy", "nano_3_0");
    asked.automatic = Some(("web".into(), AutoChoice::Day("2026-11-22".into())));
    host.done(host.verbs.create_instances_from_snapshot(&caller(), asked).await.expect("accepted")).await;
    assert_eq!(content(&host, "copy").await, Content::from([(1, 41)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_is_made_up_for_once_and_a_clock_that_turns_loses_nothing() {
    let (host, dial) = daily().await;
    dial.set("2026-11-21T06:00:00Z");
    tick(&host).await;
    tick(&host).await;
    assert_eq!(days(&host, "web").await, ["2026-11-21"], "once a day");
    // The host sleeps for four days.
    dial.set("2026-11-25T11:00:00Z");
    let host = host.reborn(common::unbroken()).await;
    tick(&host).await;
    assert_eq!(days(&host, "web").await, ["2026-11-25", "2026-11-21"]);
    // The clock goes back, and on again.
    dial.set("2026-11-24T23:00:00Z");
    tick(&host).await;
    dial.set("2026-11-25T07:00:00Z");
    tick(&host).await;
    assert_eq!(days(&host, "web").await, ["2026-11-25", "2026-11-21"], "none is made twice, none is lost");
    // It was years ahead for a moment, and is right again.
    dial.set("2031-01-01T07:00:00Z");
    tick(&host).await;
    dial.set("2026-11-26T07:00:00Z");
    tick(&host).await;
    assert!(days(&host, "web").await.contains(&"2026-11-26".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_is_due_still() {
    let (host, dial) = daily().await;
    dial.set("2026-11-21T06:00:00Z");
    host.world.fail_when(|call| call == "pivot");
    let begun = host.verbs.take_due_snapshots().await.expect("looked");
    host.ended(begun[0].id).await;
    assert!(days(&host, "web").await.is_empty());
    host.world.heal();
    tick(&host).await;
    assert_eq!(days(&host, "web").await, ["2026-11-21"]);
    consistent(&host, "after a failure").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_stay_when_the_instance_goes_and_all_stay_when_the_add_on_does() {
    let (host, dial) = daily().await;
    write(&host, "web", 1, 10).await;
    for day in ["2026-11-21T06:00:00Z", "2026-11-22T06:00:00Z"] {
        dial.set(day);
        tick(&host).await;
    }
    host.verbs.disable_auto_snapshots(&caller(), "web").await.expect("disabled");
    dial.set("2026-11-23T06:00:00Z");
    tick(&host).await;
    assert_eq!(days(&host, "web").await, ["2026-11-22", "2026-11-21"], "those there are stay, none is added");
    let copy = CopySnapshot {
        automatic: Some(("web".into(), AutoChoice::Latest)),
        target: "kept".into(),
        region: "us-east-1".into(),
        ..CopySnapshot::default()
    };
    host.done(host.verbs.copy_snapshot(&caller(), copy).await.expect("copied")).await;
    host.verbs.delete_auto_snapshot(&caller(), "web", "2026-11-21").await.expect("deleted");
    let gone = host.verbs.delete_auto_snapshot(&caller(), "web", "2026-11-21").await.expect_err("gone");
    assert_eq!(gone.kind, Kind::NotFound);
    host.done(host.verbs.delete_instance(&caller(), "web", false).await.expect("accepted")).await;
    let left = host.ports.store.snapshots().await.expect("readable");
    let titles: Vec<_> = left.iter().map(|one| (one.title(), one.is_from_auto)).collect();
    assert_eq!(titles, [("kept", true)]);
    host.done(restore(&host, "kept", "copy").await.expect("accepted")).await;
    assert_eq!(content(&host, "copy").await, Content::from([(1, 10)]));
    consistent(&host, "without the instance").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn disks_have_them_as_well() {
    let (host, dial) = daily().await;
    host.done(host.verbs.create_disk(&caller(), new_disk("data", 8)).await.expect("made")).await;
    host.verbs.enable_auto_snapshots(&caller(), "data", TimeOfDay::DEFAULT).await.expect("enabled");
    dial.set("2026-11-21T07:00:00Z");
    tick(&host).await;
    host.done(host.verbs.attach_disk(&caller(), "data", "web", "/dev/xvdf").await.expect("accepted")).await;
    let (web, slot) = (instance(&host, "web").await, Slot::of_path("/dev/xvdf").expect("a path"));
    host.world.write(web.id, slot, 1, 10).expect("it runs");
    dial.set("2026-11-22T07:00:00Z");
    tick(&host).await;
    let all = host.verbs.get_auto_snapshots(&caller(), "data").await.expect("listed");
    assert_eq!((all.kind, all.snapshots.len()), (ResourceType::Disk, 2));
    for (name, day, wanted) in
        [("one", "2026-11-21", Content::new()), ("two", "2026-11-22", Content::from([(1, 10)]))]
    {
        let mut asked = new_disk(name, 8);
        asked.origin = DiskOrigin::Automatic("data".into(), AutoChoice::Day(day.into()));
        host.done(host.verbs.create_disk(&caller(), asked).await.expect("made")).await;
        assert_eq!(content_of(&host, &disk(&host, name).await.stack), wanted, "{name}");
    }
    consistent(&host, "after snapshots of a disk").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_is_none_and_a_name_that_is_nobodys_are_refused() {
    let (host, _) = daily().await;
    let wrong = "25:00".parse::<TimeOfDay>().expect_err("no time");
    assert_eq!((wrong.kind, wrong.field), (Kind::InvalidInput, Some("snapshotTimeOfDay")));
    let nobody = host.verbs.enable_auto_snapshots(&caller(), "nobody", TimeOfDay::DEFAULT).await;
    let nobody = nobody.expect_err("unknown");
    assert_eq!(nobody.kind, Kind::NotFound);
    assert!(
        AutoChoice::of(None, None).is_err() && AutoChoice::of(Some("2026-11-21".into()), Some(true)).is_err()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_has_them_from_the_beginning_or_is_not_made() {
    let (dial, daily) = (Dial::at("2026-11-20T12:00:00Z"), Some(TimeOfDay::DEFAULT));
    let host = Host::by_clock(dial.clone());
    let with = |names: &[&str]| CreateInstances { daily, ..order(names) };
    host.done(host.verbs.create_instances(&caller(), with(&["web", "db"])).await.expect("accepted")).await;
    let data = CreateDisk { daily, ..new_disk("data", 8) };
    host.done(host.verbs.create_disk(&caller(), data).await.expect("made")).await;
    host.done(host.verbs.create_disk(&caller(), new_disk("plain", 8)).await.expect("made")).await;
    snap(&host, "web", "kept").await;
    let mut copy = restored("kept", "copy", "nano_3_0");
    copy.instances.daily = daily;
    host.done(host.verbs.create_instances_from_snapshot(&caller(), copy).await.expect("accepted")).await;

    let taken = host.verbs.create_instances(&caller(), with(&["new", "web"])).await.expect_err("in use");
    assert_eq!(taken.kind, Kind::NameInUse);
    let taken = CreateDisk { daily, ..new_disk("web", 8) };
    assert_eq!(host.verbs.create_disk(&caller(), taken).await.expect_err("in use").kind, Kind::NameInUse);
    assert_eq!(host.ports.store.auto_snapshots().await.expect("readable").len(), 4);

    let times = host.verbs.get_daily_times().await.expect("readable");
    assert_eq!(times.of(instance(&host, "db").await.id.0), daily);
    assert_eq!(times.of(disk(&host, "data").await.id.0), daily);
    assert_eq!(times.of(disk(&host, "plain").await.id.0), None);
    dial.set("2026-11-21T06:00:00Z");
    tick(&host).await;
    for name in ["web", "db", "data", "copy"] {
        assert_eq!(days(&host, name).await, ["2026-11-21"], "{name}");
    }
    assert!(days(&host, "plain").await.is_empty());
    consistent(&host, "after the first day").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_them_is_deleted_only_with_them() {
    let (host, dial) = daily().await;
    let data = CreateDisk { daily: Some(TimeOfDay::DEFAULT), ..new_disk("data", 8) };
    host.done(host.verbs.create_disk(&caller(), data).await.expect("made")).await;
    dial.set("2026-11-21T07:00:00Z");
    tick(&host).await;
    for refused in [
        host.verbs.delete_instance(&caller(), "web", false).await,
        host.verbs.delete_disk(&caller(), "data", false).await,
    ] {
        let refused = refused.expect_err("it has them");
        assert_eq!((refused.kind, refused.code), (Kind::WrongState, "AddOnEnabled"));
        assert!(refused.tip.is_some_and(|tip| tip.contains("forceDeleteAddOns")));
    }
    assert_eq!(instance(&host, "web").await.status, Status::Running);
    assert_eq!((days(&host, "web").await.len(), days(&host, "data").await.len()), (1, 1));

    host.done(host.verbs.delete_instance(&caller(), "web", true).await.expect("accepted")).await;
    host.done(host.verbs.delete_disk(&caller(), "data", true).await.expect("deleted")).await;
    assert_eq!(host.ports.store.auto_snapshots().await.expect("readable"), []);
    assert!(host.ports.store.snapshots().await.expect("readable").is_empty());
    consistent(&host, "with nothing left").await;
}
