//! Signatures on lists of digests. The library checks the arithmetic; which key, which hash and which times are good enough is
//! said here.
//!
//! The key comes with the catalogue; list and signature come from whoever runs the mirror. So they have limits, within which
//! reading them takes moments, and nothing is taken from them that was not signed.

use std::io::Read as _;

use pgp::{
    armor::{BlockType, Dearmor},
    composed::{Deserializable as _, DetachedSignature, SignedPublicKey, SignedPublicSubKey},
    crypto::hash::HashAlgorithm,
    packet::{Signature, SignatureType, SignatureVersion, SubpacketData},
    types::{Duration, KeyDetails as _, Tag, Timestamp},
};

use crate::model::{Error, Kind, Result, SigningKey};

/// Signatures on one list are no longer than this in all: one of RSA with 4096 bits takes 800 bytes.
const LONGEST: usize = 16 * 1024;
/// So many of them are looked at: each takes a hash of the whole list.
const MOST: usize = 16;
/// Clocks differ by no more than this, in seconds.
const SKEW: u64 = 24 * 3600;

const TEXT_BEGINS: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE_BEGINS: &str = "-----BEGIN PGP SIGNATURE-----";
const SIGNATURE_ENDS: &str = "-----END PGP SIGNATURE-----";

/// The pinned key, and the newest of what it says of itself: for how long it is valid, and what for.
struct Certificate {
    key: SignedPublicKey,
    statement: Signature,
    fingerprint: String,
}

/// A list whose signature is in another file.
pub(in crate::adapters::images) fn detached(
    list: &[u8],
    signature: &[u8],
    key: &SigningKey,
    now: u64,
) -> Result<()> {
    judge(&read_signatures(signature)?, &certificate(key)?, list, now)
}

/// A list with its signature around it; gives the text that was signed, and nothing else of the file.
pub(in crate::adapters::images) fn clear(message: &[u8], key: &SigningKey, now: u64) -> Result<String> {
    let text = std::str::from_utf8(message).map_err(|_| invalid("it is not text"))?;
    let (lines, signature) =
        parts(text).ok_or_else(|| invalid("it is not around the list as it should be"))?;
    // Line ends are signed as this, however they came.
    let signed = lines.join("\r\n");
    judge(&read_signatures(signature.as_bytes())?, &certificate(key)?, signed.as_bytes(), now)?;
    Ok(lines.join("\n"))
}

/// The lines of a clear-signed text and the signature below them: RFC 9580, section 7. What could be taken for a part of the
/// list without being signed, above, below or among the headers, makes the whole unusable.
fn parts(text: &str) -> Option<(Vec<&str>, &str)> {
    let (signed, signature) = text.split_at_checked(text.find("\n-----")? + 1)?;
    let end = signature.find(SIGNATURE_ENDS)? + SIGNATURE_ENDS.len();
    let (signature, below) = signature.split_at_checked(end)?;
    if !signature.starts_with(SIGNATURE_BEGINS) || !below.trim_ascii().is_empty() {
        return None;
    }
    // The last line end belongs to the signature.
    let signed = signed.strip_suffix('\n')?;
    let mut lines = signed.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    if lines.next()? != TEXT_BEGINS {
        return None;
    }
    while let Some(header) = Some(lines.next()?).filter(|line| !line.is_empty()) {
        if !header.starts_with("Hash: ") {
            return None;
        }
    }
    let unescaped = lines.map(|line| match line.strip_prefix("- ") {
        None if line.starts_with('-') => None,
        rest => Some(rest.unwrap_or(line).trim_end_matches([' ', '\t'])),
    });
    Some((unescaped.collect::<Option<_>>()?, signature))
}

/// The pinned key, which must be the one that its fingerprint says.
fn certificate(key: &SigningKey) -> Result<Certificate> {
    let Some(armored) = &key.armored else {
        let message = format!("The publisher's key {} is not in the catalogue of this host", key.fingerprint);
        return Err(Error::new(Kind::Unavailable, "KeyMissing", message).tip(format!(
            "get it from the publisher, compare its fingerprint, and put it at keys/{}.asc in the catalogue",
            key.fingerprint
        )));
    };
    let broken = |why: String| Error::internal(format!("the catalogue's key {}: {why}", key.fingerprint));
    let (certificate, _) =
        SignedPublicKey::from_string(armored).map_err(|error| broken(error.to_string()))?;
    let fingerprint = format!("{:X}", certificate.primary_key.fingerprint());
    if fingerprint != key.fingerprint.to_ascii_uppercase() {
        return Err(broken(format!("the file holds another key, {fingerprint}")));
    }
    let statement = statement(&certificate).ok_or_else(|| broken("it says nothing of itself".to_owned()))?;
    Ok(Certificate { statement: statement.clone(), key: certificate, fingerprint })
}

/// The newest of what a key says of itself. What others say of it counts for nothing, and may be there.
///
/// The hash of a self-signature may be an old one: it binds the key's owner to what the catalogue's file says, and the
/// fingerprint binds the key.
fn statement(certificate: &SignedPublicKey) -> Option<&Signature> {
    let key = &certificate.primary_key;
    let names = certificate.details.users.iter().flat_map(|user| {
        let own = |signature: &&Signature| {
            signature.typ() != Some(SignatureType::CertRevocation)
                && signature.verify_certification(key, Tag::UserId, &user.id).is_ok()
        };
        user.signatures.iter().filter(own)
    });
    let own = |signature: &&Signature| {
        signature.typ() == Some(SignatureType::Key) && signature.verify_key(key).is_ok()
    };
    newest(names.chain(certificate.details.direct_signatures.iter().filter(own)))
}

