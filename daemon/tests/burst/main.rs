//! Burst capacity on the simulated host. Time is what the tests say has passed.

#[path = "../common/mod.rs"]
mod common;
mod faults;
mod stand;

use std::time::Duration;

use common::caller;
use sloopd::model::{Status, Verdict};
use stand::*;

#[tokio::test]
async fn a_busy_guest_is_held_when_all_is_spent_and_let_go_when_it_has_idled() {
    let host = metered().await;
    let samples = web(&host, ENOUGH - 1, 100).await;
    assert_saved(&host, &samples, 9.0, NANO).await;
    assert_eq!(held(&host, "web").await, None);
    // One round more than it had: a debt, which is shown as nothing.
    let samples = web(&host, 1, 100).await;
    assert_saved(&host, &samples, 0.0, NANO).await;
    assert_eq!(held(&host, "web").await, Some(50));
    // Held it earns what it uses, for as long as it likes.
    let samples = web(&host, 200, 100).await;
    assert_saved(&host, &samples, 0.0, NANO).await;
    assert_eq!(held(&host, "web").await, Some(50));
    // A debt of 10 seconds, and 20 for a round at full speed.
    let samples = web(&host, 29, 0).await;
    assert_saved(&host, &samples, 19.0, NANO).await;
    assert_eq!(held(&host, "web").await, Some(50));
    web(&host, 2, 0).await;
    assert_eq!(held(&host, "web").await, None);
    // A day of idling fills it.
    let day = (instance(&host, "web").await.id, Duration::from_hours(24), Duration::ZERO);
    let samples = host.engine.spend(&[day]).await;
    assert_saved(&host, &samples, NANO, NANO).await;
}

#[tokio::test]
async fn at_the_baseline_nothing_changes() {
    let host = metered().await;
    let samples = web(&host, 300, 5).await;
    assert_saved(&host, &samples, LAUNCH, NANO).await;
    assert_eq!(held(&host, "web").await, None);
}

#[tokio::test]
async fn a_stop_loses_all_and_a_start_begins_anew() {
    let host = metered().await;
    web(&host, 100, 100).await;
    stop(&host, "web").await;
    assert!(written(&host).await.is_empty());
    start(&host, "web").await;
    assert_saved(&host, &web(&host, 1, 5).await, LAUNCH, NANO).await;
    // Also for one that was held; it is no more.
    web(&host, ENOUGH, 100).await;
    assert_eq!(held(&host, "web").await, Some(50));
    stop(&host, "web").await;
    start(&host, "web").await;
    assert_saved(&host, &web(&host, 1, 5).await, LAUNCH, NANO).await;
    assert_eq!(held(&host, "web").await, None);
    // Saved more than it begins with, it loses that too.
    web(&host, 300, 0).await;
    stop(&host, "web").await;
    start(&host, "web").await;
    assert_saved(&host, &web(&host, 1, 5).await, LAUNCH, NANO).await;
}

#[tokio::test]
async fn a_guest_that_powers_itself_off_is_stopped_too() {
    let host = metered().await;
    web(&host, 100, 100).await;
    host.world.power_off_by_itself(instance(&host, "web").await.id);
    host.until(async || instance(&host, "web").await.status == Status::Stopped).await;
    start(&host, "web").await;
    assert_saved(&host, &web(&host, 1, 5).await, LAUNCH, NANO).await;
}

#[tokio::test]
async fn a_reboot_keeps_what_is_saved_and_who_was_held_is_held_again() {
    let host = metered().await;
    web(&host, 100, 100).await;
    let reboot = async || {
        host.done(host.verbs.reboot_instance(&caller(), "web").await.expect("it runs")).await;
    };
    reboot().await;
    assert_saved(&host, &web(&host, 1, 5).await, LAUNCH - 1900.0, NANO).await;
    web(&host, ENOUGH - 100, 100).await;
    assert_eq!(held(&host, "web").await, Some(50));
    // What it was held to went with the domain.
    reboot().await;
    assert_eq!(held(&host, "web").await, None);
    assert_saved(&host, &web(&host, 1, 5).await, 0.0, NANO).await;
    assert_eq!(held(&host, "web").await, Some(50));
}

#[tokio::test]
async fn a_restart_loses_a_minute_at_most() {
    let host = metered().await;
    web(&host, 100, 100).await;
    let host = restarted(host).await;
    // It was last written after 96 rounds. Meanwhile nobody looked: neither is anything earned nor spent.
    assert_saved(&host, &web(&host, 1, 5).await, LAUNCH - 96.0 * 19.0, NANO).await;
    host.engine.save_bursts().await;
    web(&host, 5, 100).await;
    host.engine.save_bursts().await;
    let host = restarted(host).await;
    assert_saved(&host, &web(&host, 1, 5).await, LAUNCH - 101.0 * 19.0, NANO).await;
}

