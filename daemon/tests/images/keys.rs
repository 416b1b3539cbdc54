//! OpenPGP keys for tests, and what they sign.

use std::time::SystemTime;

use pgp::{
    composed::{
        ArmorOptions, CleartextSignedMessage, DetachedSignature, KeyType, SecretKeyParamsBuilder,
        SignedSecretKey, SubkeyParamsBuilder,
    },
    crypto::hash::HashAlgorithm,
    packet::{PacketTrait as _, SignatureConfig, SignatureType, Subpacket, SubpacketData},
    ser::Serialize as _,
    types::{Duration, KeyDetails as _, Password, SigningKey, Timestamp},
};
use sloopd::model;
use ssh_key::rand_core::OsRng;

pub(crate) const DAY: u32 = 24 * 3600;

/// Somebody who signs.
pub(crate) struct Signer {
    key: SignedSecretKey,
}

/// How a signature is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) hash: HashAlgorithm,
    pub(crate) typ: SignatureType,
    /// Seconds since 1970.
    pub(crate) made: u32,
    /// How long it is valid.
    pub(crate) lasts: Option<u32>,
}

impl Default for Way {
    fn default() -> Self {
        Self { hash: HashAlgorithm::Sha512, typ: SignatureType::Binary, made: now(), lasts: None }
    }
}

pub(crate) fn now() -> u32 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    u32::try_from(since.as_secs()).expect("before 2106")
}

impl Signer {
    /// A key that is thirty days old.
    pub(crate) fn new() -> Self {
        Self::generate(false)
    }

    /// The same, which signs with a subkey.
    pub(crate) fn with_subkey() -> Self {
        Self::generate(true)
    }

    fn generate(subkey: bool) -> Self {
        let born = Timestamp::from_secs(now() - 30 * DAY);
        let mut params = SecretKeyParamsBuilder::default();
        params.key_type(KeyType::Ed25519Legacy).can_certify(true).can_sign(!subkey).created_at(born);
        params.primary_user_id("Publisher <images@example.test>".to_owned());
        if subkey {
            let mut signs = SubkeyParamsBuilder::default();
            signs.key_type(KeyType::Ed25519Legacy).can_sign(true).created_at(born);
            params.subkey(signs.build().expect("complete"));
        }
        let key = params.build().expect("complete").generate(OsRng).expect("a key");
        Self { key }
    }

    /// Ends the key's life so many days after its birth.
    pub(crate) fn expire_after(mut self, days: u32) -> Self {
        let primary = &self.key.primary_key;
        let span = SubpacketData::KeyExpirationTime(Duration::from_secs(days * DAY));
        let way = Way { typ: SignatureType::CertPositive, made: now() - DAY, ..Way::default() };
        let user = &mut self.key.details.users[0];
        let config = config(primary, way, [span]);
        let signed = config.sign_certification(
            primary,
            primary.public_key(),
            &Password::empty(),
            user.id.tag(),
            &user.id,
        );
        user.signatures = vec![signed.expect("signed")];
        self
    }

    /// Revokes the key.
    pub(crate) fn revoke(mut self) -> Self {
        let primary = &self.key.primary_key;
        let way = Way { typ: SignatureType::KeyRevocation, ..Way::default() };
        let signed = config(primary, way, []).sign_key(primary, &Password::empty(), primary.public_key());
        self.key.details.revocation_signatures.push(signed.expect("signed"));
        self
    }

    /// Revokes the subkey.
    pub(crate) fn revoke_subkey(mut self) -> Self {
        let primary = &self.key.primary_key;
        let subkey = &mut self.key.secret_subkeys[0];
        let way = Way { typ: SignatureType::SubkeyRevocation, ..Way::default() };
        let (public, signee) = (primary.public_key(), subkey.key.public_key());
        let signed =
            config(primary, way, []).sign_subkey_binding(primary, public, &Password::empty(), signee);
        subkey.signatures.push(signed.expect("signed"));
        self
    }

    /// What the catalogue knows of it.
    pub(crate) fn public(&self) -> model::SigningKey {
        let public = self.key.to_public_key();
        let armored = public.to_armored_string(ArmorOptions::default()).expect("armoured");
        model::SigningKey { fingerprint: format!("{:X}", public.fingerprint()), armored: Some(armored) }
    }

    /// A signature on a list, in a file of its own.
    pub(crate) fn detached(&self, list: &str, way: Way) -> Vec<u8> {
        self.signature(list, way).to_bytes().expect("bytes")
    }

    /// The same in letters.
    pub(crate) fn armored(&self, list: &str, way: Way) -> Vec<u8> {
        self.signature(list, way).to_armored_bytes(ArmorOptions::default()).expect("armoured")
    }

    /// A list with its signature around it.
    pub(crate) fn clear(&self, list: &str) -> Vec<u8> {
        let way = Way { typ: SignatureType::Text, ..Way::default() };
        let primary = &self.key.primary_key;
        let signed = CleartextSignedMessage::new(list, config(primary, way, []), primary, &Password::empty());
        signed.and_then(|signed| signed.to_armored_bytes(ArmorOptions::default())).expect("signed")
    }

    fn signature(&self, list: &str, way: Way) -> DetachedSignature {
        let signed = match self.key.secret_subkeys.first() {
            None => config(&self.key.primary_key, way, []).sign(
                &self.key.primary_key,
                &Password::empty(),
                list.as_bytes(),
            ),
            Some(subkey) => {
                config(&subkey.key, way, []).sign(&subkey.key, &Password::empty(), list.as_bytes())
            }
        };
        DetachedSignature::new(signed.expect("signed"))
    }
}

fn config(key: &impl SigningKey, way: Way, more: impl IntoIterator<Item = SubpacketData>) -> SignatureConfig {
    let mut config = SignatureConfig::v4(way.typ, key.algorithm(), way.hash);
    let lasts = way.lasts.map(|span| SubpacketData::SignatureExpirationTime(Duration::from_secs(span)));
    let made = SubpacketData::SignatureCreationTime(Timestamp::from_secs(way.made));
    let all =
        [made, SubpacketData::IssuerFingerprint(key.fingerprint())].into_iter().chain(lasts).chain(more);
    config.hashed_subpackets = all.map(|data| Subpacket::regular(data).expect("short")).collect();
    config.unhashed_subpackets =
        vec![Subpacket::regular(SubpacketData::IssuerKeyId(key.legacy_key_id())).expect("short")];
    config
}
