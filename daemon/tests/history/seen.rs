//! Who sees what of the history, and what is in it.

use std::time::Duration;

use futures::StreamExt as _;
use sloopd::{
    model::{Door, Error, FirstBootReport, Kind, OperationKind, OperationStatus, Result},
    verbs::SupplyMoment,
};

use crate::{
    all,
    common::{self, Host, caller, create, user},
    prepare::UBUNTU,
    private, root,
};

fn refused<T>(result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("it was not refused"),
        Err(error) => error,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_is_not_in_it() {
    let host = Host::new();
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    let before = all(&host).await;
    let (verbs, ann) = (&host.verbs, caller());
    refused(verbs.start_instance(&ann, "web").await);
    refused(verbs.stop_instance(&ann, "nobody", false).await);
    refused(verbs.allocate_static_ip(&ann, "web").await);
    refused(verbs.tag_resource(&ann, "web", None, vec![(String::new(), String::new())]).await);
    refused(verbs.remove_image(&ann, "nothing").await);
    refused(verbs.pull_image(&ann, "beos").await);
    refused(verbs.attach_console(&ann, "nobody").await);
    refused(create(verbs, &["new", "web"]).await);
    assert_eq!(all(&host).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_full_of_what_the_caller_may_see() {
    let host = private();
    let (verbs, ann, bob) = (&host.verbs, caller(), user("bob"));
    verbs.create_key_pair(&ann, "hers", Vec::new()).await.expect("made");
    verbs.create_key_pair(&bob, "his", Vec::new()).await.expect("made");
    for number in 0..150 {
        let tags = vec![("number".to_owned(), number.to_string())];
        verbs.tag_resource(&bob, "his", None, tags).await.expect("tagged");
    }
    // More than a page of another's is newer.
    let page = verbs.get_operations(&ann, None, None).await.expect("readable");
    assert_eq!((page.items.len(), page.items[0].resource_name.as_str()), (1, "hers"));
    assert_eq!(page.next, None);

    let first = verbs.get_history(&bob, None, None, None).await.expect("readable");
    assert_eq!(
        (first.items.len(), first.items[0].operation.change.as_str()),
        (100, "tag number: 148 -> 149")
    );
    let second = verbs.get_history(&bob, None, None, first.next.as_deref()).await.expect("readable");
    assert_eq!((second.items.len(), second.next), (51, None));
    let last = second.items.last().expect("not empty");
    assert_eq!(last.operation.kind, OperationKind::CreateKeyPair);

    let hidden = refused(verbs.get_history(&ann, Some("his"), None, None).await);
    assert_eq!((hidden.kind, hidden.code), (Kind::NotFound, "DoesNotExist"));
    let hidden = refused(verbs.get_operations_for_resource(&ann, "his", None).await);
    assert_eq!((hidden.kind, hidden.code), (Kind::NotFound, "DoesNotExist"));
    let seen = verbs.get_history(&root(), Some("his"), None, None).await.expect("all");
    assert_eq!(seen.items.len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused() {
    let host = Host::new();
    let verbs = &host.verbs;
    let unknown = refused(verbs.get_history(&caller(), Some("nothing"), None, None).await);
    assert_eq!((unknown.kind, unknown.code), (Kind::NotFound, "DoesNotExist"));
    let wrong = refused(verbs.get_history(&caller(), Some("a/b"), None, None).await);
    assert_eq!((wrong.kind, wrong.field), (Kind::InvalidInput, Some("resourceName")));
    let token = refused(verbs.get_history(&caller(), None, None, Some("made up")).await);
    assert_eq!((token.kind, token.field), (Kind::InvalidInput, Some("pageToken")));
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_fails_is_in_it_with_the_reason() {
    let host = Host::new();
    host.world.world().missing_images.insert(UBUNTU.into());
    host.world.fail_when(|call| call == "pull");
    let mut course = host.verbs.pull_image(&caller(), UBUNTU).await.expect("begun");
    course.wait_for(|now| matches!(now, SupplyMoment::Ended(_))).await.expect("it ends");
    let found = all(&host).await;
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((one.kind, one.status), (OperationKind::PullImage, OperationStatus::Failed));
    assert!(one.error_details.as_ref().is_some_and(|why| why.contains("simulated fault in pull")), "{one:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_of_no_worker_can_be_watched_to_its_end() {
    let host = Host::new();
    host.world.stall_pulls(true);
    host.verbs.pull_image(&caller(), UBUNTU).await.expect("begun");
    host.until(async || !host.unfinished().await.is_empty()).await;
    let id = host.unfinished().await[0].id.to_string();
    let watched = host.verbs.watch_operation(&caller(), &id).await.expect("there");
    host.world.stall_pulls(false);
    let all: Vec<_> = watched.map(|moment| moment.expect("told").operation.status).collect().await;
    assert_eq!(all, [OperationStatus::Started, OperationStatus::Succeeded]);
}

/// The daemon dies, with every task of its, while an image is on its way.
#[test]
fn work_that_a_killed_daemon_was_at_is_said_to_be_cut_off() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let first = runtime();
    let host = first.block_on(async {
        let host = Host::new();
        host.world.stall_pulls(true);
        host.verbs.pull_image(&caller(), UBUNTU).await.expect("begun");
        host.until(async || !host.unfinished().await.is_empty()).await;
        host
    });
    first.shutdown_timeout(Duration::from_secs(5));
    host.world.stall_pulls(false);
    runtime().block_on(async {
        let host = host.reborn(common::unbroken()).await;
        let found = all(&host).await;
        let [one] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((one.status, one.error_code.as_deref()), (OperationStatus::Failed, Some("CutOff")));
        assert_eq!((one.caller.as_str(), one.door), ("ann", Door::Grpc));
        assert!(host.unfinished().await.is_empty());
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_guest_says_of_its_first_boot_is_its_own_word() {
    let host = Host::new();
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    let address = host.verbs.get_instance(&caller(), "web").await.expect("there").private_ip;
    let report = || FirstBootReport::bounded(vec!["user data exited with 1".to_owned()]);
    for _ in 0..2 {
        host.verbs.report_first_boot(address, report()).await.expect("heard");
    }
    let history = host.verbs.get_history(&caller(), Some("web"), None, None).await.expect("there").items;
    assert_eq!(history.len(), 2, "said twice, it is one: {history:?}");
    let told = &history[0].operation;
    assert_eq!((told.caller.as_str(), told.door), ("guest", Door::Metadata));
    assert_eq!(told.change, "first boot with faults: user data exited with 1");
}
