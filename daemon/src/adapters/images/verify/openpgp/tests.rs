//! Keys made here sign lists: what is genuine passes, and everything else is refused with its reason.

mod clear_signed;
mod detached;
mod hostile;
mod keys;
mod others;

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

/// A key of RSA made by GnuPG, whose signature on itself uses SHA-1, as those of old keys do.
fn gnupg() -> SigningKey {
    SigningKey {
        fingerprint: "D54D5670B9A9F8968A44F5DEA02D039991E74D3E".to_owned(),
        armored: Some(include_str!("../testdata/gnupg.asc").to_owned()),
    }
}
