//! What the file systems under our own files say, and reading them away from where others wait.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use futures::StreamExt as _;

use crate::{
    model::{Error, Kind, Result},
    ports::Pieces,
};

/// Bytes that are read at once.
const PIECE: usize = 128 << 10;

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

/// Runs what takes long away from where others wait.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::internal(format!("work on a file broke off: {error}")))?
}

/// A file in pieces, up to its end or to where it cannot be read.
pub(super) fn pieces(file: File, path: PathBuf) -> Pieces {
    let pieces = futures::stream::unfold(Some((file, path)), |state| async {
        let (mut file, path) = state?;
        let piece = blocking(move || {
            let mut piece = vec![0; PIECE];
            let read = file.read(&mut piece).map_err(|error| failure("read", &path, &error))?;
            piece.truncate(read);
            Ok((piece, file, path))
        });
        match piece.await {
            Ok((piece, ..)) if piece.is_empty() => None,
            Ok((piece, file, path)) => Some((Ok(piece), Some((file, path)))),
            Err(error) => Some((Err(error), None)),
        }
    });
    pieces.boxed()
}
