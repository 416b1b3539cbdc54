//! What whoever runs a mirror could send.

use super::*;

#[test]
fn more_than_a_signature_is_not_read() {
    let publisher = Publisher::new();
    let good = publisher.sign(THEN, vec![]);
    let headers = "a: b\n".repeat(1 << 20);
    let text = String::from_utf8(armored(&good)).expect("text");
    let endless = text.replacen('\n', &format!("\n{headers}"), 1);
    let result = detached(LIST.as_bytes(), endless.as_bytes(), &publisher.key(), NOW.into());
    assert_refused(result, "longer than any");
    // Each of many would take a hash of the list.
    let other = binary(&Publisher::new().sign(THEN, vec![]));
    let many = |number| [other.repeat(number), binary(&good)].concat();
    let judge = |bytes: &[u8]| detached(LIST.as_bytes(), bytes, &publisher.key(), NOW.into());
    assert_eq!(judge(&many(MOST - 1)), Ok(()));
    assert_refused(judge(&many(MOST)), "not made by the key");
}

#[test]
fn a_long_list_of_nothing_takes_moments() {
    let publisher = Publisher::new();
    let message = publisher.wrap(&"\n".repeat(1 << 18));
    assert_eq!(publisher.unwrap(&message).map(|text| text.len()), Ok(1 << 18));
    assert_refused(publisher.unwrap(&message.replacen("\n\n\n", "\n\n", 1)), "not on this list");
}

#[test]
fn what_holds_no_signature_is_refused() {
    let publisher = Publisher::new();
    let key = publisher.key();
    let certificate = publisher.certificate.to_bytes().expect("bytes");
    let armored = armored(&publisher.sign(THEN, vec![]));
    for bytes in [
        &b""[..],
        b"\n",
        b"<html>404</html>",
        b"-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n",
        key.armored.as_deref().expect("armour").as_bytes(),
        &certificate,
        &armored[..armored.len() / 2],
        &[0xff; 100],
    ] {
        assert_refused(detached(LIST.as_bytes(), bytes, &key, NOW.into()), "the signature is not good");
    }
}

/// The same bytes with some of them changed.
fn damaged(bytes: &[u8], changes: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (at, byte) in changes {
        let at = at.index(bytes.len());
        bytes[at] = *byte;
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_borne(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        list in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let now = NOW.into();
        let text = String::from_utf8_lossy(&bytes);
        let enclosed = format!("{SIGNATURE_BEGINS}\n\n{text}\n{SIGNATURE_ENDS}\n");
        let message = format!("{TEXT_BEGINS}\nHash: SHA256\n\n{text}\n{enclosed}");
        for signature in [&bytes[..], enclosed.as_bytes(), &[&[0xc2, 0xff][..], &bytes].concat()] {
            prop_assert!(detached(&list, signature, &gnupg(), now).is_err());
        }
        for message in [&bytes[..], message.as_bytes()] {
            prop_assert!(clear(message, &gnupg(), now).is_err());
        }
        let armored = Some(format!("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n{text}"));
        let key = SigningKey { armored, ..gnupg() };
        prop_assert!(detached(&list, &bytes, &key, now).is_err());
    }

    #[test]
    fn damage_is_borne_and_never_changes_what_is_taken(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let now = NOW.into();
        let message = include_bytes!("../../testdata/gnupg.clear.asc");
        let genuine = clear(message, &gnupg(), now);
        if let Ok(text) = clear(&damaged(message, &changes), &gnupg(), now) {
            prop_assert_eq!(Ok(text), genuine);
        }
        let list = format!("SHA256 (disk.img) = {}\n", "a".repeat(64));
        let signature = include_bytes!("../../testdata/gnupg.sha256.asc");
        let _ = detached(list.as_bytes(), &damaged(signature, &changes), &gnupg(), now);
        let other = damaged(list.as_bytes(), &changes);
        if other != list.as_bytes() {
            prop_assert!(detached(&other, signature, &gnupg(), now).is_err());
        }
        let publisher = include_bytes!("../../testdata/gnupg.asc");
        let armored = String::from_utf8(damaged(publisher, &changes)).ok();
        let _ = detached(list.as_bytes(), signature, &SigningKey { armored, ..gnupg() }, now);
    }
}

#[test]
fn every_byte_of_a_signature_may_be_damaged_and_cut_off() {
    let publisher = Publisher::new();
    let certificate = certificate(&publisher.key()).expect("a sound key");
    let judge = |list: &[u8], bytes: &[u8]| judge(&read_signatures(bytes)?, &certificate, list, NOW.into());
    let good = binary(&publisher.sign(THEN, vec![]));
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (at % 8);
        // Some bits are not signed, such as the form of the header; whatever they say, the list is the one that was.
        let _ = judge(LIST.as_bytes(), &bytes);
        assert!(judge(b"another", &bytes).is_err(), "byte {at}");
        assert!(judge(LIST.as_bytes(), &good[..at]).is_err(), "{at} bytes");
    }
}
