//! SSH keys.

use jiff::Timestamp;

use super::{KeyPairId, Owner, ResourceName, Tags};

/// An SSH public key in OpenSSH's one-line form, already parsed and found sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// `algorithm base64 comment`, without a newline.
    pub line: String,
    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
}

/// The public half of a key pair. The private half is shown once and not kept, but for the default pair's.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyPair {
    /// Its identity.
    pub id: KeyPairId,
    /// Its name.
    pub name: ResourceName,
    /// Whose it is.
    pub owner: Owner,
    /// When it was made or imported.
    pub created_at: Timestamp,
    /// The key.
    pub public: PublicKey,
    /// The private half, kept for the default key pair only, so that it can be downloaded again as at Lightsail.
    pub private: Option<String>,
    /// Labels.
    pub tags: Tags,
}

impl std::fmt::Debug for KeyPair {
    /// Without the private half: a log must not hold it.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("KeyPair")
            .field("name", &self.name)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}
