//! Lists of digests that do not say what they should, and files that are too large.

use rstest::rstest;
use sloopd::model::Kind;

use crate::{
    disks,
    mirror::Act,
    stand::{DISK, LIST, Stand, sha256},
};

#[rstest]
#[case::empty(Vec::new())]
#[case::noise(disks::noise(100_000, 1))]
#[case::other_files(format!("{}  disk.vmdk\n", sha256(b"x")).into_bytes())]
#[case::weak(b"MD5 (disk.qcow2) = d41d8cd98f00b204e9800998ecf8427e\n".to_vec())]
#[case::cut_off(format!("{}  disk.qcow2\n", &sha256(b"x")[1..]).into_bytes())]
#[case::a_way_out(format!("{}  ../disk.qcow2\n", sha256(b"x")).into_bytes())]
#[case::a_login_page(b"<!DOCTYPE html><title>Welcome to the hotel</title>".to_vec())]
#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_the_file_is_refused(#[case] list: Vec<u8>) {
    let stand = Stand::open().await;
    stand.offer(&disks::qcow2(1, 1));
    stand.site.hold(LIST, list);
    let error = stand.refused().await;
    assert_eq!((error.kind, error.code), (Kind::Unavailable, "NotListed"), "{error:?}");
    assert!(error.message.contains("disk.qcow2") && error.tip.is_some(), "{error:?}");
    assert_eq!(stand.site.requests(DISK), []);
    stand.offer(&disks::qcow2(1, 1));
    stand.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_end_is_not_read_to_its_end() {
    let stand = Stand::open().await;
    stand.offer(&disks::qcow2(1, 1));
    stand.site.hold(LIST, vec![b'a'; 16 << 20]);
    stand.site.act(LIST, [Act::Endless]);
    let error = stand.refused().await;
    assert!(error.code == "DownloadFailed" && error.message.contains("too long"), "{error:?}");
    stand.site.act(LIST, [Act::Honest]);
    stand.offer(&disks::qcow2(1, 1));
    stand.succeeds().await;
}

#[rstest]
#[case::as_it_says(Act::Honest, 1)]
#[case::as_it_turns_out(Act::Endless, 6)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_larger_than_any_image_is_not_fetched(#[case] act: Act, #[case] most: u64) {
    let stand = Stand::with(|settings| settings.largest = 2 << 20).await;
    stand.offer(&disks::noise(16 << 20, 1));
    stand.site.act(DISK, [act]);
    let error = stand.refused().await;
    assert!(error.message.contains("any image that is taken"), "{error:?}");
    stand.nothing_left();
    assert!(stand.site.sent(DISK) <= 16 << 20 && most > 0, "{}", stand.site.sent(DISK));
}
