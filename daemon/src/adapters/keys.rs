//! SSH keys, by the `ssh-key` crate.

use sha2::Digest as _;
use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey, rand_core::OsRng};

use crate::{
    model::{Error, PublicKey, Result},
    ports::{Keys, NewKey},
};

/// Makes and reads SSH keys.
pub struct SshKeys;

impl Keys for SshKeys {
    fn generate(&self, comment: &str) -> Result<NewKey> {
        let failed = |error| Error::internal(format!("cannot make an SSH key: {error}"));
        let mut key = PrivateKey::random(&mut OsRng, Algorithm::Ed25519).map_err(failed)?;
        key.set_comment(comment);
        let private = key.to_openssh(LineEnding::LF).map_err(failed)?.to_string();
        Ok(NewKey { private, public: public(key.public_key())? })
    }

    fn parse(&self, line: &str) -> Result<PublicKey> {
        // A key with options or several lines could smuggle more than a key into `authorized_keys`.
        let refused = |why: String| {
            Error::invalid("publicKeyBase64", format!("This is not a public key in OpenSSH's form: {why}"))
                .tip("give the one line of a file such as ~/.ssh/id_ed25519.pub")
        };
        let line = line.trim();
        if line.len() > 16 * 1024 || line.chars().any(char::is_control) {
            return Err(refused("it must be one line of printable text".into()));
        }
        let key = ssh_key::PublicKey::from_openssh(line).map_err(|error| refused(error.to_string()))?;
        public(&key)
    }

    fn sha1(&self, key: &PublicKey) -> String {
        let bytes = ssh_key::PublicKey::from_openssh(&key.line).and_then(|key| key.to_bytes());
        let digest = bytes.map(sha1::Sha1::digest).unwrap_or_default();
        format!("SHA1:{}", base64::Engine::encode(&base64::engine::general_purpose::STANDARD_NO_PAD, digest))
    }
}

fn public(key: &ssh_key::PublicKey) -> Result<PublicKey> {
    let line =
        key.to_openssh().map_err(|error| Error::internal(format!("cannot write an SSH key: {error}")))?;
    Ok(PublicKey { line, fingerprint: key.fingerprint(HashAlg::Sha256).to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_can_be_read() {
        let made = SshKeys.generate("web").expect("made");
        let read = SshKeys.parse(&made.public.line).expect("read");
        assert_eq!(read, made.public);
        assert!(read.fingerprint.starts_with("SHA256:") && SshKeys.sha1(&read).starts_with("SHA1:"));
        assert!(made.private.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----"));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let good = SshKeys.generate("x").expect("made").public.line;
        let two = format!("{good}\n{good}");
        let options = format!("command=\"sh\" {good}");
        for line in ["", "ssh-ed25519", "ssh-ed25519 AAAA", "hello world", two.as_str(), options.as_str()] {
            assert!(SshKeys.parse(line).is_err(), "{line}");
        }
    }
}
