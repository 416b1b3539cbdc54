//! A disk's own beginning: its partition table, which says that it is a disk and how it boots.

use super::{little, refused};
use crate::model::{Firmware, Result};

/// As much of a disk's beginning as its partition table takes: 34 sectors hold a GPT of 128 entries.
pub const TABLE: usize = 34 * 512;

/// Smaller is no disk that anything boots from.
const SMALLEST: u64 = 1 << 20;

/// Partition types of GPT, as they lie on the disk.
const EFI_SYSTEM: [u8; 16] =
    [0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b];
const BIOS_BOOT: [u8; 16] =
    [0x48, 0x61, 0x68, 0x21, 0x49, 0x64, 0x6f, 0x6e, 0x74, 0x4e, 0x65, 0x65, 0x64, 0x45, 0x46, 0x49];

/// The size of a raw disk in a file of `length` bytes with that beginning.
pub(super) fn examine(head: &[u8], length: u64) -> Result<u64> {
    if length < SMALLEST {
        return Err(refused("it is smaller than any disk: it is cut off, or something else"));
    }
    if !length.is_multiple_of(512) {
        return Err(refused("its length is no multiple of a sector: it is cut off, or no raw disk"));
    }
    firmware(head)?;
    Ok(length)
}

/// How a disk with that beginning boots.
pub fn firmware(head: &[u8]) -> Result<Firmware> {
    if little::<2>(head, 510)? != 0xaa55 {
        return Err(refused("it has no partition table, so nothing can boot from it"));
    }
    // The first partition of a disk with a GPT says so, and spans it.
    if head.get(450) != Some(&0xee) {
        return Ok(Firmware::Bios);
    }
    if head.get(512..520) != Some(b"EFI PART") {
        return Err(refused("its partition table is damaged"));
    }
    let entries = head.get(1024..TABLE.min(head.len())).unwrap_or_default();
    let has = |kind: &[u8; 16]| entries.chunks_exact(128).any(|entry| entry.starts_with(kind));
    // What boots both ways boots more quickly from a BIOS.
    Ok(if has(&EFI_SYSTEM) && !has(&BIOS_BOOT) { Firmware::Uefi } else { Firmware::Bios })
}
