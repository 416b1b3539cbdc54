//! Every storage verb with every step failing, and the engine killed before and after every effect and record.

use std::sync::atomic::Ordering;

use sloopd::model::{Operation, OperationStatus, Result, Slot};

use crate::{
    common::{self, CutAt, Host, caller},
    stand::*,
};

/// A verb that takes steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Snapshot,
    SnapshotStopped,
    Restore,
    Attach,
    Grow,
    Resize,
    RollBack,
    Clone,
}

const VERBS: [Verb; 8] = [
    Verb::Snapshot,
    Verb::SnapshotStopped,
    Verb::Restore,
    Verb::Attach,
    Verb::Grow,
    Verb::Resize,
    Verb::RollBack,
    Verb::Clone,
];

fn slot() -> Slot {
    Slot::of_path("/dev/xvdf").expect("a path")
}

/// A host where the verb can be asked for: `web` holds 1: 10 in `good`, and 1: 11 now; `data` is attached to it.
async fn prepare(verb: Verb) -> Host {
    let host = stand().await;
    write(&host, "web", 1, 10).await;
    host.done(host.verbs.create_disk(&caller(), new_disk("data", 8)).await.expect("made")).await;
    if verb != Verb::Attach {
        host.done(host.verbs.attach_disk(&caller(), "data", "web", "/dev/xvdf").await.expect("accepted"))
            .await;
        let web = instance(&host, "web").await.id;
        host.world.write(web, slot(), 2, 20).expect("it runs");
    }
    snap(&host, "web", "good").await;
    write(&host, "web", 1, 11).await;
    if verb == Verb::SnapshotStopped {
        stop(&host, "web").await;
    }
    host
}

async fn ask(host: &Host, verb: Verb) -> Operation {
    let (verbs, caller) = (&host.verbs, caller());
    let asked: Result<Vec<Operation>> = match verb {
        Verb::Snapshot | Verb::SnapshotStopped => ask_snap(host, "web", "now").await,
        Verb::Restore => restore(host, "good", "copy").await,
        Verb::Attach => verbs.attach_disk(&caller, "data", "web", "/dev/xvdf").await,
        Verb::Grow => verbs.grow_disk(&caller, "data", 12).await,
        Verb::Resize => verbs.resize_instance(&caller, "web", "small_3_0").await,
        Verb::RollBack => verbs.roll_back_instance(&caller, "web", "good", Some("kept")).await,
        Verb::Clone => verbs.clone_instance(&caller, "web", "copy", None).await,
    };
    let asked = asked.expect("accepted");
    // The side that the engine carries out.
    asked.iter().find(|one| one.follows.is_none()).cloned().expect("one of them leads")
}

/// What every disk holds after the verb, done or undone.
async fn holds(host: &Host, verb: Verb, done: bool, case: &str) {
    host.until(async || host.unfinished().await.is_empty()).await;
    let went_back = done && verb == Verb::RollBack;
    let web = if went_back { 10 } else { 11 };
    assert_eq!(content(host, "web").await, Content::from([(1, web)]), "{case}");
    let data = if verb == Verb::Attach { Content::new() } else { Content::from([(2, 20)]) };
    let disk = disk(host, "data").await;
    assert_eq!(content_of(host, &disk.stack), data, "{case}");
    assert_eq!(disk.attachment.is_some(), verb != Verb::Attach || done, "{case}");
    assert_eq!(disk.stack.bytes() >> 30, if done && verb == Verb::Grow { 12 } else { 8 }, "{case}");
    let good = snapshot(host, "good").await;
    let frozen = host.ports.store.stack(good.disks[0].layer).await.expect("readable");
    assert_eq!(content_of(host, &frozen), Content::from([(1, 10)]), "{case}");
    let snapshots = host.ports.store.snapshots().await.expect("readable").len();
    let makes_one = matches!(verb, Verb::Snapshot | Verb::SnapshotStopped | Verb::RollBack);
    assert_eq!(snapshots, 1 + usize::from(done && makes_one), "{case}");
    if done && matches!(verb, Verb::Restore | Verb::Clone) {
        let value = if verb == Verb::Clone { 11 } else { 10 };
        assert_eq!(content(host, "copy").await, Content::from([(1, value)]), "{case}");
    }
    consistent(host, case).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_moment_of_a_storage_verb_is_just_a_pause() {
    for verb in VERBS {
        let mut moments = 0;
        loop {
            let line = CutAt::moment(moments);
            let host = prepare(verb).await.reborn(line.clone()).await;
            let operation = ask(&host, verb).await;
            host.until_dead_or_done(&line.seen, moments, operation.id).await;
            let cut = line.seen.load(Ordering::SeqCst) > moments;
            let case = format!("{verb:?} killed {}", line.place());
            let host = host.reborn(common::unbroken()).await;
            let ended = host.ended(operation.id).await;
            assert_eq!(ended.status, OperationStatus::Succeeded, "{case}: {ended:?}");
            holds(&host, verb, true, &case).await;
            if !cut {
                break;
            }
            moments += 1;
        }
        assert!(moments >= 4, "{verb:?} has only {moments} moments");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_of_a_storage_verb_fails_once() {
    for verb in VERBS {
        let mut calls = 0;
        loop {
            let host = prepare(verb).await;
            let failed = host.fail_call(calls);
            let operation = ask(&host, verb).await;
            let ended = host.ended(operation.id).await;
            host.until(async || host.unfinished().await.is_empty()).await;
            host.world.heal();
            let Some(name) = failed.lock().expect("unpoisoned").clone() else { break };
            let case = format!("{verb:?} with {name} failing, call {calls}");
            holds(&host, verb, ended.status == OperationStatus::Succeeded, &case).await;
            // Whatever had failed works now.
            if ended.status == OperationStatus::Failed {
                let again = ask(&host, verb).await;
                assert_eq!(host.ended(again.id).await.status, OperationStatus::Succeeded, "{case}, again");
                holds(&host, verb, true, &case).await;
            }
            calls += 1;
        }
        assert!(calls >= 1 || verb == Verb::SnapshotStopped, "{verb:?} calls nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_of_an_operation_end_alike() {
    let host = prepare(Verb::Snapshot).await;
    host.world.fail_when(|call| call == "pivot");
    let asked = ask_snap(&host, "web", "now").await.expect("accepted");
    let leads = asked.iter().find(|one| one.follows.is_none()).expect("one of them leads");
    let (ended, other) = (host.ended(leads.id).await, host.ended(asked[0].id).await);
    assert_eq!((ended.status, other.status), (OperationStatus::Failed, OperationStatus::Failed));
    assert!(other.error_details.is_some() && other.error_details == ended.error_details);
    host.world.heal();
    snap(&host, "web", "now").await;
}
