//! qcow2: <https://www.qemu.org/docs/master/interop/qcow2.html>. All numbers are big-endian.

use super::{Header, big, refused};
use crate::model::Result;

/// Incompatible features that change nothing about where data comes from: the compression type, and extended L2 entries.
const HARMLESS: u64 = 1 << 3 | 1 << 4;

/// Extensions of the header that lead elsewhere: the name of a data file, and where encryption keeps its keys.
const DATA_FILE: u64 = 0x4441_5441;
const CRYPTO: u64 = 0x0537_be77;

/// The header of a base image that is to be used again; its length was looked at when it came.
pub fn gate(head: &[u8]) -> Result<Header> {
    super::examine(head, u64::MAX).and_then(|header| match header.format {
        super::Format::Qcow2 => Ok(header),
        _ => Err(refused("it has no qcow2 header")),
    })
}

/// The size of the disk in a file of `length` bytes with that beginning.
pub(super) fn examine(head: &[u8], length: u64) -> Result<u64> {
    let version = big::<4>(head, 4)?;
    if !(2..=3).contains(&version) {
        return Err(refused("its version is neither 2 nor 3"));
    }
    if big::<8>(head, 8)? != 0 || big::<4>(head, 16)? != 0 {
        return Err(refused("it names a backing file"));
    }
    if big::<4>(head, 32)? != 0 {
        return Err(refused("it is encrypted"));
    }
    if version == 3 && big::<8>(head, 72)? & !HARMLESS != 0 {
        return Err(refused(
            "it uses an external data file, is marked corrupt or dirty, or needs an unknown feature",
        ));
    }
    let virtual_bytes = big::<8>(head, 24)?;
    tables(head, length, virtual_bytes)?;
    extensions(head, version)?;
    Ok(virtual_bytes)
}

/// The tables must lie in the file, and the first of them must be large enough for the disk.
fn tables(head: &[u8], length: u64, virtual_bytes: u64) -> Result<()> {
    let bits = big::<4>(head, 20)?;
    if !(9..=21).contains(&bits) {
        return Err(refused("its clusters have an impossible size"));
    }
    let cluster = 1u64 << bits;
    let (entries, l1) = (big::<4>(head, 36)?, big::<8>(head, 40)?);
    let (refcounts, refcount_clusters) = (big::<8>(head, 48)?, big::<4>(head, 56)?);
    for (name, at, bytes) in
        [("L1", l1, entries * 8), ("reference count", refcounts, refcount_clusters * cluster)]
    {
        if at % cluster != 0 || at.checked_add(bytes).is_none_or(|end| end > length) || at == 0 {
            return Err(refused(&format!("its {name} table is not in the file: it is cut off, or damaged")));
        }
    }
    // Each entry leads to a table of one cluster, of entries of eight bytes, or sixteen where they are extended.
    let reach = u128::from(entries) * u128::from(cluster) * u128::from(cluster / 8);
    if reach < u128::from(virtual_bytes) {
        return Err(refused("its L1 table is too small for its disk"));
    }
    Ok(())
}

fn extensions(head: &[u8], version: u64) -> Result<()> {
    let mut at = if version == 2 { 72 } else { usize::try_from(big::<4>(head, 100)?).unwrap_or(usize::MAX) };
    if version == 3 && !(104..=4096).contains(&at) {
        return Err(refused("its header has an impossible length"));
    }
    // Sixteen are more than QEMU knows.
    for _ in 0..16 {
        let (kind, length) = (big::<4>(head, at)?, big::<4>(head, at + 4)?);
        match kind {
            0 => return Ok(()),
            DATA_FILE => return Err(refused("it names an external data file")),
            CRYPTO => return Err(refused("it is encrypted")),
            _ => {}
        }
        let length = usize::try_from(length).ok().filter(|length| *length <= super::HEAD);
        at += 8 + length.ok_or_else(|| refused("its header's extensions run out of it"))?.next_multiple_of(8);
    }
    Err(refused("its header has too many extensions"))
}
