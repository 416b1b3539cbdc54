//! What the file systems under our own files say.

use std::{io, path::Path};

use crate::model::{Error, Kind, Result};

/// Free space of the file system that a directory is on, in bytes.
pub(super) fn free_bytes(dir: &Path) -> Result<u64> {
    let stat = nix::sys::statvfs::statvfs(dir).map_err(|errno| failure("measure", dir, &errno.into()))?;
    Ok(stat.blocks_available() * stat.fragment_size())
}

/// Size of the file system that a directory is on, in bytes.
pub(super) fn total_bytes(dir: &Path) -> Result<u64> {
    let stat = nix::sys::statvfs::statvfs(dir).map_err(|errno| failure("measure", dir, &errno.into()))?;
    Ok(stat.blocks() * stat.fragment_size())
}

/// A file or directory of our own cannot be worked with; `what` is what was tried.
pub(super) fn failure(what: &str, path: &Path, error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::StorageFull {
        return full(path);
    }
    Error::internal(format!("cannot {what} {}: {error}", path.display()))
}

/// There is no room for that file.
pub(super) fn full(path: &Path) -> Error {
    let message = format!("No space left on the device of {}", path.display());
    Error::new(Kind::Capacity, "InsufficientDisk", message)
        .tip("make room there: delete instances, or sloop image prune; nothing half-made is kept")
}
