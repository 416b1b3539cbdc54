//! Layers made one, with every kill and fault, and operations that come between.

use std::sync::atomic::Ordering;

use sloopd::model::{OperationStatus, ResourceType};

use crate::{
    common::{self, CutAt, Host, caller},
    stand::*,
};

/// Instance `web` with twelve snapshots, of which each keeps a block; it runs, or is off.
async fn deep(running: bool) -> Host {
    let host = stand().await;
    for number in 0..12 {
        write(&host, "web", number, 100 + number).await;
        write(&host, "web", 50, number).await;
        snap(&host, "web", &format!("snap-{number}")).await;
    }
    if !running {
        stop(&host, "web").await;
    }
    host
}

/// What `snap-N` keeps.
fn kept(number: u64) -> Content {
    (0..=number).map(|block| (block, 100 + block)).chain([(50, number)]).collect()
}

async fn depth(host: &Host, name: &str) -> usize {
    instance(host, name).await.system().expect("it has one").stack.depth()
}

async fn forget(host: &Host, snapshot: &str) {
    host.done(host.verbs.delete_instance_snapshot(&caller(), snapshot).await.expect("accepted")).await;
}

/// All that is left holds what it held.
async fn holds(host: &Host, case: &str) {
    assert_eq!(content(host, "web").await, kept(11), "{case}");
    for snapshot in host.ports.store.snapshots().await.expect("readable") {
        let number = snapshot.title().trim_start_matches("snap-").parse().expect("a number");
        let stack = host.ports.store.stack(snapshot.disks[0].layer).await.expect("readable");
        assert_eq!(content_of(host, &stack), kept(number), "{case}: {}", snapshot.title());
    }
    consistent(host, case).await;
}

#[tokio::test]
async fn every_disk_is_shallow_and_what_was_deleted_gives_its_room_back() {
    for running in [true, false] {
        let host = deep(running).await;
        assert!(depth(&host, "web").await > 8);
        assert!(host.engine.tidy().await.expect("tidied") > 0);
        assert!(depth(&host, "web").await <= 8);
        holds(&host, "shortened").await;
        for number in [0, 2, 3, 4, 7, 8, 11] {
            forget(&host, &format!("snap-{number}")).await;
        }
        host.engine.tidy().await.expect("tidied");
        holds(&host, "folded").await;
        let layers = host.ports.store.layers().await.expect("readable");
        let made = layers.iter().filter(|layer| layer.is_made).count();
        assert!(made <= 7, "five snapshots and a disk have {made} layers, running {running}");
        for number in [1, 5, 6, 9, 10] {
            forget(&host, &format!("snap-{number}")).await;
        }
        host.engine.tidy().await.expect("tidied");
        assert_eq!(content(&host, "web").await, kept(11));
        assert_eq!(depth(&host, "web").await, 2, "one layer on its base image");
        consistent(&host, "alone").await;
        assert_eq!(host.engine.tidy().await.expect("tidied"), 0, "nothing is left to do");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_moment_of_tidying_loses_nothing() {
    for running in [true, false] {
        let mut moments = 0;
        loop {
            let host = deep(running).await;
            for number in [0, 3, 4, 9] {
                forget(&host, &format!("snap-{number}")).await;
            }
            let line = CutAt::moment(moments);
            let host = host.reborn(line.clone()).await;
            host.engine.tidy().await.expect("tidied");
            let cut = line.seen.load(Ordering::SeqCst) > moments;
            let case = format!("running {running}, killed {} ({moments})", line.place());
            let host = host.reborn(common::unbroken()).await;
            holds(&host, &case).await;
            host.engine.tidy().await.expect("tidied");
            assert!(depth(&host, "web").await <= 8, "{case}");
            holds(&host, &case).await;
            if !cut {
                break;
            }
            moments += 1;
        }
        assert!(moments >= 8, "only {moments} moments");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_in_any_call_of_tidying_loses_nothing() {
    for running in [true, false] {
        for call in 0.. {
            let host = deep(running).await;
            for number in [0, 3, 4, 9] {
                forget(&host, &format!("snap-{number}")).await;
            }
            let failed = host.fail_call(call);
            let _ = host.engine.tidy().await;
            host.world.heal();
            let Some(name) = failed.lock().expect("unpoisoned").clone() else { break };
            let case = format!("running {running}, {name} failing, call {call}");
            holds(&host, &case).await;
            // A new daemon has forgotten what failed.
            let host = host.reborn(common::unbroken()).await;
            host.engine.tidy().await.expect("tidied");
            assert!(depth(&host, "web").await <= 8, "{case}");
            holds(&host, &case).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_is_restored_while_its_layer_goes_is_whole() {
    let host = deep(false).await;
    for number in (0..11).filter(|number| *number != 5) {
        forget(&host, &format!("snap-{number}")).await;
    }
    let asked = restored("snap-5", "copy", "small_3_0");
    let me = caller();
    let (copied, tidied) =
        tokio::join!(host.verbs.create_instances_from_snapshot(&me, asked), host.engine.tidy());
    tidied.expect("tidied");
    let ended = host.ended(copied.expect("accepted")[0].id).await;
    assert_eq!(ended.status, OperationStatus::Succeeded, "{ended:?}");
    assert_eq!(content(&host, "copy").await, kept(5));
    host.engine.tidy().await.expect("tidied");
    assert_eq!(content(&host, "copy").await, kept(5));
    holds(&host, "restored").await;
    let shown = host.verbs.get_snapshot(&caller(), ResourceType::InstanceSnapshot, "snap-5").await;
    assert_eq!(shown.expect("there").disks.len(), 1);
}
