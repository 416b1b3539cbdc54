//! How long the history goes back, by a clock that the test turns.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use sloopd::{
    model::{Door, Kind, OperationKind, TimeOfDay},
    ports::Clock as _,
};

use crate::{
    all,
    common::{Host, caller, create, dial::Dial},
};

/// A host with the instance `web`, at noon of a day.
async fn host() -> (Host, Arc<Dial>) {
    let dial = Dial::at("2026-11-20T12:00:00Z");
    let host = Host::by_clock(dial.clone());
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    (host, dial)
}

async fn tag(host: &Host, name: &str, value: &str) {
    let tags = vec![("at".to_owned(), value.to_owned())];
    host.verbs.tag_resource(&caller(), name, None, tags).await.expect("tagged");
}

/// What changed since a time, or ever, on a resource.
async fn changes(host: &Host, name: &str, since: Option<Timestamp>) -> Vec<String> {
    let page = host.verbs.get_history(&caller(), Some(name), since, None).await.expect("there");
    page.items.into_iter().map(|entry| entry.operation.change).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_it_is_what_came_since_a_time() {
    let (host, dial) = host().await;
    let mut times = Vec::new();
    for value in ["one", "two", "three"] {
        dial.turn(SignedDuration::from_hours(1));
        times.push(dial.now());
        tag(&host, "web", value).await;
    }
    assert_eq!(changes(&host, "web", Some(times[1])).await, ["tag at: two -> three", "tag at: one -> two"]);
    dial.turn(SignedDuration::from_hours(1));
    assert_eq!(changes(&host, "web", Some(dial.now())).await, [""; 0], "it is there, and nothing was done");
    assert_eq!(changes(&host, "web", None).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_years_are_kept_and_what_is_there_is_known_after_that() {
    let (host, dial) = host().await;
    let verbs = &host.verbs;
    for name in ["gone", "kept"] {
        verbs.create_key_pair(&caller(), name, Vec::new()).await.expect("made");
    }
    verbs.delete_key_pair(&caller(), "gone", None).await.expect("deleted");
    dial.turn(SignedDuration::from_hours(24 * 729));
    tag(&host, "kept", "late").await;
    assert_eq!(verbs.forget_history().await.expect("looked"), 0, "nothing is that old");
    assert_eq!(changes(&host, "kept", None).await.len(), 2);
    dial.turn(SignedDuration::from_hours(48));
    assert_eq!(
        verbs.forget_history().await.expect("looked"),
        0,
        "a clock that is ahead forgets nothing by itself"
    );
    tag(&host, "kept", "later").await;
    let before = all(&host).await.len();
    let forgotten = verbs.forget_history().await.expect("looked");
    assert_eq!((forgotten, all(&host).await.len()), (before - 2, 2));
    assert_eq!(verbs.forget_history().await.expect("looked"), 0);
    assert_eq!(changes(&host, "kept", None).await, ["tag at: late -> later", "tag at: late"]);
    assert_eq!(changes(&host, "web", None).await, [""; 0], "nothing was done to it for long");
    let gone = verbs.get_history(&caller(), Some("gone"), None, None).await.expect_err("forgotten");
    assert_eq!(gone.kind, Kind::NotFound);
    verbs.get_operations_for_resource(&caller(), "web", None).await.expect("it is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_daemon_does_by_itself_is_told_as_its_own() {
    let (host, dial) = host().await;
    host.verbs.enable_auto_snapshots(&caller(), "web", TimeOfDay::DEFAULT).await.expect("enabled");
    for _ in 0..9 {
        dial.turn(SignedDuration::from_hours(24));
        host.done(host.verbs.take_due_snapshots().await.expect("looked")).await;
    }
    host.verbs.take_due_snapshots().await.expect("looked");
    let all = all(&host).await;
    let own: Vec<_> = all.iter().filter(|one| one.caller == "sloopd").collect();
    assert!(own.iter().all(|one| one.door == Door::Daemon && one.owner.0 == "ann"), "{own:?}");
    let count = |kind, name: &str| {
        own.iter().filter(|one| one.kind == kind && (name.is_empty() || one.resource_name == name)).count()
    };
    assert_eq!(count(OperationKind::CreateInstanceSnapshot, "web"), 9);
    assert_eq!(count(OperationKind::DeleteInstanceSnapshot, ""), 2, "seven are kept");
    assert_eq!(count(OperationKind::DeleteInstanceSnapshot, "2026-11-21"), 1);
    assert_eq!(own.len(), 20, "each on the instance and on the snapshot: {own:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_a_console_was_there_for_a_time() {
    let (host, dial) = host().await;
    let (_, console) = host.verbs.attach_console(&caller(), "web").await.expect("it runs");
    let took = async || {
        let page = host.verbs.get_history(&caller(), Some("web"), None, None).await.expect("there");
        let session = page.items.into_iter().find(|one| one.operation.kind == OperationKind::AttachConsole);
        session.expect("from the beginning").took
    };
    assert_eq!(took().await, Duration::ZERO);
    dial.turn(SignedDuration::from_hours(2));
    drop(console);
    host.until(async || took().await == Duration::from_hours(2)).await;
}
