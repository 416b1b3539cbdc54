//! VDI, as VirtualBox 1.6 and later write it. All numbers are little-endian.

use super::{little, refused};
use crate::model::Result;

const SIGNATURE: &[u8] = &[0x7f, 0x10, 0xda, 0xbe];

pub(super) fn is_one(head: &[u8]) -> bool {
    head.get(0x40..).is_some_and(|rest| rest.starts_with(SIGNATURE))
}

pub(super) fn examine(head: &[u8], length: u64) -> Result<u64> {
    if little::<4>(head, 0x44)? != 0x0001_0001 {
        return Err(refused("its VDI version is not 1.1"));
    }
    if !(1..=2).contains(&little::<4>(head, 0x4c)?) {
        return Err(refused("it builds on another VDI"));
    }
    let parents = head.get(0x1a8..0x1c8).ok_or_else(|| refused("its header is cut off"))?;
    // Identity of what it is linked to, and of its parent.
    if parents.iter().any(|byte| *byte != 0) {
        return Err(refused("it builds on another VDI"));
    }
    let (blocks, data) = (little::<4>(head, 0x154)?, little::<4>(head, 0x158)?);
    let (virtual_bytes, block) = (little::<8>(head, 0x170)?, little::<4>(head, 0x178)?);
    let count = little::<4>(head, 0x180)?;
    if block != 1 << 20 {
        return Err(refused("its blocks have an impossible size"));
    }
    if blocks + count * 4 > length || data > length || count * block < virtual_bytes {
        return Err(refused("its block map is not in the file: it is cut off, or damaged"));
    }
    Ok(virtual_bytes)
}
