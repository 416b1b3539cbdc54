//! Base images: `<blueprint>.json` names the newest one, `<blueprint>-<digest>.qcow2` is it. Older ones stay for the
//! instances that were made from them.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use serde::Deserialize;

use crate::{
    adapters::qcow2,
    model::{BaseImage, Blueprint, Error, ImageSource, Kind, Result},
    ports::Images,
};

/// A directory of base images.
pub struct ImageDir {
    dir: PathBuf,
}

/// What a recipe writes when it has built an image.
#[derive(Deserialize)]
struct Manifest {
    file: String,
}

impl ImageDir {
    /// The images in `dir`.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn newest(&self, id: &str) -> Result<Option<PathBuf>> {
        let path = self.dir.join(format!("{id}.json"));
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::internal(format!("cannot read {}: {error}", path.display()))),
        };
        let manifest: Manifest = serde_json::from_slice(&text)
            .map_err(|error| Error::internal(format!("{}: {error}", path.display())))?;
        // A name and nothing else: a manifest cannot point out of its directory.
        if Path::new(&manifest.file).file_name().is_none_or(|name| name != manifest.file.as_str()) {
            return Err(Error::internal(format!(
                "{}: {:?} is not a file's name",
                path.display(),
                manifest.file
            )));
        }
        Ok(Some(self.dir.join(manifest.file)))
    }
}

#[async_trait]
impl Images for ImageDir {
    async fn base(&self, blueprint: &Blueprint) -> Result<BaseImage> {
        let Some(path) = self.newest(&blueprint.id)? else { return Err(missing(blueprint)) };
        let unreadable =
            |error| Error::internal(format!("cannot read the image {}: {error}", path.display()));
        let mut head = Vec::new();
        let file = std::fs::File::open(&path).map_err(unreadable)?;
        file.take(qcow2::HEADER as u64).read_to_end(&mut head).map_err(unreadable)?;
        let header = qcow2::gate(&head).map_err(|error| error.while_doing(&path.display().to_string()))?;
        Ok(BaseImage { path, virtual_bytes: header.virtual_bytes })
    }
}

fn missing(blueprint: &Blueprint) -> Error {
    let message = format!("The image of {} is not on this host", blueprint.id);
    let tip = match &blueprint.source {
        ImageSource::Recipe(_) => format!("build it: make image ID={}", blueprint.id),
        ImageSource::Download { url } => format!("fetching from {url} is not served by this version"),
    };
    Error::new(Kind::Unavailable, "ImageMissing", message).tip(tip)
}
