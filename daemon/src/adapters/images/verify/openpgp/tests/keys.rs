//! Keys.

use super::*;

#[test]
fn what_was_signed_before_the_key_expired_stays_signed() {
    let publisher = Publisher::silent().says(BORN, vec![for_signing(), key_lasts(200 * DAY)]);
    assert_eq!(publisher.judge(&publisher.sign(BORN + 200 * DAY - 1, vec![])), Ok(()));
    for made in [BORN + 200 * DAY, NOW] {
        assert_refused(publisher.judge(&publisher.sign(made, vec![])), "had expired when it signed");
    }
}

#[test]
fn the_newest_of_what_a_key_says_of_itself_counts() {
    let publisher = Publisher::silent().says(BORN + 2, vec![for_signing(), key_lasts(0)]);
    let publisher = publisher.says(BORN + 1, vec![key_lasts(DAY)]);
    assert_eq!(publisher.judge(&publisher.sign(THEN, vec![])), Ok(()), "none at all is for ever");
    let publisher = publisher.says(BORN + 3, vec![for_signing(), key_lasts(DAY)]);
    assert_refused(publisher.judge(&publisher.sign(THEN, vec![])), "had expired");
}

#[test]
fn what_others_say_of_a_key_counts_for_nothing() {
    let mut publisher = Publisher::silent().says(BORN, vec![for_signing(), key_lasts(DAY)]);
    Publisher::new().says_of(&mut publisher, BORN + 1, vec![for_signing()]);
    // What claims to be the key's own, and is not.
    let mut forged = publisher.certificate.details.users[0].signatures[1].clone();
    let claim = SubpacketData::IssuerFingerprint(publisher.certificate.primary_key.fingerprint());
    forged.unhashed_subpacket_push(Subpacket::regular(claim).expect("a claim")).expect("a forgery");
    publisher.certificate.details.users[0].signatures.push(forged);
    assert_refused(publisher.judge(&publisher.sign(THEN, vec![])), "had expired");
    assert_eq!(publisher.judge(&publisher.sign(BORN + 1, vec![])), Ok(()));
}

#[test]
fn a_key_may_speak_of_itself_without_a_name() {
    let mut publisher = Publisher::silent();
    let key = &publisher.secret.primary_key;
    let said = sha256(SignatureType::Key, BORN, key, vec![for_signing(), key_lasts(DAY)]);
    let said = said.sign_key(key, &empty(), key.public_key()).expect("a signature on the key");
    publisher.certificate.details.direct_signatures.push(said);
    assert_eq!(publisher.judge(&publisher.sign(BORN + 1, vec![])), Ok(()));
    assert_refused(publisher.judge(&publisher.sign(THEN, vec![])), "had expired");
}

#[test]
fn a_key_that_is_not_for_signing_is_refused() {
    let publisher = Publisher::silent().says(BORN, vec![for_encryption()]);
    assert_refused(publisher.judge(&publisher.sign(THEN, vec![])), "not for signing");
    let publisher = Publisher::silent().says(BORN, vec![]);
    assert_eq!(publisher.judge(&publisher.sign(THEN, vec![])), Ok(()), "it does not say");
}

#[test]
fn a_revoked_key_is_refused() {
    let mut publisher = Publisher::new().binds(BORN, vec![for_signing()]);
    let key = &publisher.secret.primary_key;
    let revocation = sha256(SignatureType::KeyRevocation, NOW, key, vec![]);
    let revocation = revocation.sign_key(key, &empty(), key.public_key()).expect("a revocation");
    publisher.certificate.details.revocation_signatures.push(revocation);
    for signature in [publisher.sign(THEN, vec![]), publisher.sign_with_subkey(THEN)] {
        assert_refused(publisher.judge(&signature), "has been revoked");
    }
}

#[test]
fn a_subkey_for_signing_signs_for_its_key() {
    let publisher = Publisher::new().binds(BORN, vec![for_signing()]);
    assert_eq!(publisher.judge(&publisher.sign_with_subkey(THEN)), Ok(()));
    assert_refused(publisher.judge(&publisher.sign_with_subkey(BORN - 1)), "older than the key");
}

