//! What fails, hangs or cannot be.

use sloopd::model::Verdict;

use crate::{
    common::{self, caller},
    stand::*,
};

#[tokio::test]
async fn what_fails_is_tried_again_in_each_round_and_said_once() {
    let host = metered().await;
    let (log, _listening) = Log::listen();
    let failing = calls(&host, true);
    web(&host, ENOUGH + 4, 100).await;
    assert_eq!((count(&failing), held(&host, "web").await), (5, None));
    assert_eq!(log.lines("cannot be held to their share"), 1);
    assert_eq!(log.lines("has used up its burst capacity"), 1);
    host.world.heal();
    web(&host, 1, 100).await;
    assert_eq!(held(&host, "web").await, Some(50));
    // Nobody owes more than three rounds, however long it took.
    let failing = calls(&host, true);
    web(&host, 60 + 20 + 10, 0).await;
    assert!(count(&failing) > 0, "it is to be let go");
    assert_eq!(held(&host, "web").await, Some(50));
    assert_eq!(log.lines("cannot be held to their share"), 2, "it had worked in between");
    assert_eq!(log.lines("has burst capacity again"), 1);
    host.world.heal();
    web(&host, 1, 0).await;
    assert_eq!(held(&host, "web").await, None);
}

#[tokio::test]
async fn that_one_may_be_held_is_written_before_it_is() {
    let host = metered().await;
    let failing = calls(&host, true);
    web(&host, ENOUGH, 100).await;
    assert_eq!((count(&failing), held(&host, "web").await), (1, None));
    assert!(written(&host).await.iter().all(|record| record.held), "{:?}", written(&host).await);
    assert_eq!(written(&host).await.len(), 1);
    // A daemon that was killed right behind the call did not see it come back; the next one has no rules.
    let share = sloopd::model::CpuShare::of_percent(5.0).expect("a share");
    let id = instance(&host, "web").await.id;
    host.world.world().cpu_limits.insert(id, share);
    let host = host.reborn(common::unbroken()).await;
    host.engine.spend(&[]).await;
    assert_eq!(held(&host, "web").await, Some(50), "it cannot be let go yet");
    host.world.heal();
    host.engine.spend(&[]).await;
    assert_eq!(held(&host, "web").await, None);
    assert!(written(&host).await.iter().all(|record| !record.held));
}

#[tokio::test]
async fn one_that_hangs_keeps_nobody_waiting() {
    let host = metered().await;
    make(&host, "db", "nano_3_0").await;
    let stuck = instance(&host, "web").await.id;
    host.world.world().stuck_cpus.insert(stuck);
    let calls = calls(&host, false);
    let rounds = run(&host, &["web", "db"], ENOUGH + 20, 100);
    tokio::time::timeout(std::time::Duration::from_secs(20), rounds).await.expect("nobody is waited for");
    assert_eq!((held(&host, "web").await, held(&host, "db").await), (None, Some(50)));
    assert_eq!(count(&calls), 2, "one that is asked already is not asked again");
    // The answer was never heard; it is asked again when it is started anew.
    host.world.world().stuck_cpus.clear();
    host.done(host.verbs.reboot_instance(&caller(), "web").await.expect("it runs")).await;
    run(&host, &["web", "db"], 1, 100).await;
    assert_eq!(held(&host, "web").await, Some(50));
}

#[tokio::test]
async fn a_host_that_can_hold_nobody_goes_on_accounting_and_says_so() {
    let host = metered().await;
    make(&host, "db", "nano_3_0").await;
    host.world.world().no_cpu_controller = true;
    let (log, _listening) = Log::listen();
    let calls = calls(&host, false);
    let samples = run(&host, &["web", "db"], 2 * ENOUGH, 100).await;
    assert_saved(&host, &samples, 0.0, NANO).await;
    assert_eq!((count(&calls), held(&host, "web").await), (2, None));
    assert_eq!(log.lines("nobody is held to a baseline"), 1);
    let findings = host.verbs.doctor().await;
    let cpu = findings.iter().find(|finding| finding.subject == "cpu").expect("told");
    assert_eq!(cpu.verdict, Verdict::Warning);
    assert!(cpu.remedy.contains("cgroups"), "{cpu:?}");
    assert!(findings.iter().all(|finding| finding.subject != "instance web"));
    // What it owes is three rounds: 60 seconds, at one second a round.
    let samples = run(&host, &["web"], 61, 0).await;
    assert_saved(&host, &samples, 1.0, NANO).await;
    // With a controller, those that are started from then on are held.
    host.world.world().no_cpu_controller = false;
    run(&host, &["web", "db"], 1, 100).await;
    assert_eq!(held(&host, "db").await, None);
    host.done(host.verbs.reboot_instance(&caller(), "db").await.expect("it runs")).await;
    run(&host, &["web", "db"], 1, 100).await;
    assert_eq!((held(&host, "web").await, held(&host, "db").await), (None, Some(50)));
    let findings = host.verbs.doctor().await;
    assert!(findings.iter().any(|finding| finding.subject == "cpu" && finding.verdict == Verdict::Ok));
}
