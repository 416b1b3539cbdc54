//! When alarms go off, and whom they tell.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use sloopd::{
    engine::Patience,
    model::{AlarmState, Channel, Comparison, Metric, OperationStatus},
    verbs::PutAlarm,
};

use crate::{
    common::{caller, unbroken, user},
    stand::{Stand, asked},
};

#[tokio::test(flavor = "multi_thread")]
async fn it_fires_once_and_recovers_once() {
    let stand = Stand::new().await;
    stand.put(PutAlarm { periods: 2, ..asked("busy") }).await;
    assert_eq!(stand.state("busy").await, AlarmState::InsufficientData);
    assert_eq!(stand.alarm("busy").await.reason, "Unchecked: Initial alarm creation");
    stand.minutes(5, Some(10.0)).await;
    assert_eq!(stand.state("busy").await, AlarmState::Ok);
    stand.minutes(5, Some(95.0)).await;
    assert_eq!(stand.state("busy").await, AlarmState::Ok, "one period of two");
    stand.minutes(30, Some(95.0)).await;
    let fired = stand.alarm("busy").await;
    assert_eq!(fired.state, AlarmState::Alarm);
    assert!(
        fired.reason.starts_with("Threshold Crossed: 2 out of the last 2 datapoints [95.0 "),
        "{fired:?}"
    );
    assert_eq!(fired.state_since.to_string(), "2026-11-05T10:15:20Z", "when both periods were over");
    stand.minutes(30, Some(10.0)).await;
    stand.deliver().await;
    assert_eq!(stand.told(), ["Webhook busy OK", "Webhook busy ALARM", "Webhook busy OK"]);
    let changes: Vec<_> = stand.changes().await.into_iter().map(|one| one.change).collect();
    assert_eq!(changes.len(), 3, "{changes:?}");
    assert!(changes[1].starts_with("busy: OK -> ALARM: Threshold Crossed: 2 out of"), "{changes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_of_so_many_are_enough() {
    let stand = Stand::new().await;
    stand.put(PutAlarm { periods: 3, datapoints: Some(2), ..asked("busy") }).await;
    for (value, expected) in [
        (10.0, AlarmState::Ok),
        (95.0, AlarmState::Ok),
        (10.0, AlarmState::Ok),
        (95.0, AlarmState::Alarm),
        (10.0, AlarmState::Ok),
        (10.0, AlarmState::Ok),
    ] {
        stand.minutes(5, Some(value)).await;
        assert_eq!(stand.state("busy").await, expected, "{value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_are_told_who_asked_for_it() {
    let stand = Stand::new().await;
    stand.contact(&user("bob"), Channel::Webhook, "https://example.com/bob").await;
    // Nobody has confirmed this one.
    stand.contact(&caller(), Channel::Email, "ann@example.org").await;
    let both = vec![Channel::Email, Channel::Webhook];
    stand.put(PutAlarm { channels: both, triggers: Vec::new(), ..asked("alone") }).await;
    stand.put(PutAlarm { notify: false, metric: Some(Metric::NetworkIn), ..asked("mute") }).await;
    stand.minutes(5, Some(10.0)).await;
    stand.minutes(5, Some(95.0)).await;
    stand.measure(Metric::NetworkIn, 1e9).await;
    stand.minutes(5, Some(10.0)).await;
    assert_eq!(stand.state("mute").await, AlarmState::Alarm);
    stand.deliver().await;
    let mut told = stand.told();
    // Nobody waits for anybody else.
    told.sort();
    assert_eq!(told, ["Email code", "Webhook alone ALARM"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_does_not_answer_sets_off_the_alarm_on_its_checks() {
    let stand = Stand::new().await;
    let checks = PutAlarm {
        metric: Some(Metric::StatusCheckFailed),
        comparison: Comparison::AtLeast,
        threshold: 1.0,
        periods: 2,
        ..asked("down")
    };
    stand.put(checks).await;
    let minute = async || {
        stand.host.engine.check_health(Patience::default()).await.expect("looked");
        stand.turn(60);
        stand.evaluate().await;
    };
    minute().await;
    assert_eq!(stand.state("down").await, AlarmState::Ok, "a period of the checks is a minute");
    stand.host.world.world().mute.insert(stand.id);
    minute().await;
    assert_eq!(stand.state("down").await, AlarmState::Ok);
    minute().await;
    assert_eq!(stand.state("down").await, AlarmState::Alarm);
    stand.host.world.world().mute.clear();
    minute().await;
    stand.deliver().await;
    assert_eq!(stand.told(), ["Webhook down OK", "Webhook down ALARM", "Webhook down OK"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_tries_is_told_and_over_when_it_is_evaluated() {
    let stand = Stand::new().await;
    stand.put(asked("busy")).await;
    stand.minutes(5, Some(10.0)).await;
    stand.host.verbs.test_alarm(&caller(), "busy", AlarmState::Alarm).await.expect("tried");
    assert_eq!(stand.state("busy").await, AlarmState::Alarm);
    assert_eq!(stand.alarm("busy").await.reason, "ann tries it");
    stand.minutes(4, Some(10.0)).await;
    assert_eq!(stand.state("busy").await, AlarmState::Alarm, "the period is not over");
    stand.minutes(1, Some(10.0)).await;
    let over = stand.alarm("busy").await;
    assert_eq!((over.state, over.before_test), (AlarmState::Ok, None));
    stand.deliver().await;
    assert_eq!(stand.told(), ["Webhook busy OK", "Webhook busy ALARM (test)", "Webhook busy OK"]);
    // One that is so indeed is told once.
    stand.host.verbs.test_alarm(&caller(), "busy", AlarmState::Alarm).await.expect("tried");
    stand.minutes(5, Some(95.0)).await;
    stand.deliver().await;
    let after = stand.alarm("busy").await;
    assert_eq!((after.state, after.before_test), (AlarmState::Alarm, None));
    assert_eq!(stand.told()[3..], ["Webhook busy ALARM (test)"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_threshold_holds_at_the_next_look() {
    let stand = Stand::new().await;
    stand.put(asked("busy")).await;
    stand.minutes(5, Some(50.0)).await;
    assert_eq!(stand.state("busy").await, AlarmState::Ok);
    stand.put(PutAlarm { threshold: 40.0, ..asked("busy") }).await;
    assert_eq!(stand.state("busy").await, AlarmState::Ok, "it says what it said");
    stand.minutes(1, Some(50.0)).await;
    assert_eq!(stand.state("busy").await, AlarmState::Alarm);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_daemon_goes_on_from_what_the_last_one_knew() {
    let stand = Stand::new().await;
    stand.put(PutAlarm { periods: 2, ..asked("busy") }).await;
    stand.minutes(10, Some(95.0)).await;
    assert_eq!(stand.state("busy").await, AlarmState::Alarm);
    let stand = stand.reborn(unbroken()).await;
    stand.minutes(10, Some(95.0)).await;
    stand.deliver().await;
    assert_eq!(stand.told(), ["Webhook busy ALARM"], "it is no news");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_read_again() {
    let stand = Stand::new().await;
    stand.put(asked("busy")).await;
    stand.host.world.fail_when(|call| call == "points");
    for _ in 0..5 {
        stand.turn(60);
        stand.evaluate().await;
    }
    assert_eq!(stand.state("busy").await, AlarmState::InsufficientData);
    stand.host.world.heal();
    stand.minutes(5, Some(95.0)).await;
    assert_eq!(stand.state("busy").await, AlarmState::Alarm);
    assert_eq!(stand.changes().await[0].status, OperationStatus::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_alarms_read_once_what_all_of_them_watch() {
    let stand = Stand::new().await;
    let metrics = [Metric::CpuUtilization, Metric::NetworkIn];
    for number in 0..50 {
        for metric in metrics {
            let name = format!("{metric}-{number}");
            let alarm = PutAlarm { metric: Some(metric), periods: 1 + number % 12, ..asked(&name) };
            let owner = user(&format!("user-{number}"));
            stand.host.verbs.put_alarm(&owner, alarm).await.expect("two of each");
        }
    }
    let calls: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    let counted = calls.clone();
    stand.host.world.fail_when(move |call| {
        *counted.lock().expect("unpoisoned").entry(call.to_owned()).or_default() += 1;
        false
    });
    stand.minutes(5, Some(95.0)).await;
    let asked = calls.lock().expect("unpoisoned").get("points").copied();
    // Once when they are new, and once when a period is over.
    assert_eq!(asked, Some(2 * metrics.len()));
    let all = stand.host.ports.store.alarms().await.expect("readable");
    let watching = all.iter().filter(|one| one.metric == Metric::CpuUtilization && one.rule.periods == 1);
    assert_eq!(all.len(), 100);
    assert!(watching.clone().count() > 0 && watching.clone().all(|one| one.state == AlarmState::Alarm));
}
