use crate::model::{PublicKey, Result};

/// A new key pair.
#[derive(Clone)]
pub struct NewKey {
    /// The private half, in OpenSSH's form.
    pub private: String,
    /// The public half.
    pub public: PublicKey,
}

/// Makes and reads SSH keys.
pub trait Keys: Send + Sync {
    /// A new ed25519 key with that comment.
    fn generate(&self, comment: &str) -> Result<NewKey>;

    /// Reads a public key in OpenSSH's one-line form.
    fn parse(&self, line: &str) -> Result<PublicKey>;

    /// The SHA-1 fingerprint, which Lightsail shows beside the SHA-256 one.
    fn sha1(&self, key: &PublicKey) -> String;
}
