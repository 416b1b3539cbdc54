//! The engine on the simulated host: every step fails, and the engine dies before and after every effect and record.

mod common;

use std::sync::atomic::Ordering;

use common::{CutAt, Host, caller, create};
use sloopd::{
    model::{Beneath, DomainState, LayerId, OperationKind, OperationStatus, Status},
    simulated::LayerFile,
};

/// What an operation should lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    Running,
    Stopped,
    Gone,
}

const CASES: [(OperationKind, Goal); 5] = [
    (OperationKind::CreateInstance, Goal::Running),
    (OperationKind::StartInstance, Goal::Running),
    (OperationKind::StopInstance, Goal::Stopped),
    (OperationKind::RebootInstance, Goal::Running),
    (OperationKind::DeleteInstance, Goal::Gone),
];

/// Brings a host to where `kind` can be asked for.
async fn prepare(host: &Host, kind: OperationKind) {
    if kind == OperationKind::CreateInstance {
        return;
    }
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    if kind == OperationKind::StartInstance {
        host.done(host.verbs.stop_instance(&caller(), "web", false).await.expect("accepted")).await;
    }
}

async fn ask(host: &Host, kind: OperationKind) -> sloopd::model::Operation {
    let (verbs, caller) = (&host.verbs, caller());
    let asked = match kind {
        OperationKind::CreateInstance => create(verbs, &["web"]).await,
        OperationKind::StartInstance => verbs.start_instance(&caller, "web").await,
        OperationKind::StopInstance => verbs.stop_instance(&caller, "web", false).await,
        OperationKind::RebootInstance => verbs.reboot_instance(&caller, "web").await,
        _ => verbs.delete_instance(&caller, "web", false).await,
    };
    asked.expect("accepted").remove(0)
}

