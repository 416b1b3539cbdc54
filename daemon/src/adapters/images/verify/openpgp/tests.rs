//! Keys made here sign lists: what is genuine passes, and everything else is refused with its reason.

use pgp::{
    composed::{
        CleartextSignedMessage, KeyType, SecretKeyParamsBuilder, SignedSecretKey, SubkeyParamsBuilder,
    },
    packet::{KeyFlags, SignatureConfig, Subpacket},
    ser::Serialize as _,
    types::{Password, SigningKey as Signer},
};
use proptest::prelude::*;
use ssh_key::rand_core::OsRng;

use super::*;

const DAY: u32 = 24 * 3600;
/// When the keys made here were made.
const BORN: u32 = 1_700_000_000;
/// When lists are signed where it does not matter.
const THEN: u32 = BORN + 100 * DAY;
/// When lists are looked at.
const NOW: u32 = BORN + 1000 * DAY;
const LIST: &str = "# Two builds\n\
    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa  disk-1.img\n\
    bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  disk-2.img\n";

/// Somebody with a key and a subkey, both able to sign; what the certificate says of them is up to each test.
struct Publisher {
    secret: SignedSecretKey,
    certificate: SignedPublicKey,
}

fn empty() -> Password {
    Password::empty()
}

/// A signature in the making: of that time, by that key, saying more.
fn draft(
    kind: SignatureType,
    hash: HashAlgorithm,
    made: u32,
    key: &impl Signer,
    more: Vec<SubpacketData>,
) -> SignatureConfig {
    let mut config = SignatureConfig::v4(kind, key.algorithm(), hash);
    let always = [
        SubpacketData::SignatureCreationTime(Timestamp::from_secs(made)),
        SubpacketData::IssuerFingerprint(key.fingerprint()),
    ];
    let packets = always.into_iter().chain(more).map(Subpacket::regular).collect::<Result<_, _>>();
    config.hashed_subpackets = packets.expect("sound subpackets");
    config
}

fn sha256(kind: SignatureType, made: u32, key: &impl Signer, more: Vec<SubpacketData>) -> SignatureConfig {
    draft(kind, HashAlgorithm::Sha256, made, key, more)
}

/// A signature on a file.
fn on(list: &[u8], config: SignatureConfig, key: &impl Signer) -> Signature {
    config.sign(key, &empty(), list).expect("a signature")
}

fn binary(signature: &Signature) -> Vec<u8> {
    DetachedSignature::new(signature.clone()).to_bytes().expect("bytes")
}

fn armored(signature: &Signature) -> Vec<u8> {
    let signature = DetachedSignature::new(signature.clone());
    signature.to_armored_bytes(None.into()).expect("armour")
}

/// What a key is for.
fn for_signing() -> SubpacketData {
    let mut flags = KeyFlags::default();
    flags.set_certify(true);
    flags.set_sign(true);
    SubpacketData::KeyFlags(flags)
}

fn for_encryption() -> SubpacketData {
    let mut flags = KeyFlags::default();
    flags.set_encrypt_comms(true);
    flags.set_encrypt_storage(true);
    SubpacketData::KeyFlags(flags)
}

fn key_lasts(seconds: u32) -> SubpacketData {
    SubpacketData::KeyExpirationTime(Duration::from_secs(seconds))
}

fn signature_lasts(seconds: u32) -> SubpacketData {
    SubpacketData::SignatureExpirationTime(Duration::from_secs(seconds))
}

impl Publisher {
    /// One whose certificate says nothing yet.
    fn silent() -> Self {
        let born = Timestamp::from_secs(BORN);
        let subkey = SubkeyParamsBuilder::default()
            .key_type(KeyType::Ed25519Legacy)
            .can_sign(true)
            .created_at(born)
            .build()
            .expect("a subkey's parameters");
        let secret = SecretKeyParamsBuilder::default()
            .key_type(KeyType::Ed25519Legacy)
            .can_sign(true)
            .can_certify(true)
            .created_at(born)
            .primary_user_id("A publisher <images@example.com>".to_owned())
            .subkey(subkey)
            .build()
            .expect("a key's parameters")
            .generate(OsRng)
            .expect("a key");
        let mut certificate = secret.to_public_key();
        certificate.details.users[0].signatures.clear();
        certificate.details.direct_signatures.clear();
        certificate.public_subkeys[0].signatures.clear();
        Self { secret, certificate }
    }

    /// One with a key for signing, without an end.
    fn new() -> Self {
        Self::silent().says(BORN, vec![for_signing()])
    }

    /// Of its key, from then on.
    fn says(mut self, made: u32, more: Vec<SubpacketData>) -> Self {
        let key = &self.secret.primary_key;
        let user = &mut self.certificate.details.users[0];
        let config = sha256(SignatureType::CertPositive, made, key, more);
        let said = config.sign_certification(key, key.public_key(), &empty(), Tag::UserId, &user.id);
        user.signatures.push(said.expect("a certification"));
        self
    }

