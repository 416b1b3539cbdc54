//! A download that may have been cut off: its bytes, the digest of them, and what the server called the file.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::super::{
    disk_failure,
    verify::{Digest, Hasher},
};
use crate::model::Result;

/// What the server called the file, so that the rest of it is asked of the same one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::adapters::images) struct Label {
    /// Its URL.
    pub(in crate::adapters::images) url: String,
    /// `ETag` or `Last-Modified`; without one, nothing can be taken up again safely, and all is fetched anew.
    pub(in crate::adapters::images) validator: Option<String>,
}

/// The beginning of a file.
pub(in crate::adapters::images) struct Partial {
    path: PathBuf,
    file: File,
    length: u64,
    hasher: Hasher,
    fresh: Hasher,
    label: Label,
}

impl Partial {
    /// Opens what is there at `path`, and reads it once for its digest; or begins.
    pub(in crate::adapters::images) fn open(path: &Path, wanted: &Digest) -> Result<Self> {
        let failed = |error| disk_failure("open", path, &error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        let fresh = Hasher::like(Some(wanted));
        let label = std::fs::read(label_path(path)).ok();
        let label = label.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        let (mut hasher, mut length, mut buffer) = (fresh.clone(), 0, vec![0; 1 << 20]);
        loop {
            let read = file.read(&mut buffer).map_err(failed)?;
            if read == 0 {
                break;
            }
            hasher.update(&buffer[..read]);
            length += read as u64;
        }
        Ok(Self { path: path.to_owned(), file, length, hasher, fresh, label })
    }

    /// Bytes that are there.
    pub(in crate::adapters::images) fn length(&self) -> u64 {
        self.length
    }

    /// What the server called it.
    pub(in crate::adapters::images) fn label(&self) -> &Label {
        &self.label
    }

    /// Begins anew, with a file that the server calls so.
    pub(in crate::adapters::images) fn restart(&mut self, label: Label) -> Result<()> {
        use std::io::Seek as _;
        let failed = |error| disk_failure("empty", &self.path, &error);
        self.file.set_len(0).map_err(failed)?;
        self.file.rewind().map_err(failed)?;
        self.length = 0;
        self.hasher = self.fresh.clone();
        let text = serde_json::to_vec(&label).unwrap_or_default();
        let path = label_path(&self.path);
        std::fs::write(&path, text).map_err(|error| disk_failure("write", &path, &error))?;
        self.label = label;
        Ok(())
    }

    /// More bytes, straight to the file: whatever ends the daemon, they are there.
    pub(in crate::adapters::images) fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|error| disk_failure("write", &self.path, &error))?;
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// The digest of what is there.
    pub(in crate::adapters::images) fn digest(&self) -> Digest {
        self.hasher.clone().finish()
    }

    /// It is whole, and on the disk.
    pub(in crate::adapters::images) fn settle(&self) -> Result<()> {
        self.file.sync_all().map_err(|error| disk_failure("write", &self.path, &error))
    }

    /// Removes it.
    pub(in crate::adapters::images) fn discard(&mut self) -> Result<()> {
        // Nothing is written: the disk may be full.
        self.file.set_len(0).map_err(|error| disk_failure("empty", &self.path, &error))?;
        (self.length, self.hasher, self.label) = (0, self.fresh.clone(), Label::default());
        remove(&self.path);
        Ok(())
    }
}

/// Removes a partial download and its label, if they are there.
pub(in crate::adapters::images) fn remove(path: &Path) {
    for path in [path.to_owned(), label_path(path)] {
        // Gone already is as good.
        let _ = std::fs::remove_file(path);
    }
}

fn label_path(path: &Path) -> PathBuf {
    path.with_extension("label")
}
