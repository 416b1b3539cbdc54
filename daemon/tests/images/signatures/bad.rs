//! Signatures that are not good enough, or no signatures.

use rstest::rstest;

use super::{SIGNATURE, detached, list, not_good};
use crate::{
    disks,
    keys::{DAY, Signer, Way, now},
    stand::{DISK, LIST, sha256},
};

#[rstest]
#[case::expired(Way { made: now() - 2 * DAY, lasts: Some(DAY), ..Way::default() }, "has expired")]
#[case::of_the_future(Way { made: now() + 2 * DAY, ..Way::default() }, "in the future")]
#[case::older_than_its_key(Way { made: now() - 40 * DAY, ..Way::default() }, "older than the key")]
#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_is_not_good_enough_is_refused(#[case] way: Way, #[case] why: &str) {
    let signer = Signer::new();
    let stand = detached(&signer).await;
    stand.site.hold(SIGNATURE, signer.detached(&list(&stand), way));
    not_good(&stand, why).await;
    stand.site.hold(SIGNATURE, signer.detached(&list(&stand), Way::default()));
    stand.succeeds().await;
}

/// Where the bytes of a signature say what it is on, and with which hash.
const TYPE: usize = 3;
const HASH: usize = 5;

#[rstest]
#[case::with_sha_1(HASH, 2, "no longer safe")]
#[case::with_md5(HASH, 1, "no longer safe")]
#[case::on_a_key(TYPE, 0x10, "something else")]
#[tokio::test(flavor = "multi_thread")]
async fn a_signature_of_another_sort_is_refused(#[case] at: usize, #[case] value: u8, #[case] why: &str) {
    let signer = Signer::new();
    let stand = detached(&signer).await;
    let good = signer.detached(&list(&stand), Way::default());
    let mut bytes = good.clone();
    // Version 4, on a binary file, by an Edwards curve, with SHA-512.
    assert_eq!(bytes[2..6], [4, 0, 22, 10]);
    bytes[at] = value;
    stand.site.hold(SIGNATURE, bytes);
    not_good(&stand, why).await;
    stand.site.hold(SIGNATURE, good);
    stand.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_by_another_key_or_on_another_list_is_refused() {
    let signer = Signer::new();
    let stand = detached(&signer).await;
    let good = signer.detached(&list(&stand), Way::default());
    stand.site.hold(SIGNATURE, Signer::new().detached(&list(&stand), Way::default()));
    let error = not_good(&stand, "not made by the key").await;
    assert!(error.message.contains(&signer.public().fingerprint), "{error:?}");
    stand.site.hold(SIGNATURE, signer.detached("another list", Way::default()));
    not_good(&stand, "not on this list").await;
    stand.site.hold(SIGNATURE, good);
    stand.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_was_tampered_with_is_refused() {
    let signer = Signer::new();
    let stand = detached(&signer).await;
    let good = list(&stand);
    stand.site.hold(SIGNATURE, signer.detached(&good, Way::default()));
    stand.site.hold(LIST, format!("{good}{} *disk.qcow2\n", sha256(b"evil")));
    not_good(&stand, "not on this list").await;
    stand.site.hold(LIST, good);
    stand.succeeds().await;
}

#[rstest]
#[case::empty(b"".to_vec())]
#[case::a_login_page(b"<html>Welcome to the hotel</html>".to_vec())]
#[case::noise(disks::noise(500, 1))]
#[case::cut_off(b"-----BEGIN PGP SIGNATURE-----\n\niQ".to_vec())]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_signature_is_refused(#[case] bytes: Vec<u8>) {
    let signer = Signer::new();
    let stand = detached(&signer).await;
    stand.site.hold(SIGNATURE, bytes);
    not_good(&stand, "").await;
    stand.site.hold(SIGNATURE, signer.armored(&list(&stand), Way::default()));
    stand.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_without_its_signature_is_refused() {
    let signer = Signer::new();
    let stand = detached(&signer).await;
    let error = stand.refused().await;
    assert!(error.code == "DownloadFailed" && error.message.contains("SHA256SUMS.gpg"), "{error:?}");
    assert_eq!(stand.site.requests(DISK), []);
    stand.site.hold(SIGNATURE, signer.detached(&list(&stand), Way::default()));
    stand.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_was_exchanged_under_a_good_list_is_refused() {
    let signer = Signer::new();
    let stand = detached(&signer).await;
    stand.site.hold(SIGNATURE, signer.detached(&list(&stand), Way::default()));
    let good = stand.site.bytes(DISK);
    stand.site.hold(DISK, disks::qcow2(1, 666));
    let error = stand.refused().await;
    assert!(error.code == "DigestMismatch" && error.message.contains(DISK), "{error:?}");
    stand.nothing_left();
    stand.site.hold(DISK, good);
    stand.succeeds().await;
}
