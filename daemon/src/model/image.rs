//! Base images: where they come from, how they are verified, and what there is.

use std::path::PathBuf;

use jiff::Timestamp;

use super::Firmware;

/// Where an image comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageSource {
    /// Built on this host by `images/recipes/<name>`.
    Recipe(String),
    /// Fetched from its publisher.
    Download(Download),
    /// An operating system's image with an application put in by a guest of this host.
    Bake(Bake),
    /// Taken in from a file.
    Own,
}

/// What a publisher offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// URL of the directory, which ends in a slash.
    pub directory: String,
    /// Name of the file in it. A `*` stands for what changes from build to build; the highest match is the newest.
    pub file: String,
    /// How it is known to be genuine.
    pub verification: Verification,
}

/// How a download is known to be genuine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    /// The publisher signs the list of digests.
    Signed {
        /// The list's name in the directory.
        checksums: String,
        /// Where its signature is.
        signature: SignatureForm,
        /// Who signs.
        key: SigningKey,
    },
    /// The publisher puts a list of digests beside the file, and TLS vouches for it.
    Published {
        /// The list's name in the directory.
        checksums: String,
    },
    /// The catalogue knows the digest.
    Pinned {
        /// SHA-256 or SHA-512, in hexadecimal.
        digest: String,
    },
}

/// Where a signature is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureForm {
    /// In a file of its own, with that name in the directory.
    Detached(String),
    /// Around the list itself.
    Clear,
}

/// An OpenPGP key that the catalogue trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// Forty hexadecimal digits.
    pub fingerprint: String,
    /// The key, armoured; absent where the catalogue knows only who it is.
    pub armored: Option<String>,
}

/// How an application is put on an operating system: once, in a guest of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bake {
    /// Blueprint of the operating system.
    pub base: String,
    /// Packages of the distribution.
    pub packages: Vec<String>,
    /// Files put in place after the packages.
    pub files: Vec<BakeFile>,
    /// Shell script that root runs after that.
    pub script: String,
    /// Shell script that root runs at the first boot of each instance: it makes the passwords.
    pub first_boot: String,
}

/// A file of a bake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BakeFile {
    /// Absolute path.
    pub path: String,
    /// Octal permissions.
    pub mode: String,
    /// What is in it.
    pub text: String,
}

/// Where an application's first password is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstPassword {
    /// File in the guest.
    pub file: String,
    /// User of the application.
    pub user: String,
    /// What to do with it.
    pub hint: String,
}

/// A blueprint of one's own, as its owner describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnBlueprint {
    /// Its id.
    pub id: String,
    /// Whom its guests let in.
    pub user: String,
    /// How it starts; as the partition table says when absent.
    pub firmware: Option<Firmware>,
    /// What it is.
    pub description: String,
}

/// An image on this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredImage {
    /// The blueprint's id and the beginning of the digest: `debian_12-f0088ff50111`.
    pub id: String,
    /// Blueprint that it is of.
    pub blueprint_id: String,
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Size of the disk that it holds, in bytes.
    pub virtual_bytes: u64,
    /// Where it came from.
    pub origin: String,
    /// How it was verified, in a sentence.
    pub verified: String,
    /// When it was made or taken in.
    pub created_at: Timestamp,
    /// Whether new instances are made from it.
    pub is_newest: bool,
}

/// What a file that somebody hands in is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportOrder {
    /// Its name, for messages and for finding its digest in a publisher's list.
    pub file_name: String,
    /// Its size in bytes, where it is known.
    pub size: Option<u64>,
    /// How it is to be verified.
    pub trust: Trust,
    /// What it becomes.
    pub target: ImportTarget,
}

/// How an imported file is to be verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// By what the publisher says of it.
    Publisher,
    /// By the digest that the caller gave.
    Digest(String),
    /// Not at all: the caller said so.
    Nobody,
}

/// What an imported file becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportTarget {
    /// The image of a blueprint of the catalogue.
    Blueprint(Box<super::Blueprint>),
    /// A blueprint of its own.
    Own(OwnBlueprint),
}

/// One moment of work on an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageMoment {
    /// What is being done, in a few words.
    pub stage: &'static str,
    /// Bytes done in this stage; zero where nothing is counted.
    pub done: u64,
    /// Bytes in all in this stage; zero where it is not known.
    pub total: u64,
    /// What else there is to say of it.
    pub note: String,
}

impl ImageMoment {
    /// A stage in which nothing is counted.
    pub fn of(stage: &'static str) -> Self {
        Self { stage, ..Self::default() }
    }

    /// A stage in which bytes are counted.
    pub fn counted(stage: &'static str, done: u64, total: u64) -> Self {
        Self { stage, done, total, note: String::new() }
    }

    /// How far it is, for people: `120 of 600 MiB`.
    pub fn detail(&self) -> String {
        match (self.done >> 20, self.total >> 20) {
            (_, 0) if self.done == 0 => self.note.clone(),
            (done, 0) => format!("{done} MiB"),
            (done, total) => format!("{done} of {total} MiB"),
        }
    }
}
