//! What becomes of alarms of which nothing is known.

use sloopd::{
    model::{AlarmState, MissingData},
    verbs::PutAlarm,
};

use crate::{
    common::{caller, unbroken},
    stand::{Stand, asked},
};

/// Alarms for each way to treat what is missing.
const ALARMS: [(&str, MissingData); 2] = [("m0", MissingData::Missing), ("m1", MissingData::Ignore)];
const MORE: [(&str, MissingData); 2] = [("m2", MissingData::Breaching), ("m3", MissingData::NotBreaching)];

/// What two alarms come to say when that was measured of the processors, and then nothing.
async fn states(alarms: [(&str, MissingData); 2], cpu: f64) -> [AlarmState; 2] {
    let stand = Stand::new().await;
    for (name, missing) in alarms {
        stand.put(PutAlarm { missing, ..asked(name) }).await;
    }
    stand.minutes(5, Some(cpu)).await;
    let stopped = stand.host.verbs.stop_instance(&caller(), "web", false).await.expect("runs");
    stand.host.done(stopped).await;
    stand.minutes(30, None).await;
    [stand.state(alarms[0].0).await, stand.state(alarms[1].0).await]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_is_stopped_is_treated_as_each_alarm_says() {
    assert_eq!(states(ALARMS, 10.0).await, [AlarmState::InsufficientData, AlarmState::Ok]);
    assert_eq!(states(MORE, 10.0).await, [AlarmState::Alarm, AlarmState::Ok]);
    assert_eq!(states(ALARMS, 95.0).await, [AlarmState::InsufficientData, AlarmState::Alarm]);
    assert_eq!(states(MORE, 95.0).await, [AlarmState::Alarm, AlarmState::Ok]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_was_off_tells_nothing_of_the_past() {
    for asleep in [false, true] {
        let stand = Stand::new().await;
        stand.put(PutAlarm { missing: MissingData::Breaching, ..asked("dark") }).await;
        stand.put(asked("known")).await;
        stand.minutes(5, Some(10.0)).await;
        stand.deliver().await;
        let before = stand.told().len();
        stand.turn(8 * 3600);
        // It was off, or it only slept.
        let stand = if asleep { stand } else { stand.reborn(unbroken()).await };
        stand.evaluate().await;
        stand.minutes(5, Some(10.0)).await;
        stand.deliver().await;
        assert_eq!(stand.told().len(), before, "{:?}", stand.told());
        assert_eq!((stand.state("dark").await, stand.state("known").await), (AlarmState::Ok, AlarmState::Ok));
        // What is missing from now on is missing.
        stand.minutes(30, None).await;
        stand.deliver().await;
        assert_eq!(stand.told()[before..], ["Webhook dark ALARM", "Webhook known INSUFFICIENT_DATA"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_that_was_just_made_waits_until_something_can_be_missing() {
    let stand = Stand::new().await;
    stand.put(PutAlarm { missing: MissingData::Breaching, periods: 3, ..asked("dark") }).await;
    stand.minutes(14, None).await;
    assert_eq!(stand.state("dark").await, AlarmState::InsufficientData);
    stand.minutes(16, None).await;
    let fired = stand.alarm("dark").await;
    assert_eq!(fired.state, AlarmState::Alarm);
    assert!(fired.reason.contains("3 missing datapoints were treated as [Breaching]"), "{}", fired.reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_sets_nothing_off() {
    let stand = Stand::new().await;
    stand.put(PutAlarm { missing: MissingData::Breaching, ..asked("dark") }).await;
    stand.minutes(10, Some(10.0)).await;
    stand.turn(-3600);
    stand.evaluate().await;
    stand.minutes(10, Some(10.0)).await;
    stand.deliver().await;
    assert_eq!(stand.told(), ["Webhook dark OK"]);
}
