//! Signatures in files of their own.

use super::*;

#[test]
fn a_good_signature_is_good_however_it_is_written() {
    let publisher = Publisher::new();
    let key = &publisher.secret.primary_key;
    for kind in [SignatureType::Binary, SignatureType::Text] {
        for hash in [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
            let signature = on(LIST.as_bytes(), draft(kind, hash, THEN, key, vec![]), key);
            for bytes in [binary(&signature), armored(&signature)] {
                let result = detached(LIST.as_bytes(), &bytes, &publisher.key(), NOW.into());
                assert_eq!(result, Ok(()), "{kind:?} {hash:?}");
            }
        }
    }
}

#[test]
fn one_good_signature_among_several_is_enough() {
    let (publisher, other) = (Publisher::new(), Publisher::new());
    let both = [binary(&other.sign(THEN, vec![])), binary(&publisher.sign(THEN, vec![]))].concat();
    for key in [publisher.key(), other.key()] {
        assert_eq!(detached(LIST.as_bytes(), &both, &key, NOW.into()), Ok(()));
    }
}

#[test]
fn a_signature_by_another_key_is_refused() {
    let (publisher, other) = (Publisher::new(), Publisher::new());
    assert_refused(publisher.judge(&other.sign(THEN, vec![])), "not made by the key");
}

#[test]
fn a_list_that_was_changed_is_refused() {
    let publisher = Publisher::new();
    let signature = binary(&publisher.sign(THEN, vec![]));
    let swapped = LIST.replace('a', "x").replace('b', "a").replace('x', "b");
    for list in [&LIST[1..], &LIST[..LIST.len() - 1], &swapped, &LIST.replace('\n', "\r\n"), ""] {
        let result = detached(list.as_bytes(), &signature, &publisher.key(), NOW.into());
        assert_refused(result, "not on this list");
    }
}

#[test]
fn a_signature_on_text_is_good_for_its_lines_and_no_others() {
    let publisher = Publisher::new();
    let key = &publisher.secret.primary_key;
    let signature = on(LIST.as_bytes(), sha256(SignatureType::Text, THEN, key, vec![]), key);
    let judge = |list: &str| detached(list.as_bytes(), &binary(&signature), &publisher.key(), NOW.into());
    assert_eq!(judge(&LIST.replace('\n', "\r\n")), Ok(()));
    for list in [LIST.replace('\n', "\r"), LIST.replace('\n', "\n\n"), LIST.replace('\n', " \n")] {
        assert_refused(judge(&list), "not on this list");
    }
}

#[test]
fn a_signature_from_the_future_is_refused() {
    let publisher = Publisher::new();
    assert_eq!(publisher.judge(&publisher.sign(NOW + DAY, vec![])), Ok(()), "clocks differ");
    assert_refused(publisher.judge(&publisher.sign(NOW + DAY + 1, vec![])), "in the future");
}

#[test]
fn a_signature_has_its_own_end() {
    let publisher = Publisher::new();
    let lasting = |seconds| publisher.judge(&publisher.sign(THEN, vec![signature_lasts(seconds)]));
    assert_refused(lasting(DAY), "it has expired");
    assert_refused(lasting(NOW - THEN), "it has expired");
    assert_eq!(lasting(NOW - THEN + 1), Ok(()));
    assert_eq!(lasting(0), Ok(()), "none at all is for ever");
}

#[test]
fn a_signature_without_a_time_is_refused() {
    let publisher = Publisher::new();
    let key = &publisher.secret.primary_key;
    let mut config = sha256(SignatureType::Binary, THEN, key, vec![]);
    config.unhashed_subpackets.push(config.hashed_subpackets.remove(0));
    assert_refused(publisher.judge(&on(LIST.as_bytes(), config, key)), "does not say when");
}

#[test]
fn a_signature_that_is_older_than_its_key_is_refused() {
    let publisher = Publisher::new();
    assert_refused(publisher.judge(&publisher.sign(BORN - 1, vec![])), "older than the key");
}

#[test]
fn other_kinds_and_versions_of_signatures_are_refused() {
    let publisher = Publisher::new();
    let key = &publisher.secret.primary_key;
    let mut bytes = binary(&publisher.sign(THEN, vec![]));
    assert_eq!(bytes[2..4], [4, 0], "its version, and its type");
    for (at, byte) in [(2, 5), (2, 7), (3, 2), (3, 0x10), (3, 0x1f), (3, 0x40), (3, 0x50), (3, 0xff)] {
        let before = std::mem::replace(&mut bytes[at], byte);
        let result = detached(LIST.as_bytes(), &bytes, &publisher.key(), NOW.into());
        assert_refused(result, "on something else");
        bytes[at] = before;
    }
    let certification = &publisher.certificate.details.users[0].signatures[0];
    assert_refused(publisher.judge(certification), "on something else");
    let (good, made) = (publisher.sign(THEN, vec![]), Timestamp::from_secs(THEN));
    let old = SignatureConfig::v3(
        SignatureType::Binary,
        key.algorithm(),
        HashAlgorithm::Sha256,
        made,
        key.legacy_key_id(),
    );
    let (start, value) = (good.signed_hash_value(), good.signature().cloned());
    let old = Signature::from_config(old, start.expect("its hash"), value.expect("its value"));
    assert_refused(publisher.judge(&old.expect("a signature of version 3")), "on something else");
}
