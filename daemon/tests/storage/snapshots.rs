//! Snapshots, and what is made from them.

use futures::StreamExt as _;
use sloopd::{
    model::{Kind, OperationStatus, ResourceType, Slot, SnapshotState, Status},
    verbs::{CopySnapshot, DiskSource, NewDiskName},
};

use crate::{
    common::{caller, create},
    stand::*,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_keeps_what_was_there_and_nothing_that_came_after() {
    let host = stand().await;
    write(&host, "web", 1, 10).await;
    let asked = ask_snap(&host, "web", "first").await.expect("accepted");
    let kinds: Vec<_> = asked.iter().map(|one| (one.resource_type, one.details.clone())).collect();
    let sides =
        [(ResourceType::InstanceSnapshot, "web".to_owned()), (ResourceType::Instance, "first".to_owned())];
    assert_eq!(kinds, sides, "one operation for each side, each naming the other");
    host.done(asked).await;
    let first = snapshot(&host, "first").await;
    assert_eq!((first.state, first.quiesced), (SnapshotState::Available, Some(true)));
    write(&host, "web", 1, 11).await;
    write(&host, "web", 2, 12).await;
    host.done(restore(&host, "first", "copy").await.expect("accepted")).await;
    assert_eq!(content(&host, "copy").await, Content::from([(1, 10)]));
    assert_eq!(content(&host, "web").await, Content::from([(1, 11), (2, 12)]));
    write(&host, "copy", 3, 13).await;
    assert_eq!(content(&host, "web").await.get(&3), None, "neither sees what the other writes");

    let (web, copy) = (instance(&host, "web").await, instance(&host, "copy").await);
    assert!(web.id != copy.id && web.identity.host_key_public != copy.identity.host_key_public);
    assert!(copy.is_copy() && copy.status == Status::Running && copy.blueprint_id == web.blueprint_id);
    consistent(&host, "after a restore").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_instance_is_frozen_by_a_record_alone() {
    let host = stand().await;
    write(&host, "web", 1, 10).await;
    stop(&host, "web").await;
    let files = host.world.world().layers.len();
    snap(&host, "web", "first").await;
    snap(&host, "web", "second").await;
    assert_eq!(host.world.world().layers.len(), files, "nobody writes: no file is needed");
    assert_eq!(snapshot(&host, "first").await.quiesced, None, "no guest ran");
    start(&host, "web").await;
    write(&host, "web", 1, 11).await;
    host.done(restore(&host, "second", "copy").await.expect("accepted")).await;
    assert_eq!(content(&host, "copy").await, Content::from([(1, 10)]));
    assert_eq!(content(&host, "web").await, Content::from([(1, 11)]));
    consistent(&host, "after snapshots of a stopped instance").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_one_of_source_snapshot_and_copy_leaves_the_others_whole() {
    let host = stand().await;
    write(&host, "web", 1, 10).await;
    snap(&host, "web", "first").await;
    host.done(restore(&host, "first", "copy").await.expect("accepted")).await;
    host.done(host.verbs.delete_instance(&caller(), "web", false).await.expect("accepted")).await;
    consistent(&host, "without the source").await;
    host.done(host.verbs.delete_instance_snapshot(&caller(), "first").await.expect("deleted")).await;
    consistent(&host, "without the snapshot").await;
    assert_eq!(content(&host, "copy").await, Content::from([(1, 10)]));
    host.done(host.verbs.delete_instance(&caller(), "copy", false).await.expect("accepted")).await;
    consistent(&host, "without any of them").await;
    assert!(host.world.world().layers.is_empty(), "the room is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_kept_when_its_original_is_deleted() {
    let host = stand().await;
    write(&host, "web", 1, 10).await;
    snap(&host, "web", "first").await;
    let copy = |region: &str| CopySnapshot {
        source: "first".into(),
        automatic: None,
        target: "kept".into(),
        region: region.into(),
    };
    let elsewhere = host.verbs.copy_snapshot(&caller(), copy("eu-west-1")).await.expect_err("another region");
    assert_eq!((elsewhere.kind, elsewhere.field), (Kind::InvalidInput, Some("sourceRegion")));
    host.done(host.verbs.copy_snapshot(&caller(), copy("us-east-1")).await.expect("copied")).await;
    host.done(host.verbs.delete_instance_snapshot(&caller(), "first").await.expect("deleted")).await;
    host.done(restore(&host, "kept", "copy").await.expect("accepted")).await;
    assert_eq!(content(&host, "copy").await, Content::from([(1, 10)]));
    consistent(&host, "after a copy").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_roll_back_brings_the_past_and_keeps_the_present() {
    let host = stand().await;
    write(&host, "web", 1, 10).await;
    snap(&host, "web", "good").await;
    write(&host, "web", 1, 99).await;
    let before = instance(&host, "web").await;
    let back = host.verbs.roll_back_instance(&caller(), "web", "good", Some("bad")).await.expect("accepted");
    host.done(back).await;
    let after = instance(&host, "web").await;
    assert_eq!((after.id, after.public_ip, after.status), (before.id, before.public_ip, Status::Running));
    assert_eq!(content(&host, "web").await, Content::from([(1, 10)]));
    host.done(restore(&host, "bad", "copy").await.expect("accepted")).await;
    assert_eq!(content(&host, "copy").await, Content::from([(1, 99)]));

    // Of one that is stopped, too, which stays so; and by a name of the daemon's choice.
    write(&host, "web", 2, 20).await;
    stop(&host, "web").await;
    let back = host.verbs.roll_back_instance(&caller(), "web", "good", None).await.expect("accepted");
    assert!(back[1].resource_name.starts_with("web-before-rollback-"), "{back:?}");
    host.done(back).await;
    assert_eq!(instance(&host, "web").await.status, Status::Stopped);
    assert_eq!(content(&host, "web").await, Content::from([(1, 10)]));
    start(&host, "web").await;
    consistent(&host, "after roll backs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_of_another_instance_is_no_place_to_go_back_to() {
    let host = stand().await;
    host.done(create(&host.verbs, &["other"]).await.expect("accepted")).await;
    snap(&host, "other", "theirs").await;
    let error =
        host.verbs.roll_back_instance(&caller(), "web", "theirs", None).await.expect_err("not its own");
    assert_eq!((error.kind, error.field), (Kind::InvalidInput, Some("instanceSnapshotName")));
    assert!(error.tip.is_some_and(|tip| tip.contains("restore")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_begins_with_the_present_and_is_its_own() {
    let host = stand().await;
    write(&host, "web", 1, 10).await;
    host.done(host.verbs.create_disk(&caller(), new_disk("data", 8)).await.expect("made")).await;
    host.done(host.verbs.attach_disk(&caller(), "data", "web", "/dev/xvdf").await.expect("accepted")).await;
    let (web, slot) = (instance(&host, "web").await, Slot::of_path("/dev/xvdf").expect("a path"));
    host.world.write(web.id, slot, 7, 70).expect("it runs");
    host.done(host.verbs.clone_instance(&caller(), "web", "web2", None).await.expect("accepted")).await;
    assert_eq!(content(&host, "web2").await, Content::from([(1, 10)]));
    let copied = disk(&host, "web2-data").await;
    assert_eq!(content_of(&host, &copied.stack), Content::from([(7, 70)]));
    write(&host, "web", 1, 11).await;
    write(&host, "web2", 1, 12).await;
    assert_eq!(content(&host, "web").await, Content::from([(1, 11)]));
    let none =
        host.verbs.get_snapshots(&caller(), ResourceType::InstanceSnapshot, None).await.expect("listed");
    assert_eq!(none.items, [], "the snapshot in between is nobody's");
    assert_eq!(host.ports.store.snapshots().await.expect("readable"), []);
    consistent(&host, "after a clone").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bigger_plan_comes_with_a_bigger_disk_and_nothing_else_changes() {
    let host = stand().await;
    write(&host, "web", 1, 10).await;
    let before = instance(&host, "web").await;
    host.done(host.verbs.resize_instance(&caller(), "web", "small_3_0").await.expect("accepted")).await;
    let after = instance(&host, "web").await;
    assert_eq!((after.bundle_id.as_str(), after.ram_mb, after.disk_gb), ("small_3_0", 2048, 60));
    assert_eq!(after.system().expect("it has one").stack.bytes(), 60 << 30);
    assert_eq!(
        (after.id, after.private_ip, after.public_ip),
        (before.id, before.private_ip, before.public_ip)
    );
    assert_eq!((after.status, content(&host, "web").await), (Status::Running, Content::from([(1, 10)])));
    let smaller = host.verbs.resize_instance(&caller(), "web", "nano_3_0").await.expect_err("a smaller disk");
    assert!(
        smaller.kind == Kind::InvalidInput && smaller.message.contains("cannot become smaller"),
        "{smaller:?}"
    );
    consistent(&host, "after a resize").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resize_that_fails_at_any_step_leaves_the_old_plan_running() {
    for call in ["make_layer", "ensure_defined", "ensure_running"] {
        let host = stand().await;
        write(&host, "web", 1, 10).await;
        let mut once = true;
        host.world.fail_when(move |name| name == call && std::mem::take(&mut once));
        let resize = host.verbs.resize_instance(&caller(), "web", "small_3_0").await.expect("accepted");
        let ended = host.ended(resize[0].id).await;
        assert_eq!(ended.status, OperationStatus::Failed, "{call}");
        host.until(async || host.unfinished().await.is_empty()).await;
        let web = instance(&host, "web").await;
        assert_eq!(
            (web.bundle_id.as_str(), web.ram_mb, web.status),
            ("nano_3_0", 512, Status::Running),
            "{call}"
        );
        assert_eq!(web.system().expect("it has one").stack.bytes(), 20 << 30, "{call}");
        assert_eq!(content(&host, "web").await, Content::from([(1, 10)]), "{call}");
        consistent(&host, call).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_before_anything_is_made() {
    let host = stand().await;
    snap(&host, "web", "first").await;
    let taken = ask_snap(&host, "web", "first").await.expect_err("the name is taken");
    assert_eq!(taken.kind, Kind::NameInUse);
    for wrong in ["", "a", "x/y", "né", "-x"] {
        let refused = ask_snap(&host, "web", wrong).await.expect_err("no name");
        assert_eq!(
            (refused.kind, refused.field),
            (Kind::InvalidInput, Some("instanceSnapshotName")),
            "{wrong}"
        );
    }
    assert_eq!(ask_snap(&host, "nobody", "second").await.expect_err("unknown").kind, Kind::NotFound);
    assert_eq!(restore(&host, "nothing", "copy").await.expect_err("unknown").kind, Kind::NotFound);
    let mut asked = restored("first", "copy", "nano_3_0");
    asked.disk_names = vec![NewDiskName { disk: "data".into(), path: String::new(), name: "data2".into() }];
    let unknown =
        host.verbs.create_instances_from_snapshot(&caller(), asked).await.expect_err("no such disk");
    assert_eq!(unknown.field, Some("attachedDiskMapping"));
    host.done(host.verbs.resize_instance(&caller(), "web", "small_3_0").await.expect("accepted")).await;
    snap(&host, "web", "large").await;
    let small = restore(&host, "large", "copy").await.expect_err("the plan is too small");
    assert!(small.field == Some("bundleId") && small.message.contains("60 GB"), "{small:?}");
    let both = host.verbs.delete_disk_snapshot(&caller(), "first").await.expect_err("of the other sort");
    assert_eq!(both.kind, Kind::NotFound);
    consistent(&host, "after refusals").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_system_disk_of_an_instance_becomes_a_disk() {
    let host = stand().await;
    write(&host, "web", 1, 10).await;
    let source = DiskSource::SystemDisk("web".into());
    let taken =
        host.verbs.create_disk_snapshot(&caller(), source, "root", Vec::new()).await.expect("accepted");
    host.done(taken).await;
    let mut asked = new_disk("rescue", 20);
    asked.origin = sloopd::verbs::DiskOrigin::Snapshot("root".into());
    host.done(host.verbs.create_disk(&caller(), asked).await.expect("made")).await;
    assert_eq!(content_of(&host, &disk(&host, "rescue").await.stack), Content::from([(1, 10)]));
    consistent(&host, "after a snapshot of a system disk").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_watches_the_other_side_of_an_operation_is_told_of_its_end() {
    let host = stand().await;
    let asked = ask_snap(&host, "web", "first").await.expect("accepted");
    for operation in asked {
        let id = operation.id.to_string();
        let watch = host.verbs.watch_operation(&caller(), &id).await.expect("there");
        let ended = tokio::time::timeout(std::time::Duration::from_secs(20), watch.collect::<Vec<_>>()).await;
        let moments = ended.expect("it ends");
        let last = moments.last().expect("there is one").as_ref().expect("readable");
        assert_eq!(last.operation.status, OperationStatus::Succeeded);
    }
}

/// Lightsail has no verb that gives an instance a bigger plan: one makes a snapshot, a bigger instance from it, and moves the address.
#[tokio::test(flavor = "multi_thread")]
async fn the_long_way_to_a_bigger_plan_ends_at_the_same_address() {
    let (host, me) = (stand().await, caller());
    write(&host, "web", 1, 10).await;
    host.done(host.verbs.allocate_static_ip(&me, "front").await.expect("allocated")).await;
    host.done(host.verbs.attach_static_ip(&me, "front", "web").await.expect("attached")).await;
    let address = instance(&host, "web").await.public_ip;
    assert!(address.is_some());
    snap(&host, "web", "before").await;
    let bigger = host.verbs.create_instances_from_snapshot(&me, restored("before", "bigger", "medium_3_0"));
    host.done(bigger.await.expect("accepted")).await;
    host.done(host.verbs.detach_static_ip(&me, "front").await.expect("detached")).await;
    host.done(host.verbs.attach_static_ip(&me, "front", "bigger").await.expect("attached")).await;
    let (old, new) = (instance(&host, "web").await, instance(&host, "bigger").await);
    assert_eq!((new.public_ip, new.bundle_id.as_str()), (address, "medium_3_0"));
    assert!(old.public_ip != address && new.ram_mb > old.ram_mb && new.cpu_count >= old.cpu_count);
    assert_eq!(content(&host, "bigger").await, Content::from([(1, 10)]));
    host.done(host.verbs.delete_instance(&me, "web", false).await.expect("accepted")).await;
    assert_eq!(instance(&host, "bigger").await.public_ip, address);
    consistent(&host, "moved").await;
}
