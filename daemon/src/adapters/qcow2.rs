//! The header of a qcow2 file, read in Rust before QEMU sees the file: what could lead QEMU to other files is refused.
//!
//! Layout: <https://www.qemu.org/docs/master/interop/qcow2.html>. All numbers are big-endian.

use crate::model::{Error, Result};

/// Bytes of the header that are looked at.
pub const HEADER: usize = 104;

const MAGIC: &[u8] = b"QFI\xfb";
/// Incompatible features that change nothing about where data comes from: bit 3, the compression type.
const HARMLESS: u64 = 1 << 3;

/// What a sound base image's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Size of the disk it holds, in bytes.
    pub virtual_bytes: u64,
}

/// Reads the first bytes of a file that is to be a base image.
pub fn gate(bytes: &[u8]) -> Result<Header> {
    let refuse = |why: &str| Err(Error::internal(format!("this is not a usable qcow2 image: {why}")));
    if bytes.len() < 72 || !bytes.starts_with(MAGIC) {
        return refuse("it has no qcow2 header");
    }
    let version = number(bytes, 4, 4);
    if !(2..=3).contains(&version) {
        return refuse("its version is neither 2 nor 3");
    }
    if number(bytes, 8, 8) != 0 {
        return refuse("it names a backing file");
    }
    if number(bytes, 32, 4) != 0 {
        return refuse("it is encrypted");
    }
    if version == 3 {
        if bytes.len() < HEADER {
            return refuse("its header is cut off");
        }
        if number(bytes, 72, 8) & !HARMLESS != 0 {
            return refuse(
                "it uses an external data file, is marked corrupt or dirty, or needs an unknown feature",
            );
        }
    }
    let virtual_bytes = number(bytes, 24, 8);
    if virtual_bytes == 0 || virtual_bytes > 16_000 << 30 {
        return refuse("its size is zero, or beyond what a disk may have");
    }
    Ok(Header { virtual_bytes })
}

/// The big-endian number of `length` bytes at `at`. The caller has looked that they are there.
fn number(bytes: &[u8], at: usize, length: usize) -> u64 {
    bytes[at..at + length].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sound() -> Vec<u8> {
        let mut bytes = vec![0; HEADER];
        bytes[..4].copy_from_slice(MAGIC);
        bytes[7] = 3;
        bytes[28] = 0x40; // 1 GiB
        bytes
    }

    #[test]
    fn a_sound_header_is_let_through() {
        assert_eq!(gate(&sound()).expect("sound").virtual_bytes, 1 << 30);
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        for (at, value, word) in [
            (0, 0, "no qcow2 header"),
            (7, 4, "version"),
            (15, 1, "backing file"),
            (35, 1, "encrypted"),
            (79, 4, "external data file"),
            (79, 2, "corrupt"),
            (72, 1, "unknown feature"),
            (28, 0, "size"),
        ] {
            let mut bytes = sound();
            bytes[at] = value;
            let error = gate(&bytes).expect_err(word);
            assert!(error.message.contains(word), "{error} lacks {word}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_borne(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = gate(&bytes);
        }

        #[test]
        fn any_header_is_borne(rest in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = gate(&[MAGIC, &rest].concat());
        }
    }
}
