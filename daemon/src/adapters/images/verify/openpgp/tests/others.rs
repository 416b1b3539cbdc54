//! What others have made.

use super::*;

#[test]
fn every_pinned_key_is_the_one_that_its_name_says() {
    let mut found = 0;
    for entry in std::fs::read_dir(images().join("keys")).expect("the directory of keys") {
        let path = entry.expect("an entry").path();
        let fingerprint = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let armored = Some(std::fs::read_to_string(&path).expect("a key"));
        let certificate = certificate(&SigningKey { fingerprint: fingerprint.clone(), armored });
        let certificate = certificate.expect("a sound key");
        assert_eq!(certificate.fingerprint, fingerprint);
        assert!(may_sign(&certificate.statement) && certificate.key.details.revocation_signatures.is_empty());
        found += 1;
    }
    assert!(found >= 4, "{found}");
}

#[test]
fn ubuntus_own_list_is_good() {
    let fingerprint = "D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81".to_owned();
    let armored = std::fs::read_to_string(images().join(format!("keys/{fingerprint}.asc"))).ok();
    let key = SigningKey { fingerprint, armored };
    let (list, signature) = (
        include_bytes!("../../testdata/ubuntu.SHA256SUMS"),
        include_bytes!("../../testdata/ubuntu.SHA256SUMS.gpg"),
    );
    // A day after it was signed.
    let now = 1_790_446_992 + u64::from(DAY);
    assert_eq!(detached(list, signature, &key, now), Ok(()));
    assert_refused(detached(&list[1..], signature, &key, now), "not on this list");
}

#[test]
fn a_weak_hash_is_refused_on_a_list_and_borne_on_a_key() {
    let list = format!("SHA256 (disk.img) = {}\n", "a".repeat(64));
    let now = NOW.into();
    let (weak, strong) =
        (include_bytes!("../../testdata/gnupg.sha1.asc"), include_bytes!("../../testdata/gnupg.sha256.asc"));
    assert_refused(detached(list.as_bytes(), weak, &gnupg(), now), "no longer safe");
    assert_eq!(detached(list.as_bytes(), strong, &gnupg(), now), Ok(()));
}

#[test]
fn what_gnupg_clear_signed_comes_out() {
    let message = include_bytes!("../../testdata/gnupg.clear.asc");
    let expected = format!(
        "# A list, with what is awkward about it\n-----\n- dash\n-dash\nFrom here\n\n{}  disk.img\n",
        "a".repeat(64)
    );
    assert_eq!(clear(message, &gnupg(), NOW.into()), Ok(expected));
}
