//! Keys that sign nothing, or are not there.

use rstest::rstest;
use sloopd::model::{Kind, SignatureForm, SigningKey};

use super::{SIGNATURE, detached, list, not_good, signed_by};
use crate::keys::{Signer, Way};

#[rstest]
#[case::expired(Signer::new().expire_after(10), "expired when it signed")]
#[case::revoked(Signer::new().revoke(), "has been revoked")]
#[case::with_a_revoked_subkey(Signer::with_subkey().revoke_subkey(), "has been revoked")]
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_dead_signs_nothing(#[case] signer: Signer, #[case] why: &str) {
    let stand = detached(&signer).await;
    stand.site.hold(SIGNATURE, signer.detached(&list(&stand), Way::default()));
    not_good(&stand, why).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_the_catalogue_has_not_is_asked_for() {
    let signer = Signer::new();
    let mut key = signer.public();
    key.armored = None;
    let stand = signed_by(key.clone(), SignatureForm::Detached("SHA256SUMS.gpg".to_owned())).await;
    stand.site.hold(SIGNATURE, signer.detached(&list(&stand), Way::default()));
    let error = stand.refused().await;
    assert_eq!((error.kind, error.code), (Kind::Unavailable, "KeyMissing"), "{error:?}");
    let tip = error.tip.expect("what to do about it");
    assert!(tip.contains(&format!("keys/{}.asc", key.fingerprint)), "{tip}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_under_a_false_name_is_refused() {
    let (signer, other) = (Signer::new(), Signer::new());
    let key = SigningKey { fingerprint: signer.public().fingerprint, ..other.public() };
    let stand = signed_by(key, SignatureForm::Detached("SHA256SUMS.gpg".to_owned())).await;
    stand.site.hold(SIGNATURE, other.detached(&list(&stand), Way::default()));
    let error = stand.refused().await;
    assert!(error.message.contains("another key"), "{error:?}");
}
