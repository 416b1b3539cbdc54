//! Who vouches for a file.

use futures::StreamExt as _;
use rstest::rstest;
use sloopd::{
    model::{ImageSource, ImportOrder, Kind, Trust},
    ports::Images as _,
};

use super::{import, order, pieces, refused};
use crate::{
    disks,
    stand::{DISK, LIST, Stand, quiet, sha256, sha512},
};

#[rstest]
#[case::sha_256(sha256)]
#[case::sha_512(sha512)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_its_digest_becomes_an_image(#[case] digest: fn(&[u8]) -> String) {
    let (stand, bytes) = (Stand::open().await, disks::qcow2(1, 1));
    let wrong = order(&stand, Trust::Digest(digest(b"another")));
    let error = refused(&stand, wrong, &bytes, "DigestMismatch").await;
    assert_eq!(error.kind, Kind::InvalidInput);
    let right = order(&stand, Trust::Digest(digest(&bytes).to_uppercase()));
    let image = import(&stand, right, &bytes).await.expect("it is what it should be");
    assert_eq!(image.verified, "by the digest that was given with it");
    assert_eq!(image.origin, "file disk.qcow2");
    assert!(stand.store.base(&stand.blueprint).await.expect("sound").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_digest_is_refused_before_anything_is_read() {
    let stand = Stand::open().await;
    let never = futures::stream::poll_fn(|_| panic!("it was read")).boxed();
    let error = stand.store.import(order(&stand, Trust::Digest("abc".to_owned())), never, quiet()).await;
    assert_eq!(error.expect_err("no digest").field, Some("digest"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_nobody_vouches_for_says_so() {
    let (stand, bytes) = (Stand::open().await, disks::qcow2(1, 1));
    let image = import(&stand, order(&stand, Trust::Nobody), &bytes).await.expect("taken");
    assert_eq!(image.verified, "by nobody: taken as it came");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_vouches_for_a_file_that_came_otherwise() {
    let (stand, bytes) = (Stand::open().await, disks::qcow2(1, 1));
    stand.offer(&bytes);
    let image = import(&stand, order(&stand, Trust::Publisher), &bytes).await.expect("genuine");
    assert_eq!(image.verified, "by the digest in SHA256SUMS, which TLS vouches for");
    assert_eq!((stand.site.requests(DISK).len(), stand.site.requests(LIST).len()), (0, 1));
    // Under another name it may be the newest all the same.
    let renamed =
        ImportOrder { file_name: "download (1).qcow2".to_owned(), ..order(&stand, Trust::Publisher) };
    import(&stand, renamed, &bytes).await.expect("genuine");
    stand.store.remove(&image).await.expect("removed");
    refused(&stand, order(&stand, Trust::Publisher), &disks::qcow2(1, 2), "DigestMismatch").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_that_cannot_be_asked_leaves_other_ways() {
    let mut stand = Stand::open().await;
    let ask = order(&stand, Trust::Publisher);
    for _ in 0..2 {
        let error = stand.store.import(ask.clone(), pieces(b"x", None), quiet()).await.expect_err("nobody");
        let tip = error.tip.expect("what to do about it");
        assert!(tip.contains("--digest") && tip.contains("--unverified made_up"), "{tip}");
        stand.blueprint.source = ImageSource::Own;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_twice_is_one_image() {
    let (stand, bytes) = (Stand::open().await, disks::qcow2(4, 1));
    let first = import(&stand, order(&stand, Trust::Nobody), &bytes).await.expect("taken");
    let second = import(&stand, order(&stand, Trust::Nobody), &bytes).await.expect("taken");
    assert_eq!(first.id, second.id);
    assert_eq!(stand.images().await, [second]);
}
