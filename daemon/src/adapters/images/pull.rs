//! From a blueprint to its publisher's newest image: resolve, download, verify, take in.

use std::path::Path;

use super::{
    ImageStore, Settings,
    ingest::{Arrival, ingest},
    mirror::{Fetcher, Partial, Wanted},
    verify::{self, Digest, Listed},
};
use crate::{
    model::{
        Blueprint, Download, Error, ImageMoment, ImageSource, Kind, Result, SignatureForm, StoredImage,
        Verification,
    },
    ports::Told,
};

/// The file that is wanted, and how it is known to be the right one.
pub(super) struct Resolved {
    pub(super) url: String,
    pub(super) digest: Digest,
    pub(super) verified: String,
}

impl ImageStore {
    /// Fetches the newest image, or finds it here.
    pub(super) async fn fetch(&self, blueprint: &Blueprint, told: &Told) -> Result<StoredImage> {
        let ImageSource::Download(download) = &blueprint.source else {
            let message = format!("{} has no publisher that it could be pulled from", blueprint.id);
            return Err(Error::new(Kind::InvalidInput, "NotPullable", message));
        };
        let settings = &self.settings;
        let fetcher = Fetcher::new(&settings.mirror, settings.patience)?;
        told(ImageMoment::of("asking the publisher"));
        let resolved = resolve(&fetcher, download, None).await?;
        if let Some(image) = self.here_already(&blueprint.id, &resolved)? {
            return Ok(image);
        }
        self.admit_room(0)?;
        let path =
            self.shelf.staging()?.join(format!("{}-{}.part", blueprint.id, &resolved.digest.as_str()[..12]));
        forget_older(&path, &blueprint.id);
        let mut partial = Partial::open(&path, &resolved.digest)?;
        let wanted = Wanted {
            url: &resolved.url,
            digest: &resolved.digest,
            limit: settings.largest,
            // What is there of it already takes none.
            room: self.shelf.room(settings.headroom)?.saturating_add(partial.length()),
        };
        fetcher.large(&wanted, &mut partial, told).await?;
        let arrival = Arrival {
            blueprint: blueprint.id.clone(),
            origin: resolved.url.clone(),
            verified: resolved.verified,
            source_digest: Some(resolved.digest.as_str().to_owned()),
            firmware: Some(blueprint.firmware),
        };
        let taken_in = ingest(&self.shelf, settings, &path, arrival, told).await;
        let taken_in = taken_in.and_then(|finished| finished.publish(&self.shelf, told));
        // What is genuine and cannot be used will not be better next time; a full disk will.
        if taken_in.as_ref().err().is_none_or(|error| error.kind != Kind::Capacity) {
            partial.discard()?;
        }
        taken_in.map_err(|error| error.while_doing(&resolved.url))
    }

    /// The newest image, if it was made from that very file.
    fn here_already(&self, id: &str, resolved: &Resolved) -> Result<Option<StoredImage>> {
        let record = self.shelf.newest(id)?;
        let same = record.filter(|record| record.source_digest.as_deref() == Some(resolved.digest.as_str()));
        let Some(record) = same else { return Ok(None) };
        let images = self.shelf.list()?;
        Ok(images.into_iter().find(|image| image.is_newest && image.path.ends_with(&record.file)))
    }
}

/// Removes what is there of older builds: nobody will ask for the rest of them.
fn forget_older(part: &Path, id: &str) {
    let entries = part.parent().and_then(|staging| std::fs::read_dir(staging).ok());
    for path in entries.into_iter().flatten().flatten().map(|entry| entry.path()) {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let digest = stem.strip_prefix(id).and_then(|rest| rest.strip_prefix('-'));
        if digest.is_some_and(|digest| digest.len() == 12) && path.file_stem() != part.file_stem() {
            // Gone already is as good.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Finds out which file is meant, and its digest. With a name it must be that file.
pub(super) async fn resolve(fetcher: &Fetcher, download: &Download, name: Option<&str>) -> Result<Resolved> {
    let url = |name: &str| format!("{}{name}", download.directory);
    let (list, verified) = match &download.verification {
        Verification::Pinned { digest } => {
            let digest =
                Digest::parse(digest).ok_or_else(|| Error::internal("the catalogue's digest is none"))?;
            let verified = "by the digest in the catalogue".to_owned();
            return Ok(Resolved { url: url(&download.file), digest, verified });
        }
        Verification::Published { checksums } => {
            let list = fetcher.small(&url(checksums)).await?;
            let verified = format!("by the digest in {checksums}, which TLS vouches for");
            (String::from_utf8_lossy(&list).into_owned(), verified)
        }
        Verification::Signed { checksums, signature, key } => {
            let list = fetcher.small(&url(checksums)).await?;
            let now = u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default();
            let place = url(checksums);
            let wrong = |error: Error| {
                let tip = "nothing of it is used; if it stays so, tell who runs the mirror";
                Error { tip: error.tip.clone().or(Some(tip.to_owned())), ..error.while_doing(&place) }
            };
            let list = match signature {
                SignatureForm::Detached(name) => {
                    let signature = fetcher.small(&url(name)).await?;
                    verify::detached(&list, &signature, key, now).map_err(wrong)?;
                    String::from_utf8_lossy(&list).into_owned()
                }
                SignatureForm::Clear => verify::clear(&list, key, now).map_err(wrong)?,
            };
            (list, format!("by the signature of {} on {checksums}", key.fingerprint))
        }
    };
    let pattern = name.unwrap_or(&download.file);
    let Some(Listed { name, digest }) = verify::newest_match(&list, pattern) else {
        let message = format!("{}: its list of digests names no {pattern}", download.directory);
        return Err(Error::new(Kind::Unavailable, "NotListed", message)
            .tip("the publisher may have moved it: look for a newer catalogue"));
    };
    Ok(Resolved { url: url(&name), digest, verified })
}

impl ImageStore {
    /// Refuses work that would end on a full disk.
    pub(super) fn admit_room(&self, bytes: u64) -> Result<()> {
        let Settings { headroom, .. } = self.settings;
        // Not the directory itself, which the first image makes.
        let free = super::super::disk::free_bytes(&self.shelf.staging()?)?;
        if free > headroom.saturating_add(bytes) {
            return Ok(());
        }
        Err(super::no_room(&format!("{} MiB is free, and {} MiB are kept back", free >> 20, headroom >> 20)))
    }
}
