//! What is said of alarms: bounds, owners, names, and what goes with an instance.

use rstest::rstest;
use sloopd::{
    model::{Access, AlarmState, Caller, Channel, Door, Error, Kind, Metric, OperationKind},
    verbs::{Policy, PutAlarm},
};

use crate::{
    common::{self, Host, caller, create, policy, user},
    stand::{Stand, asked},
};

async fn host(policy: Policy) -> Host {
    let host = Host::with(policy);
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    host
}

async fn private() -> Host {
    host(Policy { access: Access::Private, ..policy() }).await
}

fn root() -> Caller {
    Caller::new("root", Door::Console, true)
}

#[rstest]
#[case::no_name(PutAlarm { name: String::new(), ..asked("busy") }, Kind::InvalidInput, Some("alarmName"))]
#[case::slash(asked("a/b"), Kind::InvalidInput, Some("alarmName"))]
#[case::newline(asked("a\nb"), Kind::InvalidInput, Some("alarmName"))]
#[case::nul(asked("a\0b"), Kind::InvalidInput, Some("alarmName"))]
#[case::long(asked(&"a".repeat(10_000)), Kind::InvalidInput, Some("alarmName"))]
#[case::odd_instance(PutAlarm { instance: "../etc".into(), ..asked("busy") }, Kind::InvalidInput, Some("monitoredResourceName"))]
#[case::no_instance(PutAlarm { instance: "ghost".into(), ..asked("busy") }, Kind::NotFound, None)]
#[case::no_metric(PutAlarm { metric: None, ..asked("busy") }, Kind::InvalidInput, Some("metricName"))]
#[case::of_the_host(PutAlarm { metric: Some(Metric::HostDiskFree), ..asked("busy") }, Kind::InvalidInput, Some("metricName"))]
#[case::nan(PutAlarm { threshold: f64::NAN, ..asked("busy") }, Kind::InvalidInput, Some("threshold"))]
#[case::infinite(PutAlarm { threshold: f64::INFINITY, ..asked("busy") }, Kind::InvalidInput, Some("threshold"))]
#[case::no_periods(PutAlarm { periods: 0, ..asked("busy") }, Kind::InvalidInput, Some("evaluationPeriods"))]
#[case::too_many(PutAlarm { periods: 289, ..asked("busy") }, Kind::InvalidInput, Some("evaluationPeriods"))]
#[case::more_than_all(PutAlarm { datapoints: Some(2), ..asked("busy") }, Kind::InvalidInput, Some("datapointsToAlarm"))]
#[case::never_alarm(PutAlarm { triggers: vec![AlarmState::Ok], ..asked("busy") }, Kind::InvalidInput, Some("notificationTriggers"))]
#[case::tag(PutAlarm { tags: vec![(String::new(), String::new())], ..asked("busy") }, Kind::InvalidInput, Some("tags"))]
#[case::taken(asked("web"), Kind::NameInUse, None)]
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_alarm_is_refused(
    #[case] said: PutAlarm,
    #[case] kind: Kind,
    #[case] field: Option<&'static str>,
) {
    let host = host(policy()).await;
    let error = host.verbs.put_alarm(&caller(), said).await.expect_err("refused");
    assert_eq!((error.kind, error.field), (kind, field), "{error:?}");
    assert!(error.message.len() < 500 && !error.message.contains(['\n', '\0']), "{error:?}");
    assert!(host.ports.store.alarms().await.expect("readable").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_alarms_are_enough_for_a_metric_of_an_instance() {
    let host = host(policy()).await;
    let put = async |who: &Caller, asked| host.verbs.put_alarm(who, asked).await;
    for name in ["first", "second", "first"] {
        put(&caller(), asked(name)).await.expect("two");
    }
    let third = put(&caller(), asked("third")).await.expect_err("a third");
    assert_eq!((third.kind, third.code), (Kind::Quota, "AlarmLimitExceeded"));
    assert!(third.message.contains("first, second"), "{third}");
    let other = PutAlarm { metric: Some(Metric::NetworkIn), ..asked("third") };
    put(&caller(), other).await.expect("another metric");
    // It cannot come there by a detour either.
    assert_eq!(put(&caller(), asked("third")).await.expect_err("changed").code, "AlarmLimitExceeded");
    put(&user("bob"), asked("his")).await.expect("his own two");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_is_changed_by_its_name_and_stays_what_it_was() {
    let host = host(policy()).await;
    let verbs = &host.verbs;
    let tags = vec![("role".to_owned(), "web".to_owned())];
    verbs.put_alarm(&caller(), PutAlarm { tags, ..asked("busy") }).await.expect("made");
    let found = async || {
        let page = verbs.get_alarms(&caller(), Some("busy"), None, None).await.expect("there");
        page.items[0].alarm.clone()
    };
    let before = found().await;
    let changed = PutAlarm { threshold: 90.0, periods: 3, datapoints: Some(2), ..asked("busy") };
    verbs.put_alarm(&user("bob"), changed).await.expect("changed");
    let after = found().await;
    assert_eq!((after.id, &after.owner, after.created_at), (before.id, &before.owner, before.created_at));
    assert_eq!((after.rule.threshold.to_bits(), after.rule.periods), (90.0_f64.to_bits(), 3));
    assert_eq!(after.tags.iter().collect::<Vec<_>>(), [("role", "web")]);
    verbs.tag_resource(&caller(), "busy", None, vec![("role".into(), "db".into())]).await.expect("tagged");
    verbs.untag_resource(&caller(), "busy", None, &["role".to_owned()]).await.expect("untagged");
    assert_eq!(found().await.tags.iter().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn others_alarms_do_not_exist_and_others_instances_are_not_watched() {
    let host = private().await;
    let (verbs, bob) = (&host.verbs, user("bob"));
    verbs.put_alarm(&caller(), asked("busy")).await.expect("hers");
    let refused: [Error; 5] = [
        verbs.put_alarm(&bob, asked("his")).await.expect_err("another's instance"),
        verbs.get_alarms(&bob, Some("busy"), None, None).await.expect_err("not his"),
        verbs.get_alarms(&bob, None, Some("web"), None).await.expect_err("not his"),
        verbs.delete_alarm(&bob, "busy").await.expect_err("not his"),
        verbs.test_alarm(&bob, "busy", AlarmState::Alarm).await.expect_err("not his"),
    ];
    assert!(refused.iter().all(|error| error.kind == Kind::NotFound), "{refused:?}");
    assert!(verbs.get_alarms(&bob, None, None, None).await.expect("none").items.is_empty());
    assert!(verbs.get_active_names(&bob, None).await.expect("none").items.is_empty());
    // An administrator may change it; it stays hers.
    verbs.put_alarm(&root(), PutAlarm { threshold: 1.0, ..asked("busy") }).await.expect("changed");
    let page = verbs.get_alarms(&caller(), None, Some("web"), None).await.expect("hers");
    assert_eq!((page.items.len(), page.items[0].alarm.owner.0.as_str()), (1, "ann"));
    // A name is one among all.
    host.done(verbs.create_instances(&bob, common::order(&["site"])).await.expect("accepted")).await;
    let taken = PutAlarm { instance: "site".into(), ..asked("busy") };
    assert_eq!(verbs.put_alarm(&bob, taken).await.expect_err("taken").kind, Kind::NameInUse);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_alarms_of_an_instance_go_with_it() {
    let stand = Stand::new().await;
    let (host, verbs) = (&stand.host, &stand.host.verbs);
    let tags = vec![("role".to_owned(), "web".to_owned())];
    stand.put(PutAlarm { tags, ..asked("busy") }).await;
    verbs.test_alarm(&caller(), "busy", AlarmState::Alarm).await.expect("tried");
    let names = verbs.get_active_names(&caller(), None).await.expect("readable").items;
    assert!(names.contains(&"busy".to_owned()), "{names:?}");
    host.done(verbs.delete_instance(&caller(), "web", false).await.expect("accepted")).await;
    assert!(host.ports.store.alarms().await.expect("readable").is_empty());
    stand.deliver().await;
    assert_eq!(stand.told(), [""; 0], "what it had still to tell went with it");
    stand.evaluate().await;
    // Its name is free, and nothing sticks to it.
    host.done(create(verbs, &["busy"]).await.expect("the name is free")).await;
    let heir = verbs.get_instance(&caller(), "busy").await.expect("there");
    assert_eq!(heir.tags.iter().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_are_listed_a_page_at_a_time() {
    let host = host(policy()).await;
    for number in 0..130 {
        let who = user(&format!("user-{number}"));
        host.verbs.put_alarm(&who, asked(&format!("alarm-{number:03}"))).await.expect("made");
    }
    let first = host.verbs.get_alarms(&caller(), None, None, None).await.expect("listed");
    assert_eq!((first.items.len(), first.items[0].alarm.name.as_str()), (100, "alarm-000"));
    let second = host.verbs.get_alarms(&caller(), None, Some("web"), first.next.as_deref()).await;
    let second = second.expect("listed");
    assert_eq!((second.items.len(), second.next), (30, None));
    let odd = host.verbs.get_alarms(&caller(), None, None, Some("made up")).await.expect_err("no token");
    assert_eq!(odd.field, Some("pageToken"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_to_alarms_is_in_their_owners_history() {
    let host = private().await;
    let (verbs, root) = (&host.verbs, root());
    verbs.put_alarm(&caller(), asked("busy")).await.expect("made");
    let by_mail = PutAlarm { threshold: 90.0, channels: vec![Channel::Email], ..asked("busy") };
    verbs.put_alarm(&root, by_mail).await.expect("changed");
    verbs.test_alarm(&root, "busy", AlarmState::Alarm).await.expect("tried");
    verbs.delete_alarm(&root, "busy").await.expect("deleted");
    let told = verbs.get_history(&caller(), Some("busy"), None, None).await.expect("hers").items;
    let told: Vec<_> = told.into_iter().map(|one| one.operation).collect();
    let entries: Vec<_> =
        told.iter().map(|one| (one.kind, one.caller.as_str(), one.change.as_str())).collect();
    let (new, old) = (
        "CPUUtilization of web > 90.0 in 1 of 1 periods of 5 minutes; Email told of OK, ALARM, INSUFFICIENT_DATA",
        "CPUUtilization of web > 80.0 in 1 of 1 periods of 5 minutes; Webhook told of OK, ALARM, INSUFFICIENT_DATA",
    );
    assert_eq!(
        entries,
        [
            (OperationKind::DeleteAlarm, "root", new),
            (OperationKind::TestAlarm, "root", "INSUFFICIENT_DATA -> ALARM"),
            (OperationKind::PutAlarm, "root", format!("{old} -> {new}").as_str()),
            (OperationKind::PutAlarm, "ann", old),
        ]
    );
    assert!(told.iter().all(|one| one.owner.0 == "ann"));
}
