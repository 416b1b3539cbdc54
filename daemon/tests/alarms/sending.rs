//! What becomes of notices when the daemon is killed, or the other side does not take them.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use sloopd::{
    engine::{Engine, Lifeline, Limits},
    model::{Alarm, AlarmState, Channel, Delivery, Endpoint, Letter, Notice, OperationStatus, Result},
    ports::{Notifier, Ports},
    verbs::PutAlarm,
};

use crate::{
    common::{caller, unbroken, user},
    stand::{Stand, asked},
};

/// Cut at the n-th moment after it is armed.
struct Fuse {
    armed: AtomicBool,
    seen: AtomicUsize,
    at: usize,
}

impl Lifeline for Fuse {
    fn lives_on(&self, _: &str) -> bool {
        !self.armed.load(Ordering::SeqCst) || self.seen.fetch_add(1, Ordering::SeqCst) < self.at
    }
}

impl Stand {
    /// The letters of an alarm, the newest first.
    async fn letters(&self, name: &str) -> Vec<Letter> {
        let Alarm { id, .. } = self.alarm(name).await;
        self.host.ports.store.letters_of(id).await.expect("readable")
    }

    /// An alarm that is about to go off.
    async fn smoulder(&self) {
        self.put(PutAlarm { triggers: Vec::new(), ..asked("busy") }).await;
        self.minutes(5, Some(10.0)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_killed_anywhere_tells_at_least_once_and_writes_once() {
    let mut cuts = 0;
    loop {
        let stand = Stand::new().await;
        stand.smoulder().await;
        let fuse = Arc::new(Fuse { armed: AtomicBool::new(false), seen: AtomicUsize::new(0), at: cuts });
        let stand = stand.reborn(fuse.clone()).await;
        fuse.armed.store(true, Ordering::SeqCst);
        stand.minutes(5, Some(95.0)).await;
        let (tasks, _) = stand.host.engine.send_due().await.expect("looked");
        for task in tasks {
            task.await.expect("sent, or not");
        }
        let was_cut = fuse.seen.load(Ordering::SeqCst) > cuts;
        let stand = stand.reborn(unbroken()).await;
        stand.minutes(5, Some(95.0)).await;
        stand.deliver().await;
        let told = stand.told();
        assert!(told.iter().all(|one| one == "Webhook busy ALARM"), "{cuts}: {told:?}");
        assert!((1..=2).contains(&told.len()), "{cuts}: {told:?}");
        let changes = stand.changes().await;
        assert_eq!(changes.len(), 2, "{cuts}: to OK, and to ALARM: {changes:?}");
        let letters = stand.letters("busy").await;
        assert_eq!(letters.len(), 1, "{cuts}: {letters:?}");
        assert_eq!(letters[0].delivery, Delivery::Sent, "{cuts}: {letters:?}");
        if !was_cut {
            break;
        }
        cuts += 1;
    }
    assert!(cuts >= 6, "deciding, sending and recording can each be cut, before and after: {cuts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_fails_is_tried_again_until_it_works() {
    let stand = Stand::new().await;
    stand.smoulder().await;
    stand.host.world.fail_when(|call| call == "tell");
    stand.minutes(5, Some(95.0)).await;
    stand.deliver().await;
    let failed = stand.letters("busy").await;
    assert_eq!((failed[0].delivery, failed[0].tries), (Delivery::Waiting, 1));
    assert!(failed[0].error.contains("simulated fault in tell"), "{failed:?}");
    let (tasks, next) = stand.host.engine.send_due().await.expect("looked");
    assert!(tasks.is_empty(), "it is given a rest");
    assert_eq!(next, Some(failed[0].due));
    stand.turn(30);
    stand.deliver().await;
    assert_eq!(stand.letters("busy").await[0].tries, 2);
    stand.host.world.heal();
    stand.turn(60);
    stand.deliver().await;
    let sent = stand.letters("busy").await;
    assert_eq!((sent[0].delivery, sent[0].tries, sent[0].error.as_str()), (Delivery::Sent, 3, ""));
    assert_eq!(stand.told(), ["Webhook busy ALARM"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_takes_is_given_up_and_the_history_says_why() {
    let stand = Stand::new().await;
    stand.smoulder().await;
    stand.host.world.fail_when(|call| call == "tell");
    stand.minutes(5, Some(95.0)).await;
    for pause in [0, 30, 60, 180, 600] {
        stand.turn(pause);
        stand.deliver().await;
    }
    let given_up = stand.letters("busy").await;
    assert_eq!((given_up[0].delivery, given_up[0].tries), (Delivery::GivenUp, 5));
    stand.host.world.heal();
    stand.turn(3600);
    stand.deliver().await;
    assert_eq!(stand.told(), [""; 0], "nobody tries any more");
    let last = stand.changes().await.pop().expect("told");
    assert_eq!(
        (last.status, last.error_code.as_deref()),
        (OperationStatus::Failed, Some("NoticeNotDelivered"))
    );
    let why = last.error_details.expect("a reason");
    assert!(
        why.starts_with("busy could not be told by Webhook: ") && why.contains("simulated fault"),
        "{why}"
    );
    assert!(!why.contains("example.org"), "{why}");
    let shown = stand.host.verbs.get_alarms(&caller(), Some("busy"), None, None).await.expect("there");
    assert_eq!(shown.items[0].letters, given_up);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_wanted_any_more_is_not_sent() {
    let stand = Stand::new().await;
    stand.smoulder().await;
    stand.host.world.fail_when(|call| call == "tell");
    stand.minutes(5, Some(95.0)).await;
    stand.deliver().await;
    stand.contact(&caller(), Channel::Webhook, "https://example.org/other").await;
    stand.host.world.heal();
    stand.turn(3600);
    stand.deliver().await;
    assert_eq!(stand.told(), [""; 0], "where it was to go nobody is any more");
    stand.minutes(5, Some(10.0)).await;
    stand.minutes(5, Some(95.0)).await;
    stand.host.verbs.delete_alarm(&caller(), "busy").await.expect("there");
    stand.deliver().await;
    assert_eq!(stand.told(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn few_of_what_was_told_are_remembered_and_no_code_is() {
    let stand = Stand::new().await;
    stand.put(asked("busy")).await;
    for _ in 0..20 {
        stand.host.verbs.test_alarm(&caller(), "busy", AlarmState::Alarm).await.expect("tried");
        stand.deliver().await;
    }
    assert_eq!(stand.letters("busy").await.len(), 10);
    assert_eq!(stand.told().len(), 20);
    stand.contact(&caller(), Channel::Email, "ann@example.org").await;
    assert_eq!(stand.host.ports.store.waiting_letters().await.expect("readable").len(), 1);
    stand.deliver().await;
    assert!(stand.host.ports.store.waiting_letters().await.expect("readable").is_empty());
}

/// Keeps whoever comes to `slow` waiting for ever.
#[derive(Default)]
struct Stalling(Mutex<Vec<String>>);

#[async_trait::async_trait]
impl Notifier for Stalling {
    fn admit(&self, _: &Endpoint) -> Result<()> {
        Ok(())
    }

    async fn tell(&self, endpoint: &Endpoint, _: &Notice) -> Result<()> {
        if endpoint.address.contains("slow") {
            return std::future::pending().await;
        }
        self.0.lock().expect("unpoisoned").push(endpoint.address.clone());
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_stalls_keeps_nobody_else_waiting() {
    let stand = Stand::new().await;
    let verbs = &stand.host.verbs;
    let people: Vec<_> = (0..20).map(|number| user(&format!("user-{number}"))).collect();
    for (number, person) in people.iter().enumerate() {
        let host = if number % 2 == 0 { "slow" } else { "fast" };
        stand.contact(person, Channel::Webhook, &format!("https://{host}.example.org/{number}")).await;
        verbs.put_alarm(person, asked(&format!("alarm-{number}"))).await.expect("accepted");
    }
    stand.minutes(5, Some(95.0)).await;
    let notifier = Arc::new(Stalling::default());
    let ports = Ports { notifier: notifier.clone(), ..stand.host.ports.clone() };
    let limits = Limits { shutdown: Duration::from_secs(20), parallel: 4, headroom: 0 };
    let engine = Engine::new(ports, limits, unbroken());
    let (tasks, _) = engine.send_due().await.expect("looked");
    assert_eq!(tasks.len(), 20);
    stand.host.until(async || notifier.0.lock().expect("unpoisoned").len() == 10).await;
    let waiting = async || stand.host.ports.store.waiting_letters().await.expect("readable").len();
    stand.host.until(async || waiting().await == 10).await;
    // To those who are being told already nothing is begun twice.
    assert!(engine.send_due().await.expect("looked").0.is_empty());
    assert_eq!(notifier.0.lock().expect("unpoisoned").len(), 10);
    for (number, person) in people.iter().enumerate() {
        let name = format!("alarm-{number}");
        let shown = verbs.get_alarms(person, Some(&name), None, None).await.expect("there");
        let expected = if number % 2 == 0 { Delivery::Waiting } else { Delivery::Sent };
        assert_eq!(shown.items[0].letters[0].delivery, expected, "{name}");
    }
    for task in tasks {
        task.abort();
    }
}
