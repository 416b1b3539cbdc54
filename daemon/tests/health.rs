//! Status checks on the simulated host: what they say, what they cost, and guests that hang.

mod common;

use std::time::Duration;

use common::{Host, caller, create, recovery, unbroken};
use sloopd::{
    engine::Patience,
    model::{
        Beneath, CheckState, DomainState, Drive, Health, Instance, InstanceId, Layer, Metric, Operation,
        OperationKind, RecoveryPolicy, RecoveryRules, ResourceName, Slot, Span, Status, Subject,
    },
    ports::{Change, OperationFilter},
};

async fn stand(rules: RecoveryRules) -> (Host, InstanceId) {
    let host = Host::that_recovers(rules);
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    let id = web(&host).await.id;
    (host, id)
}

async fn web(host: &Host) -> Instance {
    host.verbs.get_instance(&caller(), "web").await.expect("there")
}

async fn check(host: &Host) {
    host.engine.check_health(Patience::default()).await.expect("looked");
}

async fn health(host: &Host) -> Health {
    host.verbs.get_instance_health(&caller(), "web").await.expect("there").health
}

async fn states(host: &Host) -> (CheckState, CheckState) {
    let Health { system, instance } = health(host).await;
    (system.state, instance.state)
}

/// What the last samples say of the checks: whether either failed, that of the instance, that of the system.
async fn samples(host: &Host, id: InstanceId) -> [bool; 3] {
    let span = Span { start: 0, end: i64::MAX };
    let mut last = [false; 3];
    let metrics =
        [Metric::StatusCheckFailed, Metric::StatusCheckFailedInstance, Metric::StatusCheckFailedSystem];
    for (nth, metric) in metrics.into_iter().enumerate() {
        let points = host.ports.metrics.points(Subject::from(id), metric, span, 10).await.expect("kept");
        last[nth] = points.last().expect("a sample").max > 0.5;
    }
    last
}

async fn recoveries(host: &Host) -> Vec<Operation> {
    let filter = OperationFilter { resource: Some("web".into()), limit: 1000, ..OperationFilter::default() };
    let mut all = host.ports.store.operations(filter).await.expect("readable");
    all.retain(|operation| operation.kind == OperationKind::RecoverInstance);
    all
}

/// So many checks in a row without an answer.
fn patient(minutes: u32) -> RecoveryRules {
    RecoveryRules { hung_minutes: minutes, ..recovery() }
}