    /// Of somebody else's key.
    fn says_of(&self, other: &mut Self, made: u32, more: Vec<SubpacketData>) {
        let key = &self.secret.primary_key;
        let user = &mut other.certificate.details.users[0];
        let config = sha256(SignatureType::CertGeneric, made, key, more);
        let signee = other.secret.primary_key.public_key();
        let said = config.sign_certification_third_party(key, &empty(), signee, Tag::UserId, &user.id);
        user.signatures.push(said.expect("a certification"));
    }

    /// Of its subkey, with the subkey's consent.
    fn binds(self, made: u32, more: Vec<SubpacketData>) -> Self {
        let (key, subkey) = (&self.secret.primary_key, &self.secret.secret_subkeys[0].key);
        let back = sha256(SignatureType::KeyBinding, made, subkey, vec![]);
        let back = back.sign_primary_key_binding(subkey, subkey.public_key(), &empty(), key.public_key());
        let consent = SubpacketData::EmbeddedSignature(Box::new(back.expect("a binding")));
        self.binds_alone(SignatureType::SubkeyBinding, made, more.into_iter().chain([consent]).collect())
    }

    fn binds_alone(mut self, kind: SignatureType, made: u32, more: Vec<SubpacketData>) -> Self {
        let (key, subkey) = (&self.secret.primary_key, &self.certificate.public_subkeys[0].key);
        let config = sha256(kind, made, key, more);
        let said = config.sign_subkey_binding(key, key.public_key(), &empty(), subkey);
        self.certificate.public_subkeys[0].signatures.push(said.expect("a binding"));
        self
    }

    /// As it is in the catalogue.
    fn key(&self) -> SigningKey {
        SigningKey {
            fingerprint: format!("{:X}", self.certificate.primary_key.fingerprint()),
            armored: Some(self.certificate.to_armored_string(None.into()).expect("armour")),
        }
    }

    /// A signature on the list.
    fn sign(&self, made: u32, more: Vec<SubpacketData>) -> Signature {
        let key = &self.secret.primary_key;
        on(LIST.as_bytes(), sha256(SignatureType::Binary, made, key, more), key)
    }

    /// The same by the subkey.
    fn sign_with_subkey(&self, made: u32) -> Signature {
        let key = &self.secret.secret_subkeys[0].key;
        on(LIST.as_bytes(), sha256(SignatureType::Binary, made, key, vec![]), key)
    }

    /// A list with a signature around it.
    fn wrap(&self, text: &str) -> String {
        let key = &self.secret.primary_key;
        let config = sha256(SignatureType::Text, THEN, key, vec![]);
        let message = CleartextSignedMessage::new(text, config, key, &empty()).expect("a message");
        message.to_armored_string(None.into()).expect("armour")
    }

    fn judge(&self, signature: &Signature) -> Result<()> {
        detached(LIST.as_bytes(), &binary(signature), &self.key(), NOW.into())
    }

    fn unwrap(&self, message: &str) -> Result<String> {
        clear(message.as_bytes(), &self.key(), NOW.into())
    }
}

fn assert_refused<T: std::fmt::Debug>(result: Result<T>, words: &str) {
    let error = result.expect_err(words);
    assert_eq!((error.kind, error.code), (Kind::Unavailable, "SignatureInvalid"), "{error}");
    assert!(error.message.contains(words), "{error} lacks {words:?}");
}

fn images() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../images")
}

// Detached signatures.

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

// Keys.

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

// Clear-signed lists.

#[test]
fn a_clear_signed_text_comes_out_as_it_was_signed() {
    let publisher = Publisher::new();
    for text in [LIST, "", "one line", "-----\n- a\n-b\n\n", "\n\n", "ä\nö"] {
        let message = publisher.wrap(text);
        assert_eq!(publisher.unwrap(&message).as_deref(), Ok(text), "{message}");
        let elsewhere = message.replace('\n', "\r\n");
        assert_eq!(publisher.unwrap(&elsewhere).as_deref(), Ok(text), "with the line ends of Windows");
        assert_eq!(publisher.unwrap(&format!("{message}\n \n")).as_deref(), Ok(text));
    }
}

#[test]
fn a_clear_signed_text_that_was_changed_is_refused() {
    let (publisher, other) = (Publisher::new(), Publisher::new());
    let message = publisher.wrap(LIST);
    for (from, to) in [("aaa", "aab"), ("\n\n", "\n\n\n"), ("disk-2", "disk-3"), ("# Two builds\n", "")] {
        let changed = message.replacen(from, to, 1);
        assert_ne!(changed, message);
        assert_refused(publisher.unwrap(&changed), "not on this list");
    }
    assert_refused(other.unwrap(&message), "not made by the key");
}

