//! The directory of base images.
//!
//! `<id>-<digest>.qcow2` is an image and `<id>-<digest>.json` its record; `<id>.json`, the same record again, says which one
//! new instances are made from. An image appears with the last rename, and older ones stay for the instances on them. A
//! blueprint of one's own is described in `<id>.blueprint.json`.

use std::{
    fs::{File, Permissions},
    io::Read as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{disk_failure, gate};
use crate::model::{BaseImage, Error, Result, StoredImage};

/// The directory.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    dir: PathBuf,
}

/// What is written down of an image. Recipes write it too.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) blueprint: String,
    pub(super) file: String,
    pub(super) sha256: String,
    pub(super) virtual_size: u64,
    pub(super) built_at: String,
    /// Which recipe built it, for those that were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) recipe: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) origin: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) verified: String,
    /// Digest of what was downloaded or handed in, before it was converted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) source_digest: Option<String>,
}

/// A description of a blueprint of one's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Description {
    pub(super) id: String,
    pub(super) user: String,
    pub(super) firmware: String,
    #[serde(rename = "description")]
    pub(super) text: String,
}

impl Shelf {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Where work goes on that nobody shall see.
    pub(super) fn staging(&self) -> Result<PathBuf> {
        let dir = self.dir.join(".staging");
        std::fs::create_dir_all(&dir).map_err(|error| disk_failure("make", &dir, &error))?;
        // The one who reads strangers' files passes through; nobody lists.
        let passable = std::fs::set_permissions(&dir, Permissions::from_mode(0o711));
        passable.map_err(|error| disk_failure("open up", &dir, &error))?;
        Ok(dir)
    }

    /// Bytes that work may take, when so many must stay free.
    pub(super) fn room(&self, headroom: u64) -> Result<u64> {
        Ok(super::super::disk::free_bytes(&self.staging()?)?.saturating_sub(headroom))
    }

    /// The newest image of a blueprint, its header read again.
    pub(super) fn base(&self, id: &str) -> Result<Option<BaseImage>> {
        let Some(record) = self.newest(id)? else { return Ok(None) };
        let path = self.dir.join(&record.file);
        let unreadable =
            |error| Error::internal(format!("cannot read the image {}: {error}", path.display()));
        let mut head = Vec::new();
        let file = File::open(&path).map_err(unreadable)?;
        file.take(gate::HEAD as u64).read_to_end(&mut head).map_err(unreadable)?;
        let header =
            gate::base_header(&head).map_err(|error| error.while_doing(&path.display().to_string()))?;
        Ok(Some(BaseImage { path, virtual_bytes: header.virtual_bytes }))
    }

    pub(super) fn newest(&self, id: &str) -> Result<Option<Record>> {
        let record: Option<Record> = read(&self.dir.join(format!("{id}.json")))?;
        match &record {
            // A name and nothing else: a record cannot point out of its directory.
            Some(record)
                if Path::new(&record.file).file_name().is_none_or(|name| name != record.file.as_str()) =>
            {
                Err(Error::internal(format!(
                    "{}/{id}.json: {:?} is not a file's name",
                    self.dir.display(),
                    record.file
                )))
            }
            _ => Ok(record),
        }
    }

    /// All images, by id. What cannot be read is told of, and does not hide the others.
    pub(super) fn list(&self) -> Result<Vec<StoredImage>> {
        let mut found = Vec::new();
        for name in self.names()? {
            let Some(id) = name.strip_suffix(".qcow2") else { continue };
            match self.stored(id, &name) {
                Ok(image) => found.push(image),
                Err(error) => tracing::warn!(image = id, %error, "cannot tell what this image is"),
            }
        }
        found.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(found)
    }

