//! Disks with too little room, real ones in memory.

use std::{ops::Range, sync::Arc};

use futures::StreamExt as _;
use rstest::rstest;
use sloopd::{
    model::{Error, ImportOrder, ImportTarget, Kind, LayerId, StoredImage, Trust},
    ports::{Images as _, Told},
};

use crate::{
    disks::{self, run, text},
    inside::inside,
    mirror::Act,
    stand::{DISK, Stand, quiet},
};

/// Mounts are seen by these tests alone.
const NAMESPACES: &[&str] = &["--mount"];
const MIB: usize = 1 << 20;

/// A stand whose images are on a disk of 16 MiB, and a small image that is there already.
async fn small() -> (Stand, StoredImage) {
    let stand = Stand::with(|settings| {
        std::fs::create_dir(&settings.dir).expect("made");
        run("mount", &["-t", "tmpfs", "-o", "size=16m,mode=711", "tmpfs", text(&settings.dir)], "");
    })
    .await;
    stand.offer(&disks::qcow2(1, 1));
    let image = stand.succeeds().await;
    (stand, image)
}

/// There was too little room, and only the new image suffers from that.
async fn too_little(stand: &Stand, error: &Error, old: &StoredImage) {
    assert_eq!((error.kind, error.code), (Kind::Capacity, "InsufficientDisk"), "{error:?}");
    stand.nothing_half_made();
    assert_eq!(stand.images().await, std::slice::from_ref(old));
    stand.store.verify(old, quiet()).await.expect("as it was");
}

/// Somebody makes room, and the next try works.
async fn grows(stand: &Stand) {
    let dir = text(&stand.settings.dir);
    run("mount", &["-o", "remount,size=256m", dir], "");
    let _ = std::fs::remove_file(stand.settings.dir.join("filler"));
    stand.succeeds().await;
}

/// Fills the disk to the brim when the work reaches a stage and has done so much of it.
fn fills(stand: &Stand, stage: &'static str, done: u64) -> Told {
    let filler = stand.settings.dir.join("filler");
    Arc::new(move |moment| {
        if moment.stage == stage && moment.done >= done && !filler.exists() {
            std::fs::write(&filler, vec![1; 64 * MIB]).expect_err("there is too little room for it");
        }
    })
}

#[rstest]
#[case::as_it_says(Act::Honest, 0..12)]
#[case::as_it_turns_out(Act::Endless, 14..25)]
#[tokio::test(flavor = "multi_thread")]
async fn a_download_larger_than_the_room_ends_in_time(#[case] act: Act, #[case] sent: Range<u64>) {
    if !inside(NAMESPACES, "") {
        return;
    }
    let (stand, old) = small().await;
    stand.offer(&disks::qcow2(24, 2));
    stand.site.act(DISK, [act]);
    let error = stand.pull().await.expect_err("too little room");
    too_little(&stand, &error, &old).await;
    stand.nothing_left();
    assert!(sent.contains(&(stand.site.sent(DISK) >> 20)), "{}", stand.site.sent(DISK));
    stand.site.act(DISK, [Act::Honest]);
    grows(&stand).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_others_fill_during_a_download_is_left_to_them() {
    if !inside(NAMESPACES, "") {
        return;
    }
    let (stand, old) = small().await;
    stand.offer(&disks::qcow2(6, 2));
    let error = stand.pull_telling(fills(&stand, "downloading", 1 << 20)).await.expect_err("full");
    assert!(error.message.contains("No space left"), "{error:?}");
    too_little(&stand, &error, &old).await;
    stand.nothing_left();
    grows(&stand).await;
}

#[rstest]
#[case::as_was_to_be_seen(8, None)]
#[case::because_of_others(4, Some("converting"))]
#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_cannot_be_converted_yet_is_kept(
    #[case] mib: usize,
    #[case] full: Option<&'static str>,
) {
    if !inside(NAMESPACES, "") {
        return;
    }
    let (stand, old) = small().await;
    let bytes = disks::qcow2(mib, 2);
    stand.offer(&bytes);
    stand.site.act(DISK, [Act::Honest]);
    let told = full.map_or_else(quiet, |stage| fills(&stand, stage, 0));
    let error = stand.pull_telling(told).await.expect_err("too little room");
    too_little(&stand, &error, &old).await;
    assert_eq!(stand.parts().len(), 1);
    grows(&stand).await;
    assert_eq!(stand.site.sent(DISK), bytes.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packed_file_larger_than_the_room_is_kept_too() {
    if !inside(NAMESPACES, "") {
        return;
    }
    let (stand, old) = small().await;
    let disk = disks::raw(stand.dir.path(), disks::Table::Both, disks::Root::Noise(1, 2));
    // Letters, which are no holes, and which nothing packs better.
    let letters = [std::fs::read(disk).expect("readable"), vec![b'a'; 24 * MIB]].concat();
    stand.offer(&zstd::encode_all(&letters[..], 1).expect("into memory"));
    let error = stand.pull().await.expect_err("too little room");
    too_little(&stand, &error, &old).await;
    assert_eq!(stand.parts().len(), 1);
    grows(&stand).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_larger_than_the_room_leaves_nothing() {
    if !inside(NAMESPACES, "") {
        return;
    }
    let (stand, old) = small().await;
    let order = |size| ImportOrder {
        file_name: "disk.qcow2".to_owned(),
        size,
        trust: Trust::Nobody,
        target: ImportTarget::Blueprint(Box::new(stand.blueprint.clone())),
    };
    let endless = futures::stream::repeat_with(|| Ok(vec![1; MIB])).boxed();
    let error = stand.store.import(order(None), endless, quiet()).await.expect_err("too little room");
    too_little(&stand, &error, &old).await;
    let never = futures::stream::poll_fn(|_| panic!("it was read")).boxed();
    let error = stand.store.import(order(Some(24 << 20)), never, quiet()).await.expect_err("too little room");
    too_little(&stand, &error, &old).await;
    stand.nothing_left();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guests_disk_larger_than_the_room_leaves_nothing() {
    if !inside(NAMESPACES, "") {
        return;
    }
    let (stand, old) = small().await;
    let guest = LayerId::fresh();
    // The guests' disks are not on the small one.
    std::fs::create_dir_all(stand.settings.layout.layers()).expect("made");
    std::fs::write(stand.settings.layout.layer(guest), disks::qcow2(24, 2)).expect("written");
    let error = stand.store.adopt(&stand.blueprint, guest, quiet()).await.expect_err("too little room");
    too_little(&stand, &error, &old).await;
    stand.nothing_left();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_room_that_is_kept_back_is_kept_back() {
    let mut stand = Stand::with(|settings| settings.headroom = u64::MAX).await;
    stand.offer(&disks::qcow2(1, 1));
    let error = stand.refused().await;
    assert_eq!((error.kind, error.code), (Kind::Capacity, "InsufficientDisk"), "{error:?}");
    assert!(error.tip.is_some_and(|tip| tip.contains("prune")));
    assert_eq!(stand.site.requests(DISK), []);
    stand.nothing_left();
    stand.settings.headroom = 0;
    stand.restart();
    stand.succeeds().await;
}
