//! What is written down of a snapshot beside its files.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use prost_types::Timestamp;
use serde_json::Value as Json;
use sloop_proto::v1::{ManifestDisk, ManifestInstance, ManifestParent, ResourceType, SnapshotManifest};

use crate::commands::image::part::{self, Part};
use crate::failure::Failure;
use crate::output::{pretty, rendered};

/// What a manifest calls itself.
pub(super) const FORMAT: &str = "sloop-snapshot/1";
/// No manifest is longer.
const LONGEST: u64 = 1 << 20;

/// Where the manifest of a file is.
pub(super) fn beside(file: &Path) -> PathBuf {
    part::beside(file, ".json")
}

/// Where the file of a further disk is: `web.xvdf.qcow2` beside `web.qcow2`.
pub(super) fn of_disk(file: &Path, path: &str) -> PathBuf {
    let place: String =
        path.rsplit('/').next().unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
    match file.extension() {
        Some(ending) => file.with_extension(format!("{place}.{}", ending.to_string_lossy())),
        None => file.with_extension(place),
    }
}

/// Writes the manifest of a file.
pub(super) fn write(file: &Path, manifest: &SnapshotManifest, force: bool) -> Result<(), Failure> {
    let path = beside(file);
    let mut part = Part::begin(&path, force)?;
    let text = format!("{}\n", pretty(&rendered("SnapshotManifest", manifest)));
    part.write_all(text.as_bytes()).map_err(|error| Failure::file(&path, &error))?;
    part.name()
}

/// Reads the manifest of a file, if it has one.
pub(super) fn read(file: &Path) -> Result<Option<SnapshotManifest>, Failure> {
    let path = beside(file);
    match std::fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Ok(facts) if facts.len() > LONGEST => return Err(odd(&path, "it is too long")),
        _ => {}
    }
    let text = std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
    let json: Json = serde_json::from_str(&text).map_err(|error| odd(&path, &error.to_string()))?;
    let manifest = parse(&json).ok_or_else(|| odd(&path, "what it must say is missing"))?;
    if manifest.format != FORMAT {
        return Err(odd(&path, &format!("its format is {} and not {FORMAT}", manifest.format)));
    }
    Ok(Some(manifest))
}

fn odd(path: &Path, why: &str) -> Failure {
    Failure::usage(format!("{} is no manifest of a snapshot: {why}", path.display()))
        .tip("export the snapshot again; or, without it: --name NAME with --blueprint ID or --disk")
}

fn parse(json: &Json) -> Option<SnapshotManifest> {
    let kind = match json["kind"].as_str()? {
        "InstanceSnapshot" => ResourceType::InstanceSnapshot,
        "DiskSnapshot" => ResourceType::DiskSnapshot,
        _ => return None,
    };
    let created_at: Option<jiff::Timestamp> = json["createdAt"].as_str().and_then(|text| text.parse().ok());
    let since = &json["since"];
    Some(SnapshotManifest {
        format: text(json, "format"),
        snapshot_id: text(json, "snapshotId"),
        name: text(json, "name"),
        created_at: created_at.map(|at| Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }),
        kind: kind.into(),
        instance: json["instance"].is_object().then(|| instance(&json["instance"])),
        quiesced: json["quiesced"].as_bool(),
        since: since
            .is_object()
            .then(|| ManifestParent { snapshot_id: text(since, "snapshotId"), name: text(since, "name") }),
        disks: json["disks"].as_array()?.iter().map(disk).collect::<Option<_>>()?,
    })
}

fn instance(json: &Json) -> ManifestInstance {
    ManifestInstance {
        instance_id: text(json, "instanceId"),
        name: text(json, "name"),
        blueprint_id: text(json, "blueprintId"),
        blueprint_name: text(json, "blueprintName"),
        bundle_id: text(json, "bundleId"),
        username: text(json, "username"),
        firmware: text(json, "firmware"),
        vendor_config: text(json, "vendorConfig"),
    }
}

fn disk(json: &Json) -> Option<ManifestDisk> {
    Some(ManifestDisk {
        disk_id: text(json, "diskId"),
        path: text(json, "path"),
        name: json["name"].as_str().map(str::to_owned),
        size_bytes: json["sizeBytes"].as_u64()?,
        // A name and nothing else: a manifest does not choose what is read of this machine.
        file: Some(text(json, "file")).filter(|file| is_name(file))?,
        file_bytes: json["fileBytes"].as_u64()?,
        sha256: text(json, "sha256"),
        is_increment: json["isIncrement"].as_bool().unwrap_or_default(),
    })
}

fn is_name(file: &str) -> bool {
    Path::new(file).file_name().is_some_and(|name| name == file)
}

fn text(json: &Json, key: &str) -> String {
    json[key].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> SnapshotManifest {
        SnapshotManifest {
            format: FORMAT.into(),
            snapshot_id: "b1f5c7de-0000-4000-8000-000000000001".into(),
            name: "before".into(),
            created_at: Some(Timestamp { seconds: 1_795_428_900, nanos: 0 }),
            kind: ResourceType::InstanceSnapshot.into(),
            instance: Some(ManifestInstance { username: "admin".into(), ..ManifestInstance::default() }),
            quiesced: Some(true),
            since: Some(ManifestParent { snapshot_id: "x".into(), name: "first".into() }),
            disks: vec![ManifestDisk {
                path: "/dev/xvda".into(),
                size_bytes: 20 << 30,
                file: "web.qcow2".into(),
                file_bytes: 5,
                sha256: "ab12".into(),
                is_increment: true,
                ..ManifestDisk::default()
            }],
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("web.qcow2");
        assert!(read(&file).unwrap().is_none());
        write(&file, &manifest(), false).unwrap();
        assert_eq!(read(&file).unwrap(), Some(manifest()));
        assert!(write(&file, &manifest(), false).is_err(), "it is there already");
    }

    #[test]
    fn a_manifest_names_no_file_elsewhere() {
        for name in ["/etc/shadow", "../web.qcow2", "", "..", "a/b", "a/"] {
            let mut json = rendered("SnapshotManifest", &manifest());
            assert!(parse(&json).is_some());
            json["disks"][0]["file"] = name.into();
            assert_eq!(parse(&json), None, "{name}");
        }
    }

    #[test]
    fn a_further_disk_has_its_place_in_its_name() {
        let name = |file: &str, path: &str| of_disk(Path::new(file), path).display().to_string();
        assert_eq!(name("/a/web.qcow2", "/dev/xvdf"), "/a/web.xvdf.qcow2");
        assert_eq!(name("web", "/dev/xvdf"), "web.xvdf");
        assert_eq!(name("web.qcow2", "/dev/../x"), "web.x.qcow2");
    }
}
