//! Instances that end without being told to, on the simulated host: which come back, how often, and who has the last word.

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use common::{CutAt, Host, caller, create, order, recovery, unbroken};
use sloopd::{
    engine::Patience,
    model::{
        CheckState, DomainState, Ending, Instance, InstanceId, Kind, Operation, OperationKind,
        OperationStatus, RecoveryPolicy, RecoveryRules, Status,
    },
    ports::{Change, OperationFilter},
    verbs::{CreateInstances, HealthReport},
};

/// A host with a running instance, `web`.
async fn stand(rules: RecoveryRules) -> (Host, InstanceId) {
    let host = Host::that_recovers(rules);
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    let id = web(&host).await.id;
    (host, id)
}

/// Long rests: who rests does so to the end of the test.
fn restful() -> RecoveryRules {
    RecoveryRules { pauses: vec![Duration::from_hours(1)], ..recovery() }
}

async fn web(host: &Host) -> Instance {
    host.verbs.get_instance(&caller(), "web").await.expect("there")
}

async fn health(host: &Host) -> HealthReport {
    host.verbs.get_instance_health(&caller(), "web").await.expect("there")
}

async fn set(host: &Host, policy: RecoveryPolicy) {
    host.verbs.set_recovery_policy(&caller(), "web", policy).await.expect("set");
}

/// What the history tells of recoveries, the newest first.
async fn recoveries(host: &Host, name: &str) -> Vec<Operation> {
    let filter =
        OperationFilter { resource: Some(name.to_owned()), limit: 1000, ..OperationFilter::default() };
    let mut all = host.ports.store.operations(filter).await.expect("readable");
    all.retain(|operation| operation.kind == OperationKind::RecoverInstance);
    all
}

fn state(host: &Host, id: InstanceId) -> Option<DomainState> {
    host.world.world().domains.get(&id).copied()
}

fn power_ons(host: &Host, id: InstanceId) -> u32 {
    host.world.world().power_ons.get(&id).copied().unwrap_or_default()
}

/// Waits until it runs, and was recovered so often.
async fn recovered(host: &Host, name: &str, times: usize) {
    let id = host.verbs.get_instance(&caller(), name).await.expect("there").id;
    host.until(async || {
        let all = recoveries(host, name).await;
        let done = all.iter().filter(|operation| operation.status == OperationStatus::Succeeded).count();
        done == times && state(host, id) == Some(DomainState::Running) && host.unfinished().await.is_empty()
    })
    .await;
}

async fn stopped(host: &Host) {
    host.until(async || web(host).await.status == Status::Stopped).await;
}

/// Waits until it rests.
async fn rests(host: &Host) {
    host.until(async || health(host).await.next.is_some()).await;
}

/// How often the hypervisor is asked for a machine's state from now on. If it is away it answers nothing.
fn asked_for_state(host: &Host, is_away: bool) -> Arc<AtomicUsize> {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    host.world.fail_when(move |call| {
        count.fetch_add(usize::from(call == "state"), Ordering::SeqCst);
        is_away && matches!(call, "list_domains" | "state" | "ending" | "ensure_running")
    });
    asked
}