#[tokio::test]
async fn who_is_held_is_held_over_a_restart_and_let_go_after_it() {
    let host = metered().await;
    web(&host, ENOUGH, 100).await;
    let host = restarted(host).await;
    assert_eq!(held(&host, "web").await, Some(50));
    // Also where the guest was started anew while no daemon looked.
    host.world.world().cpu_limits.clear();
    web(&host, 1, 100).await;
    assert_eq!(held(&host, "web").await, Some(50));
    web(&host, 60, 0).await;
    assert_eq!(held(&host, "web").await, None);
}

#[tokio::test]
async fn a_stop_before_the_next_daemons_first_round_loses_all_too() {
    let host = metered().await;
    web(&host, 100, 100).await;
    let host = restarted(host).await;
    stop(&host, "web").await;
    start(&host, "web").await;
    assert_saved(&host, &web(&host, 1, 5).await, LAUNCH, NANO).await;
}

#[tokio::test]
async fn where_baselines_do_not_count_nothing_is_touched() {
    let host = unlimited().await;
    let calls = calls(&host, false);
    assert!(web(&host, 2 * ENOUGH, 100).await.is_empty());
    assert_eq!((count(&calls), held(&host, "web").await), (0, None));
    assert!(written(&host).await.is_empty());
    assert!(host.verbs.doctor().await.iter().all(|finding| finding.subject != "cpu"));
}

#[tokio::test]
async fn who_is_held_when_baselines_count_no_more_is_let_go() {
    let host = metered().await;
    make(&host, "db", "nano_3_0").await;
    run(&host, &["web"], ENOUGH, 100).await;
    run(&host, &["db"], 1, 100).await;
    let host = host.reborn(common::unbroken()).await;
    let calls = calls(&host, false);
    // Whether anybody runs or not.
    assert!(host.engine.spend(&[]).await.is_empty());
    assert_eq!(held(&host, "web").await, None);
    host.engine.spend(&[]).await;
    assert_eq!(count(&calls), 1, "the other one was never held");
    assert!(written(&host).await.iter().all(|record| !record.held));
    let host = host.reborn(common::unbroken()).await;
    host.engine.spend(&[]).await;
    assert_eq!(count(&calls), 1, "it was said that it is let go");
}

#[tokio::test]
async fn another_plan_has_another_baseline() {
    let host = metered().await;
    web(&host, 100, 100).await;
    host.done(host.verbs.resize_instance(&caller(), "web", "micro_3_0").await.expect("accepted")).await;
    // At 10 % it earns what it uses now.
    let samples = web(&host, 10, 10).await;
    assert_saved(&host, &samples, LAUNCH - 1900.0, MICRO).await;
    web(&host, 100, 100).await;
    assert_eq!(held(&host, "web").await, Some(100));
    // Held to less, it is held to more with the next plan.
    host.done(host.verbs.resize_instance(&caller(), "web", "small_3_0").await.expect("accepted")).await;
    web(&host, 1, 20).await;
    assert_eq!(held(&host, "web").await, Some(200));
}

#[tokio::test]
async fn a_plan_without_a_baseline_has_no_rules() {
    let host = metered().await;
    make(&host, "toy", "tiny_1_0").await;
    assert!(run(&host, &["toy"], 2 * ENOUGH, 100).await.is_empty());
    assert_eq!(held(&host, "toy").await, None);
    assert_eq!(run(&host, &["toy", "web"], 1, 100).await.len(), 2);
}

#[tokio::test]
async fn the_doctor_names_who_is_held() {
    let host = metered().await;
    let findings = async || {
        let findings = host.verbs.doctor().await;
        let of = |subject: &str| findings.iter().find(|finding| finding.subject == subject).cloned();
        (of("cpu").expect("told"), of("instance web"))
    };
    web(&host, 1, 100).await;
    let (cpu, of_web) = findings().await;
    assert_eq!((cpu.verdict, of_web), (Verdict::Ok, None));
    web(&host, ENOUGH, 100).await;
    let (cpu, of_web) = findings().await;
    assert_eq!(cpu.verdict, Verdict::Ok);
    assert!(cpu.detail.contains("1 instances"), "{cpu:?}");
    let of_web = of_web.expect("it is told");
    assert_eq!(of_web.verdict, Verdict::Warning);
    assert!(of_web.detail.contains("5 %") && of_web.remedy.contains("resize web"), "{of_web:?}");
}

#[tokio::test]
async fn what_is_deleted_leaves_nothing() {
    let host = metered().await;
    web(&host, ENOUGH, 100).await;
    let id = instance(&host, "web").await.id;
    assert_eq!(written(&host).await.len(), 1);
    host.done(host.verbs.delete_instance(&caller(), "web", false).await.expect("accepted")).await;
    assert!(written(&host).await.is_empty());
    // A look that was under way.
    assert!(host.engine.spend(&[(id, ROUND, ROUND)]).await.is_empty());
    host.engine.save_bursts().await;
    assert!(written(&host).await.is_empty());
    assert!(host.engine.bursts().held.is_empty());
}
