//! What a frozen layer holds, as a number to hold it against later.

use std::{fs::File, io, os::unix::fs::FileExt as _, path::Path};

use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use tokio::sync::Notify;

use crate::{
    adapters::disk::{blocking, failure as failed},
    model::{Result, Tally},
};

/// The first cluster is the header, which may come to name another file. `qemu-img check` looks at that.
const HEADER: u64 = 64 << 10;
/// Bytes that are read at once.
const PIECE: usize = 4 << 20;

/// Reads the file; none when it is told to stop.
pub(super) async fn digest(path: &Path, stop: &Notify) -> Result<Option<String>> {
    let mut file = File::open(path).map_err(|error| failed("read", path, &error))?;
    let (mut tally, mut at) = (Tally::default(), HEADER);
    loop {
        let path = path.to_owned();
        let read = blocking(move || {
            let read = piece(&file, at).map_err(|error| failed("read", &path, &error))?;
            Ok((file, read))
        });
        let (same, bytes) = read.await?;
        if bytes.is_empty() {
            return Ok(Some(tally.digest()));
        }
        file = same;
        at += bytes.len() as u64;
        tally.add(&bytes);
        if futures::FutureExt::now_or_never(stop.notified()).is_some() {
            return Ok(None);
        }
    }
}

fn piece(file: &File, at: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; PIECE];
    let mut length = 0;
    while length < PIECE {
        match file.read_at(&mut bytes[length..], at + length as u64)? {
            0 => break,
            read => length += read,
        }
    }
    bytes.truncate(length);
    // What is read once, by nobody else, need not push out what guests read. That it stays is no fault.
    if let (Ok(at), Ok(length)) = (i64::try_from(at), i64::try_from(length)) {
        let _ = posix_fadvise(file, at, length, PosixFadviseAdvice::POSIX_FADV_DONTNEED);
    }
    Ok(bytes)
}
