//! New names for the disks that come back with an instance.

use std::collections::HashMap;

use sloop_proto::v1::{DiskMap, DiskMapList};

/// What the copy of a disk is to be called.
#[derive(Clone, Debug)]
pub(super) struct Rename {
    disk: String,
    name: String,
}

/// Parses `disk=newname`.
pub(super) fn parse(text: &str) -> Result<Rename, String> {
    match text.split_once('=') {
        Some((disk, name)) if !disk.is_empty() && !name.is_empty() => {
            Ok(Rename { disk: disk.to_owned(), name: name.to_owned() })
        }
        _ => Err("write it like data=data2".to_owned()),
    }
}

/// The new names by the disks' names in the snapshot.
pub(super) fn mapping(renames: Vec<Rename>) -> HashMap<String, DiskMapList> {
    let mut mapping: HashMap<String, DiskMapList> = HashMap::new();
    for Rename { disk, name } in renames {
        let one = DiskMap { original_disk_path: Some(String::new()), new_disk_name: Some(name) };
        mapping.entry(disk).or_default().disk_maps.push(one);
    }
    mapping
}
