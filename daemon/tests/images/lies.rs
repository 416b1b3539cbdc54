//! Mirrors that do what they should not.

use std::sync::Arc;

use rstest::rstest;
use sloopd::model::Kind;

use crate::{
    disks,
    mirror::Act,
    stand::{DISK, LIST, Stand, sha256},
};

const MIB: usize = 1 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_without_ranges_sends_all_again() {
    let stand = Stand::open().await;
    let bytes = disks::qcow2(3, 1);
    stand.offer(&bytes);
    stand.site.act(DISK, [Act::Cut(2 * MIB), Act::NoRanges]);
    stand.succeeds().await;
    assert_eq!(stand.site.sent(DISK), bytes.len() as u64 + (2 << 20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_between_two_ranges_is_begun_anew() {
    let stand = Stand::open().await;
    let (old, new) = (disks::qcow2(3, 1), disks::qcow2(3, 2));
    stand.site.hold(DISK, old);
    stand.site.hold(LIST, format!("{}  disk.qcow2\n", sha256(&new)));
    let changes = Act::Then(Box::new(Act::Cut(2 * MIB)), Arc::new(new), false);
    stand.site.act(DISK, [changes, Act::Honest]);
    stand.succeeds().await;
    assert_eq!(stand.site.requests(DISK).len(), 2);
}

#[rstest]
#[case::under_the_same_name(Act::Honest, true)]
#[case::at_a_mirror_that_does_not_look(Act::Blind, false)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_two_halves_is_found_out(#[case] then: Act, #[case] keep: bool) {
    let stand = Stand::open().await;
    let (old, new) = (disks::qcow2(3, 1), disks::qcow2(3, 2));
    stand.offer(&old);
    stand.site.act(DISK, [Act::Then(Box::new(Act::Cut(2 * MIB)), Arc::new(new), keep), then]);
    let error = stand.refused().await;
    assert_eq!((error.kind, error.code), (Kind::Unavailable, "DigestMismatch"), "{error:?}");
    assert!(error.message.contains(DISK), "{error:?}");
    stand.nothing_left();
    stand.offer(&old);
    stand.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_nobody_asked_for_is_not_taken() {
    let stand = Stand::open().await;
    stand.offer(&disks::qcow2(3, 1));
    stand.site.act(DISK, [Act::Cut(2 * MIB), Act::OtherPart, Act::Honest]);
    let error = stand.refused().await;
    assert!(error.message.contains("another part"), "{error:?}");
    stand.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_all_the_time_is_given_up() {
    let stand = Stand::open().await;
    let bytes = Arc::new(disks::qcow2(4, 1));
    stand.offer(&bytes);
    let cut = |mib| Act::Then(Box::new(Act::Cut(mib * MIB)), bytes.clone(), false);
    stand.site.act(DISK, (0..20).flat_map(|_| [cut(3), cut(1)]));
    let error = stand.refused().await;
    assert_eq!(error.code, "DownloadFailed", "{error:?}");
    let requests = stand.site.requests(DISK).len();
    assert!(requests < 10, "{requests} requests");
}

#[rstest]
#[case::too_long(Act::Lie(1000))]
#[case::not_said(Act::Endless)]
#[tokio::test(flavor = "multi_thread")]
async fn a_length_that_is_wrong_or_missing_does_no_harm(#[case] act: Act) {
    let stand = Stand::open().await;
    stand.offer(&disks::qcow2(3, 1));
    stand.site.act(DISK, [act]);
    stand.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_length_that_is_too_short_is_found_out() {
    let stand = Stand::open().await;
    stand.offer(&disks::qcow2(3, 1));
    stand.site.act(DISK, [Act::Lie(-1000)]);
    assert_eq!(stand.refused().await.code, "DigestMismatch");
    stand.nothing_left();
    stand.site.act(DISK, [Act::Honest]);
    stand.succeeds().await;
}