/// World and records agree, and nothing is there twice or without its instance.
async fn consistent(host: &Host, goal: Goal, case: &str) {
    let instance = host.verbs.get_instance(&caller(), "web").await.ok();
    let world = host.world.world().clone();
    match goal {
        Goal::Gone => {
            assert!(instance.is_none(), "{case}: {instance:?}");
            assert!(
                world.domains.is_empty() && world.links.is_empty() && world.rules.is_empty(),
                "{case}: {world:?}"
            );
            assert!(world.layers.is_empty() && world.seeds.is_empty(), "{case}: {world:?}");
        }
        Goal::Running => {
            let instance = instance.unwrap_or_else(|| panic!("{case}: no instance"));
            assert_eq!(instance.status, Status::Running, "{case}");
            assert!(instance.public_ip.is_some(), "{case}");
            assert_eq!(world.domains.get(&instance.id), Some(&DomainState::Running), "{case}");
            assert!(
                world.links.contains(&instance.id) && world.rules.contains_key(&instance.id),
                "{case}: {world:?}"
            );
            assert_eq!((world.domains.len(), world.layers.len(), world.seeds.len()), (1, 1, 1), "{case}");
        }
        Goal::Stopped => {
            let instance = instance.unwrap_or_else(|| panic!("{case}: no instance"));
            assert_eq!((instance.status, instance.public_ip), (Status::Stopped, None), "{case}");
            assert!(!world.domains.values().any(|state| state.is_alive()), "{case}: {world:?}");
            assert!(world.rules.is_empty(), "{case}: {world:?}");
        }
    }
    assert!(host.unfinished().await.is_empty(), "{case}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_moment_is_just_a_pause() {
    for (kind, goal) in CASES {
        let mut moments = 0;
        loop {
            let line = CutAt::moment(moments);
            let host = Host::new();
            prepare(&host, kind).await;
            let host = host.reborn(line.clone()).await;
            let operation = ask(&host, kind).await;
            host.until_dead_or_done(&line.seen, moments, operation.id).await;
            let cut = line.seen.load(Ordering::SeqCst) > moments;
            let case = format!("{kind:?} killed {}", line.place());

            let host = host.reborn(common::unbroken()).await;
            let ended = host.ended(operation.id).await;
            assert_eq!(ended.status, OperationStatus::Succeeded, "{case}: {ended:?}");
            consistent(&host, goal, &case).await;
            if !cut {
                break;
            }
            moments += 1;
        }
        assert!(moments >= 6, "{kind:?} has only {moments} moments");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_fails_once() {
    for (kind, goal) in CASES {
        let mut calls = 0;
        loop {
            let host = Host::new();
            prepare(&host, kind).await;
            let failed = host.fail_call(calls);
            let operation = ask(&host, kind).await;
            let ended = host.ended(operation.id).await;
            host.world.heal();
            let Some(name) = failed.lock().expect("unpoisoned").clone() else { break };
            let case = format!("{kind:?} with a fault in {name}");
            if ended.status == OperationStatus::Failed {
                assert!(
                    ended.error_details.as_deref().is_some_and(|why| why.contains(&name)),
                    "{case}: {ended:?}"
                );
                after_failure(&host, kind, &case).await;
            } else {
                consistent(&host, goal, &case).await;
            }
            calls += 1;
        }
        assert!(calls >= 2, "{kind:?} makes only {calls} calls");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_while_undoing_is_a_pause_too() {
    let mut moments = 0;
    loop {
        let line = CutAt::moment(moments);
        let host = Host::new().reborn(line.clone()).await;
        host.world.fail_when(|call| call == "ensure_running");
        let operation = ask(&host, OperationKind::CreateInstance).await;
        host.until_dead_or_done(&line.seen, moments, operation.id).await;
        let cut = line.seen.load(Ordering::SeqCst) > moments;
        let case = format!("killed {}", line.place());

        let host = host.reborn(common::unbroken()).await;
        let ended = host.ended(operation.id).await;
        assert_eq!(ended.status, OperationStatus::Failed, "{case}: {ended:?}");
        consistent(&host, Goal::Gone, &case).await;
        if !cut {
            break;
        }
        moments += 1;
    }
    assert!(moments >= 30, "only {moments} moments");
}

/// A failed operation leaves nothing half-made, and the next try succeeds.
async fn after_failure(host: &Host, kind: OperationKind, case: &str) {
    match kind {
        OperationKind::CreateInstance => consistent(host, Goal::Gone, case).await,
        OperationKind::StartInstance => {
            consistent(host, Goal::Stopped, case).await;
            host.done(host.verbs.start_instance(&caller(), "web").await.expect("accepted")).await;
            consistent(host, Goal::Running, case).await;
        }
        _ => {}
    }
    if kind != OperationKind::CreateInstance {
        host.done(host.verbs.delete_instance(&caller(), "web", false).await.expect("accepted")).await;
        consistent(host, Goal::Gone, case).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_while_undoing_keeps_the_instance_deletable() {
    let host = Host::new();
    host.world.fail_when(|call| matches!(call, "ensure_running" | "ensure_undefined"));
    let operation = ask(&host, OperationKind::CreateInstance).await;
    let ended = host.ended(operation.id).await;
    let why = ended.error_details.expect("a reason");
    assert!(why.contains("ensure_running") && why.contains("undoing it failed too"), "{why}");
    host.world.heal();
    assert_eq!(host.verbs.get_instance(&caller(), "web").await.expect("kept").status, Status::ShuttingDown);
    host.done(host.verbs.delete_instance(&caller(), "web", false).await.expect("accepted")).await;
    consistent(&host, Goal::Gone, "deleted again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_does_not_listen_is_cut_by_force() {
    let host = Host::new();
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    let id = host.verbs.get_instance(&caller(), "web").await.expect("there").id;
    host.world.world().deaf.insert(id);
    let polite = host.verbs.stop_instance(&caller(), "web", false).await.expect("accepted").remove(0);
    let again = host.verbs.stop_instance(&caller(), "web", false).await.expect_err("on its way down");
    assert!(again.tip.is_some_and(|tip| tip.contains("--force")));
    let forced = host.verbs.stop_instance(&caller(), "web", true).await.expect("accepted").remove(0);
    assert_eq!(host.ended(polite.id).await.status, OperationStatus::Succeeded);
    assert_eq!(host.ended(forced.id).await.status, OperationStatus::Succeeded);
    consistent(&host, Goal::Stopped, "forced").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forced_stop_does_not_hurry_a_later_polite_one() {
    let host = Host::new();
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    host.done(host.verbs.stop_instance(&caller(), "web", true).await.expect("accepted")).await;
    host.done(host.verbs.start_instance(&caller(), "web").await.expect("accepted")).await;
    let id = host.verbs.get_instance(&caller(), "web").await.expect("there").id;
    host.world.world().deaf.insert(id);
    let polite = host.verbs.stop_instance(&caller(), "web", false).await.expect("accepted").remove(0);
    let ended = tokio::time::timeout(std::time::Duration::from_millis(500), host.ended(polite.id)).await;
    assert!(ended.is_err(), "the guest was not given its time: {ended:?}");
    assert_eq!(host.world.world().domains.get(&id), Some(&DomainState::Running));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_behind_a_create_wins() {
    let host = Host::new();
    let created = create(&host.verbs, &["web"]).await.expect("accepted");
    host.done(host.verbs.delete_instance(&caller(), "web", false).await.expect("accepted")).await;
    assert!(host.ended(created[0].id).await.status.is_terminal());
    consistent(&host, Goal::Gone, "deleted while it was made").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_by_itself_is_noticed() {
    let host = Host::new();
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    let id = host.verbs.get_instance(&caller(), "web").await.expect("there").id;
    host.world.power_off_by_itself(id);
    host.until(async || {
        host.verbs.get_instance(&caller(), "web").await.expect("there").status == Status::Stopped
    })
    .await;
    consistent(&host, Goal::Stopped, "powered off").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_daemon_leaves_strangers_alone() {
    let host = Host::new();
    let stranger = sloopd::model::InstanceId::fresh();
    host.world.world().domains.insert(stranger, DomainState::Running);
    host.world.world().seeds.insert(stranger);
    let (layer, beneath) = (LayerId::fresh(), Beneath::Nothing);
    let file = LayerFile { beneath, bytes: 1, content: std::collections::BTreeMap::new() };
    host.world.world().layers.insert(layer, file);
    let host = host.reborn(common::unbroken()).await;
    let world = host.world.world().clone();
    assert_eq!(world.domains.get(&stranger), Some(&DomainState::Running));
    assert!(world.seeds.contains(&stranger) && world.layers.contains_key(&layer));
}
