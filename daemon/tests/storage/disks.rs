//! Block storage.

use rstest::rstest;
use sloopd::{
    model::{DiskId, Kind, Slot, Status},
    verbs::{DiskOrigin, DiskSource, NewDiskName},
};

use crate::{
    common::{Host, caller, create},
    stand::*,
};

fn slot() -> Slot {
    Slot::of_path("/dev/xvdf").expect("a path")
}

async fn make(host: &Host, name: &str) -> DiskId {
    host.done(host.verbs.create_disk(&caller(), new_disk(name, 8)).await.expect("made")).await;
    disk(host, name).await.id
}

async fn attach(host: &Host, name: &str, instance: &str) {
    host.done(host.verbs.attach_disk(&caller(), name, instance, "/dev/xvdf").await.expect("accepted")).await;
}

async fn held(host: &Host, name: &str) -> Content {
    content_of(host, &disk(host, name).await.stack)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_goes_from_instance_to_instance_with_what_it_holds() {
    let host = stand().await;
    host.done(create(&host.verbs, &["other"]).await.expect("accepted")).await;
    make(&host, "data").await;
    attach(&host, "data", "web").await;
    let web = instance(&host, "web").await;
    host.world.write(web.id, slot(), 5, 50).expect("it is there at once");
    let running = host.verbs.detach_disk(&caller(), "data").await.expect_err("it may be written to");
    assert_eq!(running.kind, Kind::WrongState);
    stop(&host, "web").await;
    host.done(host.verbs.detach_disk(&caller(), "data").await.expect("detached")).await;
    stop(&host, "other").await;
    attach(&host, "data", "other").await;
    start(&host, "other").await;
    let other = instance(&host, "other").await;
    host.world.write(other.id, slot(), 6, 60).expect("it is there");
    assert_eq!(held(&host, "data").await, Content::from([(5, 50), (6, 60)]));
    start(&host, "web").await;
    assert_eq!(host.world.world().drives[&web.id].len(), 1, "it is gone from there");
    consistent(&host, "after moving a disk").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_is_frozen_with_its_disks_and_restored_with_copies_of_them() {
    let host = stand().await;
    make(&host, "data").await;
    attach(&host, "data", "web").await;
    let web = instance(&host, "web").await;
    host.world.write(web.id, slot(), 1, 10).expect("it runs");
    snap(&host, "web", "both").await;
    host.world.write(web.id, slot(), 1, 11).expect("it runs");
    host.done(restore(&host, "both", "copy").await.expect("accepted")).await;
    let mut named = restored("both", "third", "nano_3_0");
    named.disk_names =
        vec![NewDiskName { disk: String::new(), path: "/dev/xvdf".into(), name: "mine".into() }];
    let made = host.verbs.create_instances_from_snapshot(&caller(), named).await.expect("accepted");
    host.done(made).await;
    for (name, holder) in [("copy-data", "copy"), ("mine", "third")] {
        let copy = disk(&host, name).await;
        assert_eq!(content_of(&host, &copy.stack), Content::from([(1, 10)]), "{name}");
        let attachment = copy.attachment.expect("attached");
        assert_eq!((attachment.name.as_str(), attachment.slot, attachment.is_done), (holder, slot(), true));
    }
    // Instances go; their disks stay.
    host.done(host.verbs.delete_instance(&caller(), "copy", false).await.expect("accepted")).await;
    assert_eq!(disk(&host, "copy-data").await.attachment, None);
    assert_eq!(held(&host, "copy-data").await, Content::from([(1, 10)]));
    consistent(&host, "after restores").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roll_back_takes_the_disks_along_that_were_there() {
    let host = stand().await;
    make(&host, "data").await;
    attach(&host, "data", "web").await;
    let web = instance(&host, "web").await;
    host.world.write(web.id, slot(), 1, 10).expect("it runs");
    snap(&host, "web", "good").await;
    host.world.write(web.id, slot(), 1, 11).expect("it runs");
    make(&host, "later").await;
    host.done(host.verbs.attach_disk(&caller(), "later", "web", "/dev/xvdg").await.expect("accepted")).await;
    let later = Slot::of_path("/dev/xvdg").expect("a path");
    host.world.write(web.id, later, 2, 20).expect("it runs");
    let back = host.verbs.roll_back_instance(&caller(), "web", "good", Some("bad")).await.expect("accepted");
    host.done(back).await;
    assert_eq!(held(&host, "data").await, Content::from([(1, 10)]));
    assert_eq!(held(&host, "later").await, Content::from([(2, 20)]), "what came later stays as it is");
    consistent(&host, "after a roll back").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_of_a_disk_attached_or_not() {
    let host = stand().await;
    make(&host, "data").await;
    let source = || DiskSource::Disk("data".into());
    host.done(host.verbs.create_disk_snapshot(&caller(), source(), "empty", Vec::new()).await.expect("made"))
        .await;
    attach(&host, "data", "web").await;
    let web = instance(&host, "web").await;
    host.world.write(web.id, slot(), 1, 10).expect("it runs");
    let taken =
        host.verbs.create_disk_snapshot(&caller(), source(), "full", Vec::new()).await.expect("accepted");
    host.done(taken).await;
    host.world.write(web.id, slot(), 1, 11).expect("it runs");
    for (name, from, wanted) in [("one", "empty", Content::new()), ("two", "full", Content::from([(1, 10)]))]
    {
        let mut asked = new_disk(name, 8);
        asked.origin = DiskOrigin::Snapshot(from.into());
        host.done(host.verbs.create_disk(&caller(), asked).await.expect("made")).await;
        assert_eq!(held(&host, name).await, wanted, "{name}");
    }
    let mut small = new_disk("three", 8);
    host.done(host.verbs.grow_disk(&caller(), "data", 16).await.expect("accepted")).await;
    let taken =
        host.verbs.create_disk_snapshot(&caller(), source(), "larger", Vec::new()).await.expect("accepted");
    host.done(taken).await;
    small.origin = DiskOrigin::Snapshot("larger".into());
    let refused = host.verbs.create_disk(&caller(), small).await.expect_err("smaller than what it holds");
    assert_eq!(refused.field, Some("sizeInGb"));
    let names = host.verbs.get_active_names(&caller(), None).await.expect("readable").items;
    let wanted = ["data", "empty", "full", "larger", "one", "two", "web"];
    assert!(wanted.iter().all(|name| names.iter().any(|one| one == name)), "{names:?}");
    consistent(&host, "after snapshots of a disk").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_grows_attached_or_not_and_never_shrinks() {
    let host = stand().await;
    make(&host, "data").await;
    host.done(host.verbs.grow_disk(&caller(), "data", 9).await.expect("grown")).await;
    attach(&host, "data", "web").await;
    host.done(host.verbs.grow_disk(&caller(), "data", 10).await.expect("grown")).await;
    stop(&host, "web").await;
    host.done(host.verbs.grow_disk(&caller(), "data", 11).await.expect("grown")).await;
    let data = disk(&host, "data").await;
    assert_eq!(data.stack.bytes(), 11 << 30);
    assert_eq!(host.world.world().layers[&data.stack.top().id].bytes, 11 << 30);
    for size in [11, 10, 8] {
        let refused = host.verbs.grow_disk(&caller(), "data", size).await.expect_err("not larger");
        assert_eq!(refused.field, Some("sizeInGb"));
    }
    consistent(&host, "after growing").await;
}

#[rstest]
#[case::none(0)]
#[case::too_small(7)]
#[case::too_large(16_001)]
#[case::less_than_nothing(-8)]
#[case::most(i32::MAX)]
#[tokio::test(flavor = "multi_thread")]
async fn a_size_that_no_disk_has_is_refused(#[case] size: i32) {
    let host = Host::new();
    let refused = host.verbs.create_disk(&caller(), new_disk("data", size)).await.expect_err("no size");
    assert_eq!((refused.kind, refused.field), (Kind::InvalidInput, Some("sizeInGb")));
    assert!(host.verbs.get_disks(&caller(), None).await.expect("listed").items.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_is_at_one_place_only() {
    let host = stand().await;
    host.done(create(&host.verbs, &["other"]).await.expect("accepted")).await;
    make(&host, "data").await;
    make(&host, "more").await;
    let attach = async |disk: &str, instance: &str, path: &str| {
        host.verbs.attach_disk(&caller(), disk, instance, path).await
    };
    let (one, two) = tokio::join!(attach("data", "web", "/dev/xvdf"), attach("data", "other", "/dev/xvdf"));
    assert!(one.is_ok() != two.is_ok(), "exactly one of two callers gets it");
    for operations in [one, two].into_iter().flatten() {
        host.done(operations).await;
    }
    let holder = disk(&host, "data").await.attachment.expect("attached").name.to_string();
    let taken = attach("more", &holder, "/dev/xvdf").await.expect_err("the place is taken");
    assert_eq!((taken.kind, taken.field), (Kind::InvalidInput, Some("diskPath")));
    let system = attach("more", &holder, "/dev/xvda").await.expect_err("the system disk's");
    assert_eq!(system.field, Some("diskPath"));
    let deleted = host.verbs.delete_disk(&caller(), "data", false).await.expect_err("attached");
    assert_eq!(deleted.kind, Kind::WrongState);
    host.done(host.verbs.delete_disk(&caller(), "more", false).await.expect("deleted")).await;
    consistent(&host, "after attaching").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifteen_disks_are_the_most() {
    let mut policy = crate::common::policy();
    policy.quotas.disks = 30;
    let host = Host::with(policy);
    host.done(create(&host.verbs, &["web"]).await.expect("accepted")).await;
    for (number, slot) in Slot::for_disks().take(16).enumerate() {
        let name = format!("disk-{number}");
        make(&host, &name).await;
        let attached = host.verbs.attach_disk(&caller(), &name, "web", &slot.to_string()).await;
        match attached {
            Ok(operations) => host.done(operations).await,
            Err(error) => assert_eq!((number, error.kind), (15, Kind::Quota), "{error:?}"),
        }
    }
    assert_eq!(instance(&host, "web").await.drives.len(), 16, "fifteen and the system disk");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_cannot_be_plugged_in_is_available_again() {
    let host = stand().await;
    make(&host, "data").await;
    host.world.fail_when(|call| call == "plug");
    let asked = host.verbs.attach_disk(&caller(), "data", "web", "/dev/xvdf").await.expect("accepted");
    let ended = host.ended(asked[0].id).await;
    assert_eq!(ended.status, sloopd::model::OperationStatus::Failed);
    assert!(ended.error_details.is_some_and(|why| why.contains("plugging the disk in")));
    host.world.heal();
    assert_eq!(disk(&host, "data").await.attachment, None);
    assert_eq!(instance(&host, "web").await.status, Status::Running);
    attach(&host, "data", "web").await;
    consistent(&host, "after a failed attachment").await;
}
