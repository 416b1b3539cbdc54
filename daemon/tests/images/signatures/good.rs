//! What is enough.

use rstest::rstest;

use super::{SIGNATURE, detached, list};
use crate::keys::{DAY, Signer, Way};

#[rstest]
#[case::in_bytes(Signer::new(), false)]
#[case::in_letters(Signer::new(), true)]
#[case::by_a_subkey(Signer::with_subkey(), false)]
#[case::by_a_key_that_lives_on(Signer::new().expire_after(31), false)]
#[tokio::test(flavor = "multi_thread")]
async fn a_good_signature_in_a_file_of_its_own_is_enough(#[case] signer: Signer, #[case] letters: bool) {
    let stand = detached(&signer).await;
    let list = list(&stand);
    let way = Way { lasts: Some(DAY), ..Way::default() };
    let signature = if letters { signer.armored(&list, way) } else { signer.detached(&list, way) };
    stand.site.hold(SIGNATURE, signature);
    let image = stand.succeeds().await;
    let key = signer.public().fingerprint;
    assert_eq!(image.verified, format!("by the signature of {key} on SHA256SUMS"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_good_signature_among_others_is_enough() {
    let signer = Signer::new();
    let stand = detached(&signer).await;
    let list = list(&stand);
    let mut signatures = Signer::new().detached(&list, Way::default());
    signatures.extend(signer.detached(&list, Way::default()));
    stand.site.hold(SIGNATURE, signatures);
    stand.succeeds().await;
}