#[test]
fn what_stands_around_the_signed_text_is_never_taken_for_it() {
    let publisher = Publisher::new();
    let message = publisher.wrap(LIST);
    let line = format!("{}  disk-3.img\n", "c".repeat(64));
    let headed = |header: &str| message.replacen("Hash: SHA256\n", &format!("Hash: SHA256\n{header}"), 1);
    for changed in [
        format!("{line}{message}"),
        format!("{message}{line}"),
        format!("{message}{message}"),
        headed(&line),
        headed("Comment: a\n"),
        headed(" \n"),
        headed(&format!("Hash: {line}{line}")),
        message.replacen("Hash: SHA256\n\n", "Hash: SHA256\n", 1),
        // Between text and signature.
        message.replacen(SIGNATURE_BEGINS, &format!("-----BEGIN\n{line}{SIGNATURE_BEGINS}"), 1),
        message.replacen(SIGNATURE_BEGINS, &format!("{TEXT_BEGINS}\n\n{line}{SIGNATURE_BEGINS}"), 1),
        // A line that looks as if it had ended.
        message.replacen("# Two", "-Two", 1),
        message.replacen(SIGNATURE_ENDS, "", 1),
        message.replacen(SIGNATURE_BEGINS, "", 1),
        message.replacen(TEXT_BEGINS, "-----BEGIN PGP MESSAGE-----", 1),
        LIST.to_owned(),
        String::new(),
    ] {
        assert_refused(publisher.unwrap(&changed), "the signature is not good");
    }
    assert_refused(clear(b"\xff", &publisher.key(), NOW.into()), "not text");
    // Other hashes that it names are of no account, for what was signed says which it is.
    assert_eq!(publisher.unwrap(&headed("Hash: SHA512\n")).as_deref(), Ok(LIST));
}

#[test]
fn a_signature_on_one_form_of_list_does_no_harm_on_the_other() {
    let publisher = Publisher::new();
    let message = publisher.wrap(LIST);
    let (_, signature) = parts(&message).expect("its parts");
    let judge = |list: &str| detached(list.as_bytes(), signature.as_bytes(), &publisher.key(), NOW.into());
    assert_eq!(judge(LIST), Ok(()), "the same lines");
    assert_refused(judge(&message), "not on this list");
    assert_refused(detached(&[], message.as_bytes(), &publisher.key(), NOW.into()), "cannot be read");
}

// What others have made.

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
        include_bytes!("../testdata/ubuntu.SHA256SUMS"),
        include_bytes!("../testdata/ubuntu.SHA256SUMS.gpg"),
    );
    // A day after it was signed.
    let now = 1_790_446_992 + u64::from(DAY);
    assert_eq!(detached(list, signature, &key, now), Ok(()));
    assert_refused(detached(&list[1..], signature, &key, now), "not on this list");
}

/// A key of RSA made by GnuPG, whose signature on itself uses SHA-1, as those of old keys do.
fn gnupg() -> SigningKey {
    SigningKey {
        fingerprint: "D54D5670B9A9F8968A44F5DEA02D039991E74D3E".to_owned(),
        armored: Some(include_str!("../testdata/gnupg.asc").to_owned()),
    }
}

#[test]
fn a_weak_hash_is_refused_on_a_list_and_borne_on_a_key() {
    let list = format!("SHA256 (disk.img) = {}\n", "a".repeat(64));
    let now = NOW.into();
    let (weak, strong) =
        (include_bytes!("../testdata/gnupg.sha1.asc"), include_bytes!("../testdata/gnupg.sha256.asc"));
    assert_refused(detached(list.as_bytes(), weak, &gnupg(), now), "no longer safe");
    assert_eq!(detached(list.as_bytes(), strong, &gnupg(), now), Ok(()));
}

#[test]
fn what_gnupg_clear_signed_comes_out() {
    let message = include_bytes!("../testdata/gnupg.clear.asc");
    let expected = format!(
        "# A list, with what is awkward about it\n-----\n- dash\n-dash\nFrom here\n\n{}  disk.img\n",
        "a".repeat(64)
    );
    assert_eq!(clear(message, &gnupg(), NOW.into()), Ok(expected));
}

// What whoever runs a mirror could send.

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
        let message = include_bytes!("../testdata/gnupg.clear.asc");
        let genuine = clear(message, &gnupg(), now);
        if let Ok(text) = clear(&damaged(message, &changes), &gnupg(), now) {
            prop_assert_eq!(Ok(text), genuine);
        }
        let list = format!("SHA256 (disk.img) = {}\n", "a".repeat(64));
        let signature = include_bytes!("../testdata/gnupg.sha256.asc");
        let _ = detached(list.as_bytes(), &damaged(signature, &changes), &gnupg(), now);
        let other = damaged(list.as_bytes(), &changes);
        if other != list.as_bytes() {
            prop_assert!(detached(&other, signature, &gnupg(), now).is_err());
        }
        let publisher = include_bytes!("../testdata/gnupg.asc");
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
