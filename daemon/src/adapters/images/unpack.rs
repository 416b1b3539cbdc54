//! Unpacking gzip, xz and zstd: sparsely, so that a disk's zeros take no room, and with limits, so that a small file cannot fill
//! the host.

use std::{
    fs::File,
    io::{BufReader, Read, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use super::{disk_failure, gate::Packing};
use crate::model::{Error, ImageMoment, Kind, Result};

/// Memory that a packed file may make a decoder use: what `xz -9` and `zstd --ultra` need, and no more.
const MEMORY: u64 = 128 << 20;
/// The same for zstd, as the logarithm of its window.
const WINDOW: u32 = 27;
/// A run of zeros this long becomes a hole.
const BLOCK: usize = 64 * 1024;

/// How much may come out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Bytes in all.
    pub(super) length: u64,
    /// Bytes that are not zero: what takes room on the disk.
    pub(super) room: u64,
}

/// Unpacks `from` into the new file `to`, telling how far through the packed file it is.
pub(super) fn unpack(
    from: &Path,
    packing: Packing,
    to: &Path,
    bounds: Bounds,
    told: &dyn Fn(ImageMoment),
) -> Result<()> {
    let failed = |error| disk_failure("read", from, &error);
    let file = File::open(from).map_err(failed)?;
    let total = file.metadata().map_err(failed)?.len();
    let packed = BufReader::with_capacity(1 << 20, Counted { inner: file, done: 0, total, told });
    let mut decoder: Box<dyn Read + '_> = match packing {
        Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
        Packing::Xz => {
            let stream = liblzma::stream::Stream::new_stream_decoder(MEMORY, liblzma::stream::CONCATENATED);
            let stream = stream.map_err(|error| damaged(&error.to_string()))?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(packed, stream))
        }
        Packing::Zstd => {
            let mut decoder =
                zstd::Decoder::with_buffer(packed).map_err(|error| damaged(&error.to_string()))?;
            decoder.window_log_max(WINDOW).map_err(|error| damaged(&error.to_string()))?;
            Box::new(decoder)
        }
    };
    sparse(&mut decoder, to, bounds)
}

/// Copies with holes for zeros.
fn sparse(from: &mut dyn Read, to: &Path, bounds: Bounds) -> Result<()> {
    let failed = |error| disk_failure("write", to, &error);
    let mut out = File::create(to).map_err(failed)?;
    let (mut length, mut room, mut block) = (0u64, 0u64, vec![0; BLOCK]);
    loop {
        let filled = fill(from, &mut block).map_err(|error| damaged(&error.to_string()))?;
        if filled == 0 {
            break;
        }
        let bytes = &block[..filled];
        length += filled as u64;
        if bytes.iter().all(|byte| *byte == 0) {
            out.seek(SeekFrom::Start(length)).map_err(failed)?;
        } else {
            room += filled as u64;
            out.write_all(bytes).map_err(failed)?;
        }
        if length > bounds.length {
            return Err(too_large());
        }
        if room > bounds.room {
            return Err(super::no_room(&format!(
                "there is room for {} MiB of what is packed",
                bounds.room >> 20
            )));
        }
    }
    out.set_len(length).map_err(failed)
}

/// Reads until the block is full or nothing more comes.
fn fill(from: &mut dyn Read, block: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < block.len() {
        match from.read(&mut block[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn damaged(why: &str) -> Error {
    let message = format!("the packed file cannot be unpacked: {why}");
    Error::new(Kind::InvalidInput, "ImageRefused", message).tip("it is cut off or damaged: get it again")
}

fn too_large() -> Error {
    let message = "what comes out of the packed file is larger than an image may be";
    Error::new(Kind::InvalidInput, "ImageRefused", message)
        .tip("images.largest_gb in the configuration sets the limit")
}

/// A reader that tells how far it is.
struct Counted<'a> {
    inner: File,
    done: u64,
    total: u64,
    told: &'a dyn Fn(ImageMoment),
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.done += read as u64;
        (self.told)(ImageMoment::counted("unpacking", self.done, self.total));
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