    fn names(&self) -> Result<Vec<String>> {
        let failed = |error| disk_failure("list", &self.dir, &error);
        match std::fs::read_dir(&self.dir) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            entries => {
                let names =
                    entries.map_err(failed)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
                Ok(names.collect())
            }
        }
    }

    fn stored(&self, id: &str, name: &str) -> Result<StoredImage> {
        let blueprint = id.rsplit_once('-').map_or(id, |(blueprint, _)| blueprint);
        let newest = self.newest(blueprint)?.filter(|record| record.file == name);
        let is_newest = newest.is_some();
        // A recipe of an earlier version wrote the newest one's record only.
        let Some(record) = read(&self.dir.join(format!("{id}.json")))?.or(newest) else {
            return Err(Error::internal("it has no record"));
        };
        let path = self.dir.join(name);
        let length = path.metadata().map_err(|error| disk_failure("read", &path, &error))?.len();
        let built = record.recipe.as_ref().map(|_| format!("recipe {}", record.blueprint));
        Ok(StoredImage {
            id: id.to_owned(),
            blueprint_id: record.blueprint,
            sha256: record.sha256,
            file_bytes: length,
            virtual_bytes: record.virtual_size,
            verified: match built {
                Some(_) if record.verified.is_empty() => "built on this host".to_owned(),
                _ => record.verified,
            },
            origin: if record.origin.is_empty() { built.unwrap_or_default() } else { record.origin },
            created_at: record.built_at.parse().unwrap_or(Timestamp::UNIX_EPOCH),
            path,
            is_newest,
        })
    }

    /// Makes a finished file an image: read-only, on the disk, and visible with the last rename. The same image again is no
    /// second one.
    pub(super) fn publish(&self, finished: &Path, record: &Record) -> Result<StoredImage> {
        let path = self.dir.join(&record.file);
        let failed = |error| disk_failure("keep", &path, &error);
        std::fs::set_permissions(finished, Permissions::from_mode(0o444)).map_err(failed)?;
        File::open(finished).and_then(|file| file.sync_all()).map_err(failed)?;
        let id = record.file.trim_end_matches(".qcow2");
        // First, because nobody sees a record without its file, and nobody can remove a file without its record.
        self.write(&format!("{id}.json"), record)?;
        std::fs::rename(finished, &path).map_err(failed)?;
        self.write(&format!("{}.json", record.blueprint), record)?;
        self.stored(id, &record.file)
    }

    /// Removes an image. The newest one's blueprint then has none, whatever older ones there are.
    pub(super) fn remove(&self, image: &StoredImage) -> Result<()> {
        if image.is_newest {
            self.unlink(&format!("{}.json", image.blueprint_id))?;
        }
        self.unlink(&format!("{}.qcow2", image.id))?;
        self.unlink(&format!("{}.json", image.id))?;
        let others = self.list()?.iter().any(|other| other.blueprint_id == image.blueprint_id);
        if others { Ok(()) } else { self.unlink(&format!("{}.blueprint.json", image.blueprint_id)) }
    }

    pub(super) fn describe(&self, description: &Description) -> Result<()> {
        self.write(&format!("{}.blueprint.json", description.id), description)
    }

    pub(super) fn descriptions(&self) -> Result<Vec<Description>> {
        let mut found = Vec::new();
        for name in self.names()?.iter().filter(|name| name.ends_with(".blueprint.json")) {
            match read(&self.dir.join(name)) {
                Ok(description) => found.extend(description),
                Err(error) => tracing::warn!(file = name, %error, "cannot read this blueprint"),
            }
        }
        Ok(found)
    }

    fn write<T: Serialize>(&self, name: &str, what: &T) -> Result<()> {
        let (path, half) = (self.dir.join(name), self.dir.join(format!(".{name}.new")));
        let failed = |error: std::io::Error| disk_failure("write", &path, &error);
        let text = serde_json::to_vec(what).map_err(|error| failed(error.into()))?;
        std::fs::write(&half, text).map_err(failed)?;
        File::open(&half).and_then(|file| file.sync_all()).map_err(failed)?;
        std::fs::rename(&half, &path).map_err(failed)?;
        File::open(&self.dir).and_then(|dir| dir.sync_all()).map_err(failed)
    }

    fn unlink(&self, name: &str) -> Result<()> {
        match std::fs::remove_file(self.dir.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(disk_failure("remove", &self.dir.join(name), &error))
            }
            _ => Ok(()),
        }
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match std::fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(disk_failure("read", path, &error)),
        Ok(text) => serde_json::from_slice(&text)
            .map(Some)
            .map_err(|error| Error::internal(format!("{}: {error}", path.display()))),
    }
}
