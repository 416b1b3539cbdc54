//! Signatures on lists of digests: good ones of every kind, and all that is not good enough.

mod bad;
mod certificates;
mod clear;
mod good;

use sloopd::model::{Download, Error, ImageSource, Kind, SignatureForm, SigningKey, Verification};

use crate::{
    disks,
    keys::Signer,
    stand::{DISK, LIST, Stand},
};

const SIGNATURE: &str = "https://images.example.test/tiny/SHA256SUMS.gpg";

/// A stand whose publisher signs with that key.
async fn signed_by(key: SigningKey, signature: SignatureForm) -> Stand {
    let mut stand = Stand::open().await;
    let ImageSource::Download(download) = &stand.blueprint.source else { unreachable!("it is one") };
    let verification = Verification::Signed { checksums: "SHA256SUMS".to_owned(), signature, key };
    stand.blueprint.source = ImageSource::Download(Download { verification, ..download.clone() });
    stand.offer(&disks::qcow2(1, 1));
    stand
}

async fn detached(signer: &Signer) -> Stand {
    signed_by(signer.public(), SignatureForm::Detached("SHA256SUMS.gpg".to_owned())).await
}

fn list(stand: &Stand) -> String {
    String::from_utf8(stand.site.bytes(LIST)).expect("text")
}

/// The list is refused before anything of the image is fetched.
async fn not_good(stand: &Stand, why: &str) -> Error {
    let error = stand.refused().await;
    assert_eq!((error.kind, error.code), (Kind::Unavailable, "SignatureInvalid"), "{error:?}");
    assert!(error.message.contains(LIST) && error.message.contains(why) && error.tip.is_some(), "{error:?}");
    assert_eq!(stand.site.requests(DISK), []);
    stand.nothing_left();
    error
}