#[tokio::test(flavor = "multi_thread")]
async fn what_crashed_comes_back_with_its_addresses() {
    let (host, id) = stand(recovery()).await;
    host.verbs.allocate_static_ip(&caller(), "front").await.expect("allocated");
    host.verbs.attach_static_ip(&caller(), "front", "web").await.expect("attached");
    let before = web(&host).await;
    let rules = host.world.world().rules.clone();
    for (times, ending) in [(1, Ending::Crashed), (2, Ending::Panicked), (3, Ending::Signal)] {
        host.world.end(id, ending);
        recovered(&host, "web", times).await;
        assert_eq!(web(&host).await, before, "{ending:?}");
        assert_eq!(host.world.world().rules, rules, "{ending:?}");
    }
    assert!(before.has_static_ip && before.public_ip.is_some());
    assert_eq!(power_ons(&host, id), 4);
    let told: Vec<_> = recoveries(&host, "web").await;
    let why: Vec<_> = told.iter().map(|operation| operation.details.as_str()).collect();
    let expected =
        ["QEMU was ended by a signal of the host", "the guest's kernel panicked", "QEMU ended by itself"];
    assert_eq!(why, expected, "the newest first");
    assert!(told.iter().all(|operation| operation.force && operation.owner == before.owner));
    let report = health(&host).await;
    assert_eq!((report.recent, report.given_up, report.next), (3, false, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_decide_who_comes_back() {
    use RecoveryPolicy::{Always, LastState, Never};
    for (policy, ending, comes_back) in [
        (None, Ending::Guest, false),
        (None, Ending::Destroyed, false),
        (None, Ending::Crashed, true),
        (None, Ending::Unknown, true),
        (Some(LastState), Ending::Guest, false),
        (Some(Always), Ending::Guest, true),
        (Some(Always), Ending::Destroyed, true),
        (Some(Never), Ending::Crashed, false),
        (Some(Never), Ending::Unknown, false),
    ] {
        let (host, id) = stand(recovery()).await;
        if let Some(policy) = policy {
            set(&host, policy).await;
        }
        host.world.end(id, ending);
        let case = format!("{policy:?} {ending:?}");
        if comes_back {
            recovered(&host, "web", 1).await;
            assert_eq!(web(&host).await.status, Status::Running, "{case}");
        } else {
            stopped(&host).await;
            assert_eq!((web(&host).await.public_ip, power_ons(&host, id)), (None, 1), "{case}");
            assert!(
                recoveries(&host, "web").await.is_empty() && host.world.world().rules.is_empty(),
                "{case}"
            );
        }
        assert_eq!(health(&host).await.policy, policy.unwrap_or_default(), "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_verb_stopped_never_comes_back() {
    let (host, id) = stand(recovery()).await;
    set(&host, RecoveryPolicy::Always).await;
    host.done(host.verbs.stop_instance(&caller(), "web", false).await.expect("accepted")).await;
    host.world.come_back();
    let host = host.reborn(unbroken()).await;
    host.world.fail_host();
    let host = host.reborn(unbroken()).await;
    host.done(host.verbs.start_instance(&caller(), "web").await.expect("accepted")).await;
    assert_eq!((power_ons(&host, id), recoveries(&host, "web").await.len()), (2, 0));
}

/// Every crash meets a new daemon, so that nothing but what is written can count them.
#[tokio::test(flavor = "multi_thread")]
async fn a_loop_of_crashes_ends_at_the_limit_and_says_so() {
    let (mut host, id) = stand(recovery()).await;
    for times in 1..=5 {
        host = host.reborn(unbroken()).await;
        host.world.end(id, Ending::Crashed);
        recovered(&host, "web", times).await;
    }
    host.world.end(id, Ending::Crashed);
    stopped(&host).await;
    let last = recoveries(&host, "web").await.remove(0);
    assert_eq!(
        (last.status, last.error_code.as_deref()),
        (OperationStatus::Failed, Some("RecoveryLimitReached"))
    );
    let why = last.error_details.expect("a reason");
    assert!(why.contains("QEMU ended by itself") && why.contains("5 times within 60 minutes"), "{why}");
    assert_eq!((web(&host).await.public_ip, power_ons(&host, id)), (None, 6));
    let report = health(&host).await;
    assert!(report.given_up && report.health.system.state == CheckState::Failed, "{report:?}");
    assert!(report.health.system.reason.contains("QEMU ended by itself"), "{report:?}");
    let findings = host.verbs.doctor().await;
    assert!(
        findings.iter().any(|one| one.subject == "instance web" && one.remedy.contains("sloop start web"))
    );

    // Also a later daemon leaves it alone. Whoever starts it attends to it: what was counted counts no more.
    let host = host.reborn(unbroken()).await;
    assert!(health(&host).await.given_up);
    host.done(host.verbs.start_instance(&caller(), "web").await.expect("accepted")).await;
    let report = health(&host).await;
    assert_eq!((report.given_up, report.recent), (false, 0));
    host.world.end(id, Ending::Crashed);
    recovered(&host, "web", 6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_does_not_start_is_tried_to_the_limit_and_no_further() {
    let (host, id) = stand(recovery()).await;
    host.world.fail_when(|call| call == "ensure_running");
    host.world.end(id, Ending::Crashed);
    stopped(&host).await;
    let all = recoveries(&host, "web").await;
    assert_eq!(all.len(), 6, "five that failed, and the word that there will be no more");
    assert!(all.iter().all(|operation| operation.status == OperationStatus::Failed));
    assert!(
        all.iter()
            .skip(1)
            .all(|one| one.error_details.as_deref().is_some_and(|why| why.contains("ensure_running")))
    );
    assert!(
        all[0].details.contains("QEMU ended by itself"),
        "why it ended first, not how the last attempt did"
    );
    host.world.heal();
    host.done(host.verbs.start_instance(&caller(), "web").await.expect("accepted")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_crash_is_given_a_rest_in_which_it_keeps_what_it_has() {
    let (host, id) = stand(restful()).await;
    let before = web(&host).await;
    host.world.end(id, Ending::Crashed);
    recovered(&host, "web", 1).await;
    host.world.end(id, Ending::Crashed);
    rests(&host).await;
    assert_eq!(web(&host).await, before);
    let report = health(&host).await;
    assert_eq!(report.health.system.state, CheckState::Failed);
    assert!(report.health.system.reason.contains("rest of 3600 seconds"), "{report:?}");
    // A check says the same, and does not wake it.
    host.engine.check_health(Patience::default()).await.expect("looked");
    assert_eq!(health(&host).await.health, report.health);
    // Neither does a new daemon, nor the hypervisor's return.
    let host = host.reborn(unbroken()).await;
    rests(&host).await;
    host.world.come_back();
    assert_eq!((web(&host).await, power_ons(&host, id)), (before, 2));
    assert_eq!(recoveries(&host, "web").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_asked_for_something_does_not_rest() {
    for verb in ["start", "stop", "reboot", "delete", "never", "always"] {
        let (host, id) = stand(restful()).await;
        let before = web(&host).await;
        host.world.end(id, Ending::Crashed);
        recovered(&host, "web", 1).await;
        host.world.end(id, Ending::Crashed);
        rests(&host).await;
        let (verbs, caller) = (&host.verbs, caller());
        let asked = match verb {
            "start" => verbs.start_instance(&caller, "web").await,
            "stop" => verbs.stop_instance(&caller, "web", false).await,
            "reboot" => verbs.reboot_instance(&caller, "web").await,
            "delete" => verbs.delete_instance(&caller, "web", false).await,
            "never" => verbs.set_recovery_policy(&caller, "web", RecoveryPolicy::Never).await,
            _ => verbs.set_recovery_policy(&caller, "web", RecoveryPolicy::Always).await,
        };
        host.done(asked.expect(verb)).await;
        match verb {
            "start" | "reboot" => {
                assert_eq!(
                    (web(&host).await, state(&host, id)),
                    (before, Some(DomainState::Running)),
                    "{verb}"
                );
                assert_eq!(health(&host).await.recent, 0, "{verb}: somebody attends to it");
            }
            "stop" | "never" => {
                stopped(&host).await;
                assert_eq!(state(&host, id), Some(DomainState::Off), "{verb}");
            }
            "delete" => assert!(host.world.world().domains.is_empty()),
            // It rests anew.
            _ => rests(&host).await,
        }
        if verb != "always" && verb != "delete" {
            assert_eq!(health(&host).await.next, None, "{verb}");
        }
        assert_eq!(recoveries(&host, "web").await.len(), 1, "{verb}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_moment_of_a_recovery_is_just_a_pause() {
    let mut moments = 0;
    loop {
        let (host, id) = stand(recovery()).await;
        let before = web(&host).await;
        let line = CutAt::moment(moments);
        let host = host.reborn(line.clone()).await;
        host.world.end(id, Ending::Crashed);
        host.until(async || {
            let all = recoveries(&host, "web").await;
            line.seen.load(Ordering::SeqCst) > moments || all.iter().any(|one| one.status.is_terminal())
        })
        .await;
        // A cut after the last record comes a moment behind it.
        tokio::task::yield_now().await;
        let cut = line.seen.load(Ordering::SeqCst) > moments;
        let case = format!("killed {} ({moments})", line.place());

        let host = host.reborn(unbroken()).await;
        recovered(&host, "web", 1).await;
        assert_eq!(web(&host).await, before, "{case}");
        assert_eq!((power_ons(&host, id), recoveries(&host, "web").await.len()), (2, 1), "{case}");
        assert!(health(&host).await.recent <= 1, "{case}");
        if !cut {
            break;
        }
        moments += 1;
    }
    assert!(moments >= 16, "only {moments} moments");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_that_comes_before_the_recovery_has_begun_wins() {
    let (host, id) = stand(recovery()).await;
    // The daemon dies right behind the record that it is to be recovered.
    let line = CutAt::moment(1);
    let host = host.reborn(line.clone()).await;
    host.world.end(id, Ending::Crashed);
    host.until(async || line.seen.load(Ordering::SeqCst) > 1).await;
    assert_eq!(host.unfinished().await.len(), 1);
    let stop = host.verbs.stop_instance(&caller(), "web", false).await.expect("accepted").remove(0);

    let host = host.reborn(unbroken()).await;
    assert_eq!(host.ended(stop.id).await.status, OperationStatus::Succeeded);
    let recovery = host.ended(recoveries(&host, "web").await.remove(0).id).await;
    assert_eq!(
        (recovery.status, recovery.error_code.as_deref()),
        (OperationStatus::Failed, Some("RecoverySuperseded"))
    );
    assert_eq!((web(&host).await.status, power_ons(&host, id)), (Status::Stopped, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_hosts_start_those_that_ran_run_and_the_others_do_not() {
    let host = Host::that_recovers(RecoveryRules { limit: 1, ..restful() });
    let names: Vec<_> = (0..20).map(|number| format!("vm-{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let asked = CreateInstances { bundle_id: "tiny_1_0".into(), ..order(&names) };
    host.done(host.verbs.create_instances(&caller(), asked).await.expect("accepted")).await;
    let (off, on) = names.split_at(4);
    for name in off {
        host.done(host.verbs.stop_instance(&caller(), name, false).await.expect("accepted")).await;
    }
    // One had its share of recoveries: that the host goes down is not its fault.
    let unlucky = host.verbs.get_instance(&caller(), on[0]).await.expect("there").id;
    host.world.end(unlucky, Ending::Crashed);
    recovered(&host, on[0], 1).await;

    // The daemon goes down with the host.
    host.engine.let_go();
    host.world.fail_host();
    host.ports.store.commit(vec![Change::SetBootId("another start".into())]).await.expect("written");
    let mut host = host.reborn(unbroken()).await;
    for name in on {
        recovered(&host, name, 1 + usize::from(*name == on[0])).await;
        let last = recoveries(&host, name).await.remove(0);
        assert_eq!(last.details, "the host was restarted", "{name}");
    }
    let world = host.world.world().clone();
    assert_eq!((world.links.len(), world.rules.len()), (16, 16));
    for name in off {
        let instance = host.verbs.get_instance(&caller(), name).await.expect("there");
        assert_eq!((instance.status, world.power_ons[&instance.id]), (Status::Stopped, 1), "{name}");
    }
    // The next daemon of the same start of the host has nothing to do.
    host = host.reborn(unbroken()).await;
    assert!(host.unfinished().await.is_empty());
    assert_eq!(host.world.world().power_ons, world.power_ons);
}

#[tokio::test(flavor = "multi_thread")]
async fn that_the_host_was_restarted_outlives_the_daemon_that_saw_it() {
    let (host, id) = stand(recovery()).await;
    host.engine.let_go();
    host.world.fail_host();
    // The host had asked its guests to shut down, and they did.
    host.world.world().endings.insert(id, Ending::Guest);
    host.ports.store.commit(vec![Change::SetBootId("another start".into())]).await.expect("written");
    let asked = asked_for_state(&host, true);
    let host = host.reborn(unbroken()).await;
    host.until(async || asked.load(Ordering::SeqCst) > 0).await;
    host.engine.let_go();
    host.world.heal();
    assert!(recoveries(&host, "web").await.is_empty());

    let host = host.reborn(unbroken()).await;
    recovered(&host, "web", 1).await;
    assert_eq!(recoveries(&host, "web").await.remove(0).details, "the host was restarted");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_hypervisor_is_away_nobody_decides_anything() {
    let (host, id) = stand(recovery()).await;
    host.engine.let_go();
    host.world.fail_host();
    let asked = asked_for_state(&host, true);
    let host = host.reborn(unbroken()).await;
    host.until(async || asked.load(Ordering::SeqCst) > 0).await;
    host.engine.check_health(Patience::default()).await.expect("looked");
    assert_eq!(web(&host).await.status, Status::Running);
    assert!(recoveries(&host, "web").await.is_empty());
    let report = health(&host).await;
    assert_eq!(report.health.system.state, CheckState::Unknown, "{report:?}");
    host.world.heal();
    host.world.come_back();
    recovered(&host, "web", 1).await;
    assert_eq!(power_ons(&host, id), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_hypervisor_was_away_guests_that_ran_on_are_left_alone() {
    let (host, id) = stand(recovery()).await;
    set(&host, RecoveryPolicy::Always).await;
    let asked = asked_for_state(&host, false);
    host.world.come_back();
    host.until(async || asked.load(Ordering::SeqCst) > 0).await;
    let host = host.reborn(unbroken()).await;
    assert_eq!((power_ons(&host, id), recoveries(&host, "web").await.len()), (1, 0));
    assert_eq!(web(&host).await.status, Status::Running);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_ends_leaves_the_judgement_to_the_next_one() {
    let (host, id) = stand(recovery()).await;
    let asked = asked_for_state(&host, false);
    // The host goes down: the daemon is told to end, and so are all guests.
    host.engine.let_go();
    host.world.end(id, Ending::Guest);
    host.until(async || asked.load(Ordering::SeqCst) > 0).await;
    host.ports.store.commit(vec![Change::SetBootId("another start".into())]).await.expect("written");
    let host = host.reborn(unbroken()).await;
    recovered(&host, "web", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_notice_at_once_recover_once() {
    let (host, id) = stand(recovery()).await;
    for times in 1..=5 {
        host.world.end(id, Ending::Crashed);
        host.world.come_back();
        host.world.come_back();
        recovered(&host, "web", times).await;
    }
    assert_eq!((power_ons(&host, id), recoveries(&host, "web").await.len()), (6, 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_for_nobody_is_refused() {
    let (host, _) = stand(recovery()).await;
    let set = async |name: &str| {
        let set = host.verbs.set_recovery_policy(&caller(), name, RecoveryPolicy::Never).await;
        set.expect_err("refused").kind
    };
    assert_eq!((set("nobody").await, set("a/b").await), (Kind::NotFound, Kind::InvalidInput));
    let stranger = host.verbs.get_instance_health(&caller(), "nobody").await.expect_err("refused");
    assert_eq!(stranger.kind, Kind::NotFound);
}
