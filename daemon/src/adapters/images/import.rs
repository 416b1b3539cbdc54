//! From a file that somebody hands in to an image.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
};

use futures::StreamExt as _;

use super::{
    ImageStore, disk_failure,
    ingest::{Arrival, Finished, ingest},
    mirror::Fetcher,
    pull::resolve,
    shelf::Description,
    verify::{Digest, Hasher},
};
use crate::{
    model::{
        Blueprint, Error, Firmware, ImageMoment, ImageSource, ImportOrder, ImportTarget, Kind, Result,
        StoredImage, Trust,
    },
    ports::{Pieces, Told},
};

/// A file on its way in, gone with the work on it.
struct Upload {
    path: PathBuf,
}

impl Drop for Upload {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl ImageStore {
    pub(super) async fn take_in(&self, order: ImportOrder, file: Pieces, told: &Told) -> Result<StoredImage> {
        let expected = self.expected(&order, told).await?;
        self.admit_room(order.size.unwrap_or(0))?;
        let upload = Upload { path: self.shelf.staging()?.join(format!("upload-{}", uuid::Uuid::new_v4())) };
        let found = self
            .receive(&order, file, &upload.path, expected.as_ref().map(|(digest, _)| digest), told)
            .await?;
        let verified = match expected {
            Some((digest, verified)) if digest == found => verified,
            Some((digest, _)) => {
                let message = format!("{}: its digest is {found}; it should be {digest}", order.file_name);
                return Err(Error::new(Kind::InvalidInput, "DigestMismatch", message)
                    .tip("the file is damaged, or another build; get it again"));
            }
            None => "by nobody: taken as it came".to_owned(),
        };
        let finished = self.finish(&order, &upload.path, verified, &found, told).await?;
        if let ImportTarget::Own(own) = &order.target {
            let firmware = if finished.firmware == Firmware::Uefi { "uefi" } else { "bios" };
            self.shelf.describe(&Description {
                id: own.id.clone(),
                user: own.user.clone(),
                firmware: firmware.to_owned(),
                text: own.description.clone(),
            })?;
        }
        finished.publish(&self.shelf, told)
    }

    async fn finish(
        &self,
        order: &ImportOrder,
        file: &Path,
        verified: String,
        digest: &Digest,
        told: &Told,
    ) -> Result<Finished> {
        let (blueprint, firmware) = match &order.target {
            ImportTarget::Blueprint(blueprint) => (blueprint.id.clone(), Some(blueprint.firmware)),
            ImportTarget::Own(own) => (own.id.clone(), own.firmware),
        };
        let arrival = Arrival {
            blueprint,
            origin: format!("file {}", order.file_name),
            verified,
            source_digest: Some(digest.as_str().to_owned()),
            firmware,
        };
        let done = ingest(&self.shelf, &self.settings, file, arrival, told).await;
        done.map_err(|error| error.while_doing(&order.file_name))
    }

    /// The digest that the file must have and who says so.
    async fn expected(&self, order: &ImportOrder, told: &Told) -> Result<Option<(Digest, String)>> {
        match (&order.trust, &order.target) {
            (Trust::Nobody, _) | (Trust::Publisher, ImportTarget::Own(_)) => Ok(None),
            (Trust::Digest(text), _) => {
                let digest = Digest::parse(text)
                    .ok_or_else(|| Error::invalid("digest", "a digest has 64 or 128 hexadecimal digits"))?;
                Ok(Some((digest, "by the digest that was given with it".to_owned())))
            }
            (Trust::Publisher, ImportTarget::Blueprint(blueprint)) => {
                told(ImageMoment::of("asking the publisher for its digest"));
                self.published(blueprint, &order.file_name).await.map(Some)
            }
        }
    }

    async fn published(&self, blueprint: &Blueprint, name: &str) -> Result<(Digest, String)> {
        let ways = format!(
            "give its digest: --digest HEX; or take it unverified, by name: --unverified {}",
            blueprint.id
        );
        let ImageSource::Download(download) = &blueprint.source else {
            let message = format!("{} has no publisher who could vouch for {name}", blueprint.id);
            return Err(Error::invalid("digest", message).tip(ways));
        };
        let fetcher = Fetcher::new(&self.settings.mirror, self.settings.patience)?;
        // By the name it came with, or else as the newest.
        let named = resolve(&fetcher, download, Some(name).filter(|name| !name.contains('*'))).await;
        let resolved = match named {
            Err(error) if error.code == "NotListed" => resolve(&fetcher, download, None).await,
            other => other,
        };
        let resolved =
            resolved.map_err(|error| error.while_doing("cannot ask what the file should be").tip(ways))?;
        Ok((resolved.digest, resolved.verified))
    }

    async fn receive(
        &self,
        order: &ImportOrder,
        mut file: Pieces,
        path: &Path,
        wanted: Option<&Digest>,
        told: &Told,
    ) -> Result<Digest> {
        let failed = |error| disk_failure("write", path, &error);
        let mut out = File::create(path).map_err(failed)?;
        let (mut hasher, mut done) = (Hasher::like(wanted), 0);
        while let Some(piece) = file.next().await {
            let piece = piece?;
            out.write_all(&piece).map_err(failed)?;
            hasher.update(&piece);
            done += piece.len() as u64;
            if done > self.settings.largest {
                let message = format!("{}: it is larger than any image that is taken", order.file_name);
                return Err(Error::new(Kind::InvalidInput, "ImageRefused", message)
                    .tip("images.largest_gb in the configuration sets the limit"));
            }
            told(ImageMoment::counted("receiving", done, order.size.unwrap_or(0)));
        }
        match order.size {
            Some(size) if size != done => {
                let message = format!("{}: it ended after {done} of {size} bytes", order.file_name);
                Err(Error::new(Kind::InvalidInput, "ImageRefused", message))
            }
            _ => Ok(hasher.finish()),
        }
    }
}
