//! The NoCloud seed: a disk of 1 MiB, labelled `cidata`, that gives a guest its identity. It holds no network
//! configuration: DHCP on the tap decides that, also for clones that wake up as another instance.
//!
//! `documents` writes the files, this file puts them on a FAT disk, in process.

mod documents;

use std::io::{Cursor, Write as _};

use fatfs::{FileSystem, FormatVolumeOptions, FsOptions};

use crate::model::{Error, Instance, Result};

/// A fixed size, because the disk stays attached for the instance's whole life.
pub const SIZE: usize = 1 << 20;

/// The seed's bytes.
pub fn image(instance: &Instance) -> Result<Vec<u8>> {
    build(instance).map_err(|error| Error::internal(format!("cannot write the seed: {error}")))
}

fn build(instance: &Instance) -> std::io::Result<Vec<u8>> {
    let mut disk = Cursor::new(vec![0; SIZE]);
    // In small letters: a cloud-init before 19.1, as in Amazon Linux 2, looks for no others.
    fatfs::format_volume(&mut disk, FormatVolumeOptions::new().volume_label(*b"cidata     "))?;
    {
        let volume = FileSystem::new(&mut disk, FsOptions::new())?;
        let root = volume.root_dir();
        for (name, text) in documents::all(instance)? {
            root.create_file(name)?.write_all(text.as_bytes())?;
        }
    }
    Ok(disk.into_inner())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::{
        model::{PublicKey, UserData},
        testing,
    };

    fn read_back(instance: &Instance) -> Vec<(String, String)> {
        let bytes = image(instance).expect("a seed");
        assert_eq!(bytes.len(), SIZE);
        let volume = FileSystem::new(Cursor::new(bytes), FsOptions::new()).expect("a volume");
        assert_eq!(volume.volume_label(), "cidata");
        let entries = volume.root_dir().iter().map(|entry| entry.expect("an entry"));
        let files = entries.filter(fatfs::DirEntry::is_file).map(|entry| {
            let mut text = String::new();
            entry.to_file().read_to_string(&mut text).expect("text");
            (entry.file_name(), text)
        });
        files.collect()
    }

    #[test]
    fn a_seed_holds_three_documents() {
        let files = read_back(&testing::instance("web"));
        let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["meta-data", "user-data", "vendor-data"]);
        assert!(files.iter().all(|(_, text)| !text.contains("network")), "{files:?}");
    }

    #[test]
    fn the_largest_user_data_fits_and_is_kept_as_it_is() {
        let script = format!("#!/bin/sh\n{}", "# é\n".repeat(3_200));
        let user_data = UserData::parse(script.clone()).expect("within the limit");
        let files = read_back(&Instance { user_data, ..testing::instance("web") });
        assert_eq!(files[1].1, script);
    }

    #[test]
    fn a_hostile_key_comment_stays_data() {
        let mut instance = testing::instance("web");
        let key = PublicKey { line: "ssh-ed25519 AAAA x\"\\: - {a}".into(), fingerprint: String::new() };
        instance.identity.authorized_keys.push(key.line);
        let meta = &read_back(&instance)[0].1;
        assert!(meta.contains(r#"- "ssh-ed25519 AAAA x\"\\: - {a}""#), "{meta}");
    }
}