#[test]
fn a_subkey_that_is_not_for_signing_is_refused() {
    for publisher in [
        Publisher::new().binds(BORN, vec![for_encryption()]),
        Publisher::new().binds(BORN, vec![]),
        // Was one, and is none any more.
        Publisher::new().binds(BORN, vec![for_signing()]).binds(BORN + 1, vec![for_encryption()]),
        // Without its consent: whoever owns a key could claim another's lists.
        Publisher::new().binds_alone(SignatureType::SubkeyBinding, BORN, vec![for_signing()]),
    ] {
        assert_refused(publisher.judge(&publisher.sign_with_subkey(THEN)), "not for signing");
    }
}

#[test]
fn a_subkey_that_its_key_does_not_know_is_refused() {
    let mut publisher = Publisher::new();
    let other = Publisher::new().binds(BORN, vec![for_signing()]);
    publisher.certificate.public_subkeys = other.certificate.public_subkeys.clone();
    assert_refused(publisher.judge(&other.sign_with_subkey(THEN)), "not for signing");
}

#[test]
fn a_subkey_ends_with_its_own_time_and_with_its_key() {
    let publisher = Publisher::new().binds(BORN, vec![for_signing(), key_lasts(DAY)]);
    assert_eq!(publisher.judge(&publisher.sign_with_subkey(BORN + 1)), Ok(()));
    assert_refused(publisher.judge(&publisher.sign_with_subkey(THEN)), "had expired");
    let publisher = Publisher::silent().says(BORN, vec![for_signing(), key_lasts(DAY)]);
    let publisher = publisher.binds(BORN, vec![for_signing()]);
    assert_refused(publisher.judge(&publisher.sign_with_subkey(THEN)), "had expired");
}

#[test]
fn a_revoked_subkey_is_refused() {
    let publisher = Publisher::new().binds(BORN, vec![for_signing()]);
    let publisher = publisher.binds_alone(SignatureType::SubkeyRevocation, NOW, vec![]);
    assert_refused(publisher.judge(&publisher.sign_with_subkey(THEN)), "has been revoked");
    assert_eq!(publisher.judge(&publisher.sign(THEN, vec![])), Ok(()), "the key itself lives");
}

#[test]
fn a_file_with_another_key_than_its_name_says_is_refused() {
    let (publisher, other) = (Publisher::new(), Publisher::new());
    let signature = binary(&other.sign(THEN, vec![]));
    let key = SigningKey { fingerprint: publisher.key().fingerprint, ..other.key() };
    let error = detached(LIST.as_bytes(), &signature, &key, NOW.into()).expect_err("another key");
    assert_eq!(error.kind, Kind::Internal, "{error}");
    assert!(error.message.contains("holds another key"), "{error}");
    let key = SigningKey { fingerprint: other.key().fingerprint.to_lowercase(), ..other.key() };
    assert_eq!(detached(LIST.as_bytes(), &signature, &key, NOW.into()), Ok(()));
}

#[test]
fn a_key_that_is_missing_or_says_nothing_is_told_of() {
    let publisher = Publisher::new();
    let signature = binary(&publisher.sign(THEN, vec![]));
    let key = SigningKey { armored: None, ..publisher.key() };
    let error = detached(LIST.as_bytes(), &signature, &key, NOW.into()).expect_err("no key");
    assert_eq!((error.kind, error.code), (Kind::Unavailable, "KeyMissing"));
    assert!(error.tip.is_some_and(|tip| tip.contains(&key.fingerprint)));
    for armored in [Publisher::silent().key().armored, Some("no key".to_owned()), Some(String::new())] {
        let key = SigningKey { armored, ..publisher.key() };
        let error = detached(LIST.as_bytes(), &signature, &key, NOW.into()).expect_err("no use");
        assert_eq!(error.kind, Kind::Internal, "{error}");
    }
    let silent = Publisher::silent();
    let error = silent.judge(&silent.sign(THEN, vec![])).expect_err("it says nothing");
    assert!(error.message.contains("says nothing of itself"), "{error}");
}