#[tokio::test(flavor = "multi_thread")]
async fn checks_say_what_is_so() {
    let (host, id) = stand(recovery()).await;
    assert_eq!(states(&host).await, (CheckState::Initializing, CheckState::Initializing));
    check(&host).await;
    assert_eq!(states(&host).await, (CheckState::Passed, CheckState::Passed));
    assert_eq!(samples(&host, id).await, [false, false, false]);
    host.world.world().accelerator_fault = Some("/dev/kvm is gone".into());
    check(&host).await;
    assert_eq!(health(&host).await.system.reason, "/dev/kvm is gone");
    assert_eq!(samples(&host, id).await, [true, false, true]);
    host.world.world().accelerator_fault = None;
    host.world.world().mute.insert(id);
    check(&host).await;
    assert_eq!(states(&host).await, (CheckState::Passed, CheckState::Failed));
    assert_eq!(samples(&host, id).await, [true, true, false]);
    let findings = host.verbs.doctor().await;
    assert!(
        findings.iter().any(|one| one.subject == "instance web" && one.detail.contains("instance check"))
    );
    host.world.world().mute.clear();
    check(&host).await;
    assert_eq!(states(&host).await, (CheckState::Passed, CheckState::Passed));
    host.done(host.verbs.stop_instance(&caller(), "web", false).await.expect("accepted")).await;
    assert_eq!(states(&host).await, (CheckState::Unknown, CheckState::Unknown));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_has_its_time_to_boot_and_no_more() {
    let (host, id) = stand(recovery()).await;
    host.world.world().mute.insert(id);
    check(&host).await;
    assert_eq!(states(&host).await, (CheckState::Passed, CheckState::Initializing));
    assert_eq!(samples(&host, id).await, [false, false, false]);

    let (host, id) = stand(RecoveryRules { boot: Duration::ZERO, hung_minutes: 1, ..recovery() }).await;
    host.world.world().mute.insert(id);
    for _ in 0..20 {
        check(&host).await;
    }
    assert_eq!(states(&host).await, (CheckState::Passed, CheckState::Failed));
    // One that never answered does not hang: it may have no network, and would be started again for ever.
    assert!(recoveries(&host).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_hangs_is_started_again_in_its_time() {
    let (host, id) = stand(patient(3)).await;
    let before = web(&host).await;
    check(&host).await;
    host.world.world().mute.insert(id);
    check(&host).await;
    check(&host).await;
    // An answer in between begins the count anew.
    host.world.world().mute.clear();
    check(&host).await;
    host.world.world().mute.insert(id);
    check(&host).await;
    check(&host).await;
    assert!(recoveries(&host).await.is_empty());
    check(&host).await;
    host.until(async || recoveries(&host).await.iter().any(|one| one.status.is_terminal())).await;
    let all = recoveries(&host).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].details, "the guest did not answer for 3 minutes");
    assert_eq!((web(&host).await, host.world.world().power_ons[&id]), (before, 2));
    assert_eq!(states(&host).await, (CheckState::Initializing, CheckState::Initializing));
    check(&host).await;
    assert_eq!(states(&host).await, (CheckState::Passed, CheckState::Passed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_comes_later_knows_that_a_guest_had_answered() {
    let (host, id) = stand(patient(2)).await;
    check(&host).await;
    host.world.world().mute.insert(id);
    let host = host.reborn(unbroken()).await;
    check(&host).await;
    assert_eq!(states(&host).await, (CheckState::Passed, CheckState::Failed), "it is not booting");
    check(&host).await;
    host.until(async || host.world.world().power_ons[&id] == 2).await;
    host.until(async || host.unfinished().await.is_empty()).await;
    // Since then it has not answered.
    host.world.world().mute.insert(id);
    let host = host.reborn(unbroken()).await;
    for _ in 0..5 {
        check(&host).await;
    }
    assert_eq!(recoveries(&host).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_and_is_not_to_be_recovered_is_left_alone() {
    for (rules, policy) in [(patient(1), RecoveryPolicy::Never), (patient(0), RecoveryPolicy::Always)] {
        let (host, id) = stand(rules).await;
        host.verbs.set_recovery_policy(&caller(), "web", policy).await.expect("set");
        check(&host).await;
        host.world.world().mute.insert(id);
        for _ in 0..20 {
            check(&host).await;
        }
        assert_eq!(states(&host).await, (CheckState::Passed, CheckState::Failed));
        assert!(recoveries(&host).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_hangs_again_and_again_is_given_up_and_runs_on() {
    let (host, id) = stand(RecoveryRules { limit: 2, ..patient(1) }).await;
    for times in 1..=3 {
        check(&host).await;
        assert_eq!(states(&host).await, (CheckState::Passed, CheckState::Passed));
        host.world.world().mute.insert(id);
        check(&host).await;
        host.until(async || recoveries(&host).await.len() == times && host.unfinished().await.is_empty())
            .await;
    }
    let report = host.verbs.get_instance_health(&caller(), "web").await.expect("there");
    assert!(report.given_up, "{report:?}");
    assert_eq!((web(&host).await.status, host.world.world().power_ons[&id]), (Status::Running, 3));
    for _ in 0..5 {
        check(&host).await;
    }
    assert_eq!(recoveries(&host).await.len(), 3, "it is said once");
    // It comes to its senses.
    host.world.world().mute.clear();
    check(&host).await;
    assert!(!host.verbs.get_instance_health(&caller(), "web").await.expect("there").given_up);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_no_hang() {
    let (host, id) = stand(patient(1)).await;
    check(&host).await;
    host.world.world().disk_free = 0;
    host.world.write(id, Slot::SYSTEM, 1, 1).expect_err("there is no room");
    for _ in 0..20 {
        check(&host).await;
    }
    let seen = health(&host).await;
    assert_eq!((seen.system.state, seen.instance.state), (CheckState::Failed, CheckState::Unknown));
    assert!(seen.system.reason.contains("disk is full"), "{seen:?}");
    assert_eq!(samples(&host, id).await, [true, false, true]);
    assert!(recoveries(&host).await.is_empty());
    host.world.world().disk_free = 1 << 40;
    host.engine.resume_halted().await.expect("goes on");
    check(&host).await;
    assert_eq!(states(&host).await, (CheckState::Passed, CheckState::Passed));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_not_called_failed() {
    let (host, id) = stand(patient(1)).await;
    check(&host).await;
    for call in ["list_domains", "arp_answers", "halted"] {
        host.world.fail_when(move |one| one == call || (call == "arp_answers" && one == "agent_answers"));
        for _ in 0..5 {
            check(&host).await;
        }
        let (system, instance) = states(&host).await;
        assert!(system != CheckState::Failed && instance != CheckState::Failed, "{call}");
        assert_eq!(samples(&host, id).await, [false, false, false], "{call}");
    }
    // Metrics may have no room: guests are looked at all the same.
    host.world.fail_when(|call| call == "record");
    check(&host).await;
    assert_eq!(states(&host).await, (CheckState::Passed, CheckState::Passed));
    assert!(recoveries(&host).await.is_empty());
}

/// Puts more running instances down without making them: a hundred need no memory here.
async fn multiply(host: &Host, count: u8) -> Vec<InstanceId> {
    let web = web(host).await;
    let mut changes = Vec::new();
    let mut ids = Vec::new();
    for number in 0..count {
        let id = InstanceId::fresh();
        let name = format!("copy-{number}");
        changes.push(Change::AddInstance(Box::new(Instance {
            id,
            name: ResourceName::parse("instanceName", &name).expect("a name"),
            private_ip: [172, 26, 100, number].into(),
            public_ip: None,
            ipv6: None,
            drives: vec![Drive::system(id.system_disk(), Layer::on(Beneath::Nothing, 1 << 30))],
            ..web.clone()
        })));
        host.world.world().domains.insert(id, DomainState::Running);
        ids.push(id);
    }
    host.ports.store.commit(changes).await.expect("written");
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_of_a_hundred_that_hang_keep_nobody_waiting() {
    let (host, _) = stand(RecoveryRules { boot: Duration::ZERO, ..recovery() }).await;
    let ids = multiply(&host, 99).await;
    let hanging = &ids[..10];
    {
        let mut world = host.world.world();
        // They answer nobody, and their agents never come back.
        world.mute.extend(hanging.iter().copied());
        world.stalled.extend(hanging.iter().copied());
    }
    let patience = Patience { agents: Duration::from_millis(100), ..Patience::default() };
    let looked = tokio::time::timeout(common::LIMIT, host.engine.check_health(patience)).await;
    looked.expect("it ends, though they never answer").expect("looked");
    let all = host.ports.store.instances().await.expect("readable");
    assert_eq!(all.len(), 100);
    for instance in all {
        let seen = host.engine.health(&instance).instance.state;
        let hangs = hanging.contains(&instance.id);
        assert_eq!(seen == CheckState::Failed, hangs, "{}: {seen:?}", instance.name);
        let sample = samples(&host, instance.id).await;
        assert_eq!(sample, if hangs { [true, true, false] } else { [false; 3] }, "{}", instance.name);
    }
}
