//! Lists that carry their signature themselves.

use sloopd::model::{Download, ImageSource, SignatureForm, Verification};

use crate::{
    disks,
    keys::Signer,
    stand::{DISK, LIST, Stand, sha256},
};

/// A stand whose publisher signs clear; gives the signed list.
async fn open(signer: &Signer) -> (Stand, String) {
    let mut stand = Stand::open().await;
    let ImageSource::Download(download) = &stand.blueprint.source else { unreachable!("it is one") };
    let (checksums, signature, key) = ("SHA256SUMS".to_owned(), SignatureForm::Clear, signer.public());
    let verification = Verification::Signed { checksums, signature, key };
    stand.blueprint.source = ImageSource::Download(Download { verification, ..download.clone() });
    let bytes = disks::qcow2(1, 1);
    stand.offer(&bytes);
    // A line that begins with a hyphen is written otherwise in such a list.
    let list =
        format!("- images of today\n{}  disk.qcow2\n{}  other.qcow2\n", sha256(&bytes), sha256(b"other"));
    let signed = String::from_utf8(signer.clear(&list)).expect("text");
    stand.site.hold(LIST, signed.clone());
    (stand, signed)
}

async fn refused(stand: &Stand, list: impl Into<Vec<u8>>) {
    stand.site.hold(LIST, list);
    let error = stand.refused().await;
    assert!(error.code == "SignatureInvalid" && error.message.contains(LIST), "{error:?}");
    assert_eq!(stand.site.requests(DISK), []);
    stand.nothing_left();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_with_its_signature_around_it_is_enough() {
    let signer = Signer::new();
    let (stand, signed) = open(&signer).await;
    // Line ends may change on the way.
    stand.site.hold(LIST, signed.replace('\n', "\r\n"));
    let image = stand.succeeds().await;
    assert_eq!(image.verified, format!("by the signature of {} on SHA256SUMS", signer.public().fingerprint));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_not_what_was_signed_is_refused() {
    let signer = Signer::new();
    let (stand, signed) = open(&signer).await;
    refused(&stand, signed.replace("other.qcow2", "thing.qcow2")).await;
    refused(&stand, signed.replacen("\n\n", &format!("\n\n{}  disk.qcow2\n", sha256(b"evil")), 1)).await;
    refused(&stand, Signer::new().clear("a list of somebody else")).await;
    refused(&stand, format!("{}  disk.qcow2\n", sha256(b"evil"))).await;
    refused(&stand, signed.split_at(signed.len() / 2).0).await;
    refused(&stand, [b"\xff\xfe".to_vec(), signed.clone().into_bytes()].concat()).await;
    stand.site.hold(LIST, signed);
    stand.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_around_the_signed_text_says_nothing() {
    let (stand, signed) = open(&Signer::new()).await;
    let evil = format!("{}  disk.qcow2\n", sha256(b"evil"));
    stand.site.hold(LIST, format!("{evil}{signed}{evil}"));
    match stand.pull().await {
        Ok(image) => assert!(image.is_newest),
        Err(error) => assert_eq!(error.code, "SignatureInvalid", "{error:?}"),
    }
}
