//! SHA-256 and SHA-512, told apart by their length.

use std::fmt::{self, Write as _};

use sha2::{Digest as _, Sha256, Sha512};

/// A digest, in lower-case hexadecimal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::adapters::images) struct Digest(String);

impl Digest {
    /// Reads 64 or 128 hexadecimal digits.
    pub(in crate::adapters::images) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let sound = matches!(text.len(), 64 | 128) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        sound.then(|| Self(text.to_ascii_lowercase()))
    }

    /// Its algorithm.
    pub(in crate::adapters::images) fn algorithm(&self) -> &'static str {
        if self.0.len() == 64 { "SHA-256" } else { "SHA-512" }
    }

    /// Its digits.
    pub(in crate::adapters::images) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}…", self.algorithm(), &self.0[..12])
    }
}

/// A digest in the making.
#[derive(Clone)]
pub(in crate::adapters::images) enum Hasher {
    /// SHA-256.
    Sha256(Sha256),
    /// SHA-512.
    Sha512(Sha512),
}

impl Hasher {
    /// One that makes digests like `wanted`; SHA-256 where nothing is wanted.
    pub(in crate::adapters::images) fn like(wanted: Option<&Digest>) -> Self {
        match wanted {
            Some(digest) if digest.0.len() == 128 => Self::Sha512(Sha512::new()),
            _ => Self::Sha256(Sha256::new()),
        }
    }

    /// More bytes.
    pub(in crate::adapters::images) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// The digest of all bytes.
    pub(in crate::adapters::images) fn finish(self) -> Digest {
        let hex = |bytes: &[u8]| {
            bytes.iter().fold(String::new(), |mut text, byte| {
                // Writing to a string does not fail.
                let _ = write!(text, "{byte:02x}");
                text
            })
        };
        Digest(match self {
            Self::Sha256(hasher) => hex(&hasher.finalize()),
            Self::Sha512(hasher) => hex(&hasher.finalize()),
        })
    }
}
