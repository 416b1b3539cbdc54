//! Where downloads come from: the publisher, a mirror, or a directory as from a USB stick.
//!
//! A mirror holds each file at `<host>/<path>` of its URL; a directory may hold it just by its name too.

mod directory;
mod http;
mod partial;

use std::{path::PathBuf, time::Duration};

pub(super) use self::partial::Partial;
use self::{directory::Shelf, http::Http};
use super::verify::Digest;
use crate::{
    model::{Error, ImageMoment, Kind, Result},
    ports::Told,
};

/// Where downloads come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mirror {
    /// From their publishers.
    Publisher,
    /// From below this URL, which ends in a slash.
    Url(String),
    /// From below this directory; there is no network at all.
    Directory(PathBuf),
}

impl Mirror {
    /// Reads the setting: nothing, a URL, or an absolute path. Only TLS and this host are trusted.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::Publisher);
        }
        if text.starts_with('/') {
            return Ok(Self::Directory(text.into()));
        }
        let url: reqwest::Url = text.parse().map_err(|error| format!("{text:?}: {error}"))?;
        if !http::is_allowed(&url) {
            return Err(format!(
                "{text:?} must be https://, a directory's absolute path, or http:// on this host"
            ));
        }
        Ok(Self::Url(format!("{}/", text.trim_end_matches('/'))))
    }
}

/// Patience with a mirror.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How long it may send nothing.
    pub stall: Duration,
    /// How often a download that broke off is taken up again.
    pub tries: u32,
}

/// A list of digests or a signature is no longer than this.
const SMALL: u64 = 4 << 20;

/// Fetches files.
pub(super) struct Fetcher {
    from: From,
}

enum From {
    Http(Http),
    Directory(Shelf),
}

/// A file that is to be fetched.
pub(super) struct Wanted<'a> {
    /// Its publisher's URL.
    pub(super) url: &'a str,
    /// What it must be.
    pub(super) digest: &'a Digest,
    /// No longer than this.
    pub(super) limit: u64,
    /// Nor longer than this, which there is room for.
    pub(super) room: u64,
}

impl Wanted<'_> {
    /// Refuses a file of that length, or one that has become so long.
    fn admit(&self, length: u64) -> Result<()> {
        if length > self.limit {
            return Err(misbehaves(self.url, "it is larger than any image that is taken"));
        }
        if length > self.room {
            return Err(super::no_room(&format!(
                "{}: there is room for {} MiB of it",
                self.url,
                self.room >> 20
            )));
        }
        Ok(())
    }
}

impl Fetcher {
    pub(super) fn new(mirror: &Mirror, patience: Patience) -> Result<Self> {
        let from = match mirror {
            Mirror::Publisher => From::Http(Http::new(None, patience)?),
            Mirror::Url(url) => From::Http(Http::new(Some(url), patience)?),
            Mirror::Directory(dir) => From::Directory(Shelf::new(dir.clone())),
        };
        Ok(Self { from })
    }

    /// A small file, whole.
    pub(super) async fn small(&self, url: &str) -> Result<Vec<u8>> {
        match &self.from {
            From::Http(http) => http.small(url, SMALL).await,
            From::Directory(shelf) => shelf.small(url, SMALL),
        }
    }

    /// A large file, into `partial`, which may hold its beginning already. What is there afterwards has the digest; what has
    /// not is removed.
    pub(super) async fn large(&self, wanted: &Wanted<'_>, partial: &mut Partial, told: &Told) -> Result<()> {
        let fetched = match &self.from {
            From::Http(http) => http.large(wanted, partial, told).await,
            From::Directory(shelf) => shelf.large(wanted, partial, told).await,
        };
        if let Err(error) = fetched {
            // Nothing that could be taken up again, or what fills the disk.
            if partial.length() == 0 || error.kind == Kind::Capacity {
                partial.discard()?;
            }
            return Err(error);
        }
        told(ImageMoment::of("verifying the digest"));
        let found = partial.digest();
        if found == *wanted.digest {
            return partial.settle();
        }
        partial.discard()?;
        let message = format!(
            "{}: its digest is not the one that its publisher gives: {found}, not {}",
            wanted.url, wanted.digest
        );
        Err(Error::new(Kind::Unavailable, "DigestMismatch", message).tip(
            "what came is removed; try again, and if it stays so, tell who runs the mirror, or use another: images.mirror",
        ))
    }
}

/// Something is wrong with what the mirror does.
fn misbehaves(url: &str, why: &str) -> Error {
    Error::new(Kind::Unavailable, "DownloadFailed", format!("{url}: {why}")).tip(
        "try again later; what is here already is kept. Another source: images.mirror in the configuration",
    )
}
