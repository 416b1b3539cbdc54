//! The header gate: what strangers' files say of themselves, read in Rust before QEMU sees them.
//!
//! Knows four formats, finds out which one a file has by its first bytes and never by its name, and refuses what could lead
//! QEMU to another file, or what is no disk at all. Pure: bytes in, facts out. Fuzzed.

pub mod disk;
mod qcow2;
mod vdi;
mod vmdk;

pub use self::qcow2::gate as base_header;
use crate::model::{Error, Kind, Result};

/// How much of a file's beginning the gate looks at. An ISO says what it is after 32 KiB.
pub const HEAD: usize = 64 * 1024;

/// The largest disk that a plan or an attached disk has: 16,000 GiB.
pub const LARGEST: u64 = 16_000 << 30;

/// Formats of disk images, with QEMU's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// QEMU's own.
    Qcow2,
    /// The disk itself.
    Raw,
    /// VMware's, in one file.
    Vmdk,
    /// VirtualBox's.
    Vdi,
}

/// Ways to make files smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// `.gz`
    Gzip,
    /// `.xz`
    Xz,
    /// `.zst`
    Zstd,
}

/// What a sound image's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Its format.
    pub format: Format,
    /// Size of the disk it holds, in bytes.
    pub virtual_bytes: u64,
}

impl Format {
    /// QEMU's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Qcow2 => "qcow2",
            Self::Raw => "raw",
            Self::Vmdk => "vmdk",
            Self::Vdi => "vdi",
        }
    }
}

/// How a file is packed, by its first bytes.
pub fn packing(head: &[u8]) -> Option<Packing> {
    [(&b"\x1f\x8b"[..], Packing::Gzip), (b"\xfd7zXZ\0", Packing::Xz), (b"\x28\xb5\x2f\xfd", Packing::Zstd)]
        .into_iter()
        .find_map(|(magic, packing)| head.starts_with(magic).then_some(packing))
}

/// Looks at the first [`HEAD`] bytes of an unpacked file of `length` bytes. What has no known header is taken for a raw disk,
/// and a raw disk must say that it is one.
pub fn examine(head: &[u8], length: u64) -> Result<Header> {
    if let Some(what) = no_disk(head) {
        return Err(refused(what));
    }
    let header = match head {
        [b'Q', b'F', b'I', 0xfb, ..] => {
            Header { format: Format::Qcow2, virtual_bytes: qcow2::examine(head, length)? }
        }
        [b'K', b'D', b'M', b'V', ..] => {
            Header { format: Format::Vmdk, virtual_bytes: vmdk::examine(head, length)? }
        }
        _ if vdi::is_one(head) => Header { format: Format::Vdi, virtual_bytes: vdi::examine(head, length)? },
        _ => Header { format: Format::Raw, virtual_bytes: disk::examine(head, length)? },
    };
    if header.virtual_bytes == 0 || header.virtual_bytes > LARGEST {
        return Err(refused("its disk has no size, or one beyond what a disk may have"));
    }
    Ok(header)
}

/// Well-known things that are no disk image, so that the refusal can name them.
fn no_disk(head: &[u8]) -> Option<&'static str> {
    let begins = |magic: &[u8]| head.starts_with(magic);
    let at = |place: usize, magic: &[u8]| head.get(place..).is_some_and(|rest| rest.starts_with(magic));
    let text = head.iter().position(|byte| !byte.is_ascii_whitespace()).map_or(head, |start| &head[start..]);
    let lower: Vec<u8> = text.iter().take(16).map(u8::to_ascii_lowercase).collect();
    if head.is_empty() {
        Some("it is empty")
    } else if lower.starts_with(b"<!doctype") || lower.starts_with(b"<html") || lower.starts_with(b"<?xml") {
        Some("it is a web page, not a disk: a mirror that is down, or a login page, answers so")
    } else if at(0x8001, b"CD001") {
        Some("it is an ISO, an installation medium; a cloud image is needed")
    } else if begins(b"# Disk DescriptorFile") {
        Some("it is a VMDK description that leads to other files; one in a single file is needed")
    } else if begins(b"vhdxfile") || begins(b"conectix") || begins(b"cxsparse") {
        Some("its format is Hyper-V's; convert it first: qemu-img convert -O qcow2")
    } else if begins(b"LUKS\xba\xbe") {
        Some("it is encrypted")
    } else if at(257, b"ustar") || begins(b"PK\x03\x04") || begins(b"7z\xbc\xaf") {
        Some("it is an archive; take the disk image out of it first")
    } else if begins(b"\x7fELF") {
        Some("it is a program")
    } else if begins(b"QED\0") || begins(b"OOO CoW") || begins(b"Withou") || begins(b"bochs") {
        Some("its format is one that is not taken: qcow2, raw, VMDK and VDI are")
    } else {
        None
    }
}

/// The file is refused, with why.
pub(super) fn refused(why: &str) -> Error {
    Error::new(Kind::InvalidInput, "ImageRefused", format!("this is not a usable disk image: {why}"))
}

/// The number of `N` bytes at `at`, most significant first; what is cut off is refused.
fn big<const N: usize>(bytes: &[u8], at: usize) -> Result<u64> {
    Ok(field::<N>(bytes, at)?.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

/// The same, least significant first.
fn little<const N: usize>(bytes: &[u8], at: usize) -> Result<u64> {
    Ok(field::<N>(bytes, at)?.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Result<&[u8]> {
    bytes.get(at..).and_then(|rest| rest.get(..N)).ok_or_else(|| refused("its header is cut off"))
}

#[cfg(test)]
mod tests;
