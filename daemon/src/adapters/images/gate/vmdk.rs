//! VMDK, hosted sparse extents in one file: VMware's "Virtual Disk Format 5.0". All numbers are little-endian.
//!
//! The format's other half is a text that names files; it is read too, and may name none but the file itself. QEMU reads it
//! with little care: it looks for the name of a parent at a place of its own, whatever the header says, and anywhere in a line.

use super::{little, refused};
use crate::model::{Error, Result};

const SECTOR: u64 = 512;
/// Where the description begins, in sectors: everyone puts it there, and QEMU looks for a parent there and nowhere else.
const DESCRIPTION: u64 = 1;
/// What comes before a parent's name, in lower case.
const PARENT: &str = "parentfilenamehint";

pub(super) fn examine(head: &[u8], length: u64) -> Result<u64> {
    if !(1..=3).contains(&little::<4>(head, 4)?) {
        return Err(refused("its VMDK version is not known"));
    }
    let capacity = little::<8>(head, 12)?;
    // With none, QEMU takes the description for the whole and goes where it leads.
    let virtual_bytes = capacity.checked_mul(SECTOR).filter(|bytes| *bytes > 0);
    let virtual_bytes = virtual_bytes.ok_or_else(|| refused("its VMDK header gives no size"))?;
    let grain = little::<8>(head, 20)?;
    if !grain.is_power_of_two() || !(8..=2048).contains(&grain) {
        return Err(refused("its grains have an impossible size"));
    }
    let (at, size) = (little::<8>(head, 28)?, little::<8>(head, 36)?);
    let end = at.checked_add(size).and_then(|end| end.checked_mul(SECTOR));
    if size == 0 || end.is_none_or(|end| end > length) {
        return Err(refused("its VMDK description is not in the file"));
    }
    if at != DESCRIPTION {
        return Err(refused("its VMDK description is not where it belongs"));
    }
    // Anywhere: what is none to the eyes that look at lines may be one to QEMU's.
    if String::from_utf8_lossy(head).to_ascii_lowercase().contains(PARENT) {
        return Err(refused("it names a parent"));
    }
    let range = usize::try_from(at * SECTOR).ok().zip(end.and_then(|end| usize::try_from(end).ok()));
    let text = range.and_then(|(start, end)| head.get(start..end));
    description(text.ok_or_else(|| refused("its VMDK description is too far into the file"))?)?;
    Ok(virtual_bytes)
}

fn description(text: &[u8]) -> Result<()> {
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    let text = std::str::from_utf8(text).map_err(|_| refused("its VMDK description is not text"))?;
    let mut extents = 0;
    for line in text.lines().map(|line| line.trim().to_ascii_lowercase()) {
        let (key, value) = line.split_once('=').unwrap_or((&line, ""));
        let value = value.trim().trim_matches('"');
        match key.trim() {
            "parentcid" if value != "ffffffff" => return Err(refused("it names a parent")),
            "createtype" if !matches!(value, "monolithicsparse" | "streamoptimized") => {
                return Err(elsewhere());
            }
            _ => {}
        }
        if ["rw ", "rdonly ", "noaccess "].iter().any(|access| line.starts_with(access)) {
            extents += 1;
            if !line.starts_with("rw ") || line.split_whitespace().nth(2) != Some("sparse") {
                return Err(elsewhere());
            }
        }
    }
    if extents == 1 { Ok(()) } else { Err(refused("its VMDK description names no extent, or several")) }
}

fn elsewhere() -> Error {
    refused("its data is in other files; one in a single file is needed")
}
