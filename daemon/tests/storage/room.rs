//! A full disk: guests stand still and go on, verbs are refused, and nothing is lost.

use sloopd::model::{DomainState, Kind, Slot, Verdict};

use crate::{
    common::{self, caller},
    stand::*,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_stands_still_without_room_and_goes_on_with_it() {
    let host = stand().await;
    write(&host, "web", 1, 10).await;
    let web = instance(&host, "web").await.id;
    host.world.world().disk_free = 0;
    host.world.write(web, Slot::SYSTEM, 2, 20).expect_err("there is no room");
    assert_eq!(host.engine.resume_halted().await.expect("looked"), 1);
    let findings = host.verbs.doctor().await;
    let told = findings.iter().find(|finding| finding.subject == "instance web").expect("it is told");
    assert_eq!(told.verdict, Verdict::Failed);
    assert!(told.detail.contains("stands still"), "{told:?}");
    // A little is not enough: it would be used up at once.
    host.world.world().disk_free = 1 << 20;
    assert_eq!(host.engine.resume_halted().await.expect("looked"), 1);

    // The next daemon finds it, and has it go on by itself when there is room.
    let host = host.reborn(common::unbroken()).await;
    host.engine.watch_room();
    host.world.world().disk_free = 1 << 40;
    host.until(async || host.world.world().domains[&web] == DomainState::Running).await;
    write(&host, "web", 2, 20).await;
    assert_eq!(content(&host, "web").await, Content::from([(1, 10), (2, 20)]));
    assert!(host.verbs.doctor().await.iter().all(|finding| finding.subject != "instance web"));
    host.world.world().disk_free = 0;
    host.world.write(web, Slot::SYSTEM, 3, 30).expect_err("there is no room");
    host.world.world().disk_free = 1 << 40;
    host.until(async || host.world.world().domains[&web] == DomainState::Running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_room_is_refused_with_the_figure_and_deleting_is_not() {
    let host = stand().await;
    snap(&host, "web", "good").await;
    host.done(host.verbs.create_disk(&caller(), new_disk("data", 8)).await.expect("made")).await;
    host.world.world().disk_free = 100 << 20;
    let me = caller();
    let refused = [
        ask_snap(&host, "web", "more").await.map(drop),
        restore(&host, "good", "copy").await.map(drop),
        host.verbs.create_disk(&me, new_disk("other", 8)).await.map(drop),
        host.verbs.clone_instance(&me, "web", "copy", None).await.map(drop),
        host.verbs.resize_instance(&me, "web", "small_3_0").await.map(drop),
        host.verbs.roll_back_instance(&me, "web", "good", None).await.map(drop),
    ];
    for refused in refused {
        let error = refused.expect_err("there is no room");
        assert_eq!(error.kind, Kind::Capacity, "{error:?}");
        assert!(error.message.contains("100 MiB"), "{error:?}");
    }
    assert_eq!(host.engine.tidy().await.expect("nothing is possible"), 0);
    host.done(host.verbs.delete_instance_snapshot(&me, "good").await.expect("accepted")).await;
    host.done(host.verbs.delete_disk(&me, "data", false).await.expect("accepted")).await;
    host.done(host.verbs.delete_instance(&me, "web", false).await.expect("accepted")).await;
    consistent(&host, "emptied").await;
}
