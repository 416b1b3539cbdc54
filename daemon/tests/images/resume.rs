//! Downloads that break off, and daemons that die in the middle of one.

use std::sync::Arc;

use futures::FutureExt as _;
use sloopd::{model::ImageMoment, ports::Told};
use tokio::sync::Notify;

use crate::{
    disks,
    mirror::Act,
    stand::{DISK, Stand},
};

const MIB: usize = 1 << 20;

/// Pulls until that is told, and then no more: the work is dropped where it is, as by the end of a daemon.
async fn pull_until(stand: &Stand, reached: impl Fn(&ImageMoment) -> bool + Send + Sync + 'static) {
    let here = Arc::new(Notify::new());
    let notify = here.clone();
    let told: Told = Arc::new(move |moment| {
        if reached(&moment) {
            notify.notify_one();
        }
    });
    tokio::select! {
        ended = stand.pull_telling(told) => panic!("it ended before: {ended:?}"),
        () = here.notified() => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_breaks_off_goes_on_where_it_ended() {
    let stand = Stand::open().await;
    let bytes = disks::qcow2(6, 1);
    stand.offer(&bytes);
    stand.site.act(DISK, [Act::Cut(3 * MIB), Act::Cut(2 * MIB), Act::Honest]);
    stand.succeeds().await;
    let from: Vec<_> = stand.site.requests(DISK).iter().map(|request| request.from).collect();
    assert_eq!(from, [None, Some(3 * MIB), Some(5 * MIB)]);
    assert_eq!(stand.site.sent(DISK), bytes.len() as u64, "no byte came twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_breaks_off_often_is_borne_as_long_as_it_brings_something() {
    let stand = Stand::with(|settings| settings.patience.tries = 2).await;
    stand.offer(&disks::qcow2(6, 1));
    stand.site.act(DISK, std::iter::repeat_n(Act::Cut(MIB + 1), 5).chain([Act::Honest]));
    stand.succeeds().await;
    assert_eq!(stand.site.requests(DISK).len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_brings_nothing_is_given_up() {
    let stand = Stand::with(|settings| settings.patience.tries = 3).await;
    stand.offer(&disks::qcow2(3, 1));
    stand.site.act(DISK, [Act::Cut(2 * MIB), Act::Cut(1000)]);
    let error = stand.refused().await;
    assert!(error.code == "DownloadFailed" && error.message.contains("disk.qcow2"), "{error:?}");
    assert_eq!(stand.site.requests(DISK).len(), 4);
    assert_eq!(stand.parts().len(), 1, "what came is kept");
    stand.site.act(DISK, [Act::Honest]);
    stand.succeeds().await;
    assert_eq!(stand.site.requests(DISK)[0].from, Some(2 * MIB + 3000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_daemon_goes_on_with_the_download_of_one_that_was_killed() {
    let mut stand = Stand::open().await;
    let bytes = disks::qcow2(6, 1);
    stand.offer(&bytes);
    stand.site.act(DISK, [Act::Stall(4 * MIB), Act::Honest]);
    pull_until(&stand, |moment| moment.done >= 4 << 20).await;
    stand.restart();
    assert_eq!(stand.parts().len(), 1);
    stand.succeeds().await;
    let size = bytes.len() as u64;
    assert!(stand.site.sent(DISK) <= size + (1 << 20), "{:?} for {size}", stand.site.requests(DISK));
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_ends_while_it_converts_downloads_nothing_again() {
    let mut stand = Stand::open().await;
    let bytes = disks::qcow2(3, 1);
    stand.offer(&bytes);
    pull_until(&stand, |moment| moment.stage == "converting").await;
    stand.nothing_half_made();
    stand.restart();
    stand.succeeds().await;
    assert_eq!(stand.site.sent(DISK), bytes.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_daemon_clears_away_what_cannot_be_taken_up_again() {
    let mut stand = Stand::open().await;
    stand.offer(&disks::qcow2(3, 1));
    stand.site.act(DISK, [Act::Stall(2 * MIB), Act::Honest]);
    pull_until(&stand, |moment| moment.done >= 2 << 20).await;
    let half = stand.staging().join("work-0");
    std::fs::create_dir(&half).expect("made");
    std::fs::write(half.join("base.qcow2"), "half of an image").expect("written");
    std::fs::write(stand.staging().join("upload-0"), "half of a file").expect("written");
    stand.restart();
    stand.nothing_half_made();
    stand.succeeds().await;
    assert_eq!(stand.site.requests(DISK)[1].from, Some(2 * MIB));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partial_file_that_rotted_is_found_out_and_fetched_anew() {
    let mut stand = Stand::open().await;
    stand.offer(&disks::qcow2(3, 1));
    stand.site.act(DISK, [Act::Stall(2 * MIB), Act::Honest]);
    pull_until(&stand, |moment| moment.done >= 2 << 20).await;
    stand.restart();
    let part = stand.staging().join(&stand.parts()[0]);
    let mut bytes = std::fs::read(&part).expect("readable");
    bytes[MIB] ^= 1;
    std::fs::write(part, bytes).expect("written");
    assert_eq!(stand.refused().await.code, "DigestMismatch");
    stand.nothing_left();
    stand.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_beginning_of_an_older_build_is_cleared_away_by_a_newer_one() {
    let stand = Stand::open().await;
    stand.offer(&disks::qcow2(3, 1));
    stand.site.act(DISK, [Act::Stall(2 * MIB), Act::Honest]);
    pull_until(&stand, |moment| moment.done >= 2 << 20).await;
    stand.offer(&disks::qcow2(3, 2));
    stand.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_dies_before_the_last_step_downloads_nothing_again() {
    let mut stand = Stand::open().await;
    let bytes = disks::qcow2(3, 1);
    stand.offer(&bytes);
    let dies: Told = Arc::new(|moment| assert_ne!(moment.stage, "putting it in place"));
    let pull = std::panic::AssertUnwindSafe(stand.pull_telling(dies)).catch_unwind().await;
    pull.expect_err("it died");
    stand.restart();
    assert_eq!(stand.images().await, []);
    stand.succeeds().await;
    assert_eq!(stand.site.sent(DISK), bytes.len() as u64);
}