/// The newest of what the key says of a subkey, if both say that it signs for the key.
fn binding<'a>(certificate: &Certificate, subkey: &'a SignedPublicSubKey) -> Option<&'a Signature> {
    let key = &certificate.key.primary_key;
    let bindings = subkey.signatures.iter().filter(|signature| {
        signature.typ() == Some(SignatureType::SubkeyBinding)
            && signature.verify_subkey_binding(key, &subkey.key).is_ok()
    });
    newest(bindings).filter(|binding| {
        let back = binding.embedded_signature();
        binding.key_flags().sign()
            && back.is_some_and(|back| back.verify_primary_key_binding(&subkey.key, key).is_ok())
    })
}

fn newest<'a>(signatures: impl Iterator<Item = &'a Signature>) -> Option<&'a Signature> {
    signatures.max_by_key(|signature| signature.created().map(Timestamp::as_secs))
}

fn read_signatures(bytes: &[u8]) -> Result<Vec<Signature>> {
    if bytes.len() > LONGEST {
        return Err(invalid("it is longer than any"));
    }
    // The library's own words would hold all that it could not read.
    parse(bytes).ok_or_else(|| invalid("it cannot be read: it is damaged, or something else"))
}

fn parse(bytes: &[u8]) -> Option<Vec<Signature>> {
    let mut packets = Vec::new();
    // Packets begin with a set bit, and text never does.
    if bytes.first().is_some_and(|byte| !byte.is_ascii()) {
        packets.extend(bytes);
    } else {
        // To its end at once: the library must not be asked to read on after an error.
        let mut armor = Dearmor::new(bytes);
        armor.read_to_end(&mut packets).ok()?;
        (armor.typ == Some(BlockType::Signature)).then_some(())?;
    }
    let signatures = DetachedSignature::from_bytes_many(packets.as_slice()).ok()?;
    signatures.take(MOST).map(|one| one.map(|one| one.signature).ok()).collect()
}

/// One good signature is enough; without one the reason is that of the last.
fn judge(signatures: &[Signature], certificate: &Certificate, data: &[u8], now: u64) -> Result<()> {
    let mut why = invalid("there is no signature in it");
    for signature in signatures {
        match good(signature, certificate, data, now) {
            Ok(()) => return Ok(()),
            Err(error) => why = error,
        }
    }
    Err(why)
}

fn good(signature: &Signature, certificate: &Certificate, data: &[u8], now: u64) -> Result<()> {
    // Versions 2 and 3 sign neither when they end nor which hash they use.
    let version = matches!(signature.version(), SignatureVersion::V4 | SignatureVersion::V6);
    if !version || !matches!(signature.typ(), Some(SignatureType::Binary | SignatureType::Text)) {
        return Err(invalid("it is a signature on something else"));
    }
    let strong = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];
    if !signature.hash_alg().is_some_and(|hash| strong.contains(&hash)) {
        return Err(invalid("it uses a hash that is no longer safe"));
    }
    let Some(made) = signature.created() else {
        return Err(invalid("it does not say when it was made"));
    };
    if u64::from(made.as_secs()) > now + SKEW {
        return Err(invalid("it was made in the future; is this host's clock right?"));
    }
    if has_ended(made, signature.signature_expiration_time(), now) {
        return Err(invalid("it has expired"));
    }
    let Certificate { key, statement, fingerprint } = certificate;
    let primary = &key.primary_key;
    let signer = if signature.verify(primary, data).is_ok() {
        may_sign(statement).then_some((primary.created_at(), statement))
    } else {
        let subkey = key.public_subkeys.iter().find(|subkey| signature.verify(&subkey.key, data).is_ok());
        let Some(subkey) = subkey else {
            return Err(invalid(&format!("it was not made by the key {fingerprint}, or not on this list")));
        };
        if subkey.signatures.iter().any(|one| one.typ() == Some(SignatureType::SubkeyRevocation)) {
            return Err(invalid(&format!("a part of the key {fingerprint} made it that has been revoked")));
        }
        binding(certificate, subkey).map(|binding| (subkey.created_at(), binding))
    };
    let Some(signer) = signer else {
        return Err(invalid(&format!("a part of the key {fingerprint} made it that is not for signing")));
    };
    if !key.details.revocation_signatures.is_empty() {
        return Err(invalid(&format!("the key {fingerprint} has been revoked")));
    }
    for (born, statement) in [(primary.created_at(), statement), signer] {
        if made.as_secs() < born.as_secs() {
            return Err(invalid(&format!("it is older than the key {fingerprint} that made it")));
        }
        // What was signed in time stays signed: publishers do not sign old lists again.
        if has_ended(born, statement.key_expiration_time(), made.as_secs().into()) {
            return Err(invalid(&format!("the key {fingerprint} had expired when it signed")));
        }
    }
    Ok(())
}

/// Keys older than the notion say nothing of what they are for.
fn may_sign(statement: &Signature) -> bool {
    let said = statement.config().is_some_and(|config| {
        config.hashed_subpackets().any(|packet| matches!(packet.data, SubpacketData::KeyFlags(_)))
    });
    !said || statement.key_flags().sign()
}

/// Whether what began then, and was for so long, had ended at that time. No time at all means for ever.
fn has_ended(began: Timestamp, span: Option<Duration>, at: u64) -> bool {
    let span = span.map(|span| u64::from(span.as_secs())).filter(|span| *span > 0);
    span.is_some_and(|span| u64::from(began.as_secs()) + span <= at)
}

fn invalid(why: &str) -> Error {
    Error::new(Kind::Unavailable, "SignatureInvalid", format!("the signature is not good: {why}"))
}

#[cfg(test)]
mod tests;
