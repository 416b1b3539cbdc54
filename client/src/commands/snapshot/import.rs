//! `sloop snapshot import`: files of another host become a snapshot of this one.

use std::path::{Path, PathBuf};

use clap::Args;
use sha2::{Digest as _, Sha256};
use sloop_proto::v1::{
    ImportedSnapshot, ManifestDisk, ManifestInstance, ResourceType, SnapshotManifest, SnapshotOrder,
};
use tokio::io::AsyncReadExt as _;

use super::{manifest, upload};
use crate::commands::image::attend;
use crate::complete;
use crate::connect::Session;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::progress::{Progress, Stage};
use crate::text;

/// Arguments of `import`.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sloop snapshot import web.qcow2                     as web.qcow2.json says, which came with it
  sloop snapshot import web.qcow2 --name from-attic
  sloop snapshot import disk.qcow2 --name old --blueprint debian_12    a system disk from elsewhere
  sloop snapshot import data.qcow2 --name data-then --disk             block storage from elsewhere

Then: sloop snapshot restore NAME NEWNAME, or of a disk: sloop disk create NEWNAME --from NAME")]
pub(crate) struct ImportArgs {
    /// File with the disk, in qcow2; others of the same snapshot are beside it
    file: PathBuf,
    /// What the snapshot is to be called [default: as it was where it comes from]
    #[arg(long)]
    name: Option<String>,
    /// The file is a system disk of this blueprint; nothing beside it is looked at
    #[arg(long, value_name = "ID", requires = "name", conflicts_with = "disk", add = complete::blueprints())]
    blueprint: Option<String>,
    /// The file is block storage; nothing beside it is looked at
    #[arg(long, requires = "name")]
    disk: bool,
}

/// Takes in a snapshot.
pub(super) async fn run(session: &Session, output: &Output, args: ImportArgs) -> Outcome {
    let written = if args.disk || args.blueprint.is_some() { None } else { manifest::read(&args.file)? };
    let stated = match &written {
        Some(manifest) => named(manifest, &args.file)?,
        None if args.disk || args.blueprint.is_some() => vec![args.file.clone()],
        None => {
            let beside = manifest::beside(&args.file);
            return Err(Failure::usage(format!(
                "{} is not there, which would say what it is",
                beside.display()
            ))
            .tip("--name NAME with --blueprint ID for a system disk, or with --disk for block storage"));
        }
    };
    attend(output, "nothing was imported", async {
        let progress = Progress::new(output);
        let stage = progress.stage(&args.file.file_name().unwrap_or_default().to_string_lossy());
        let manifest = match written {
            Some(manifest) => manifest,
            None => described(&args, &stage).await?,
        };
        let order = SnapshotOrder { manifest: Some(manifest), name: args.name.clone().unwrap_or_default() };
        let snapshot = upload::send(session, order, stated, &stage).await?;
        drop(stage);
        output.answer("ImportedSnapshot", &snapshot, || arrived(&snapshot))?;
        Ok(0)
    })
    .await
}

/// The files of a manifest. The first one is the one that was named, whatever it was called where it comes from.
fn named(manifest: &SnapshotManifest, first: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for (index, disk) in manifest.disks.iter().enumerate() {
        let path = if index == 0 { first.to_owned() } else { first.with_file_name(&disk.file) };
        let length = std::fs::metadata(&path).map_err(|error| Failure::file(&path, &error))?.len();
        if length != disk.file_bytes {
            let message =
                format!("{} has {length} bytes and should have {}", path.display(), disk.file_bytes);
            return Err(Failure::usage(message).tip("copy it again from where it was exported"));
        }
        files.push(path);
    }
    Ok(files)
}

/// What can be said of a file that comes alone: the daemon knows the rest.
async fn described(args: &ImportArgs, stage: &Stage) -> Result<SnapshotManifest, Failure> {
    let (sha256, file_bytes) = digest(&args.file, stage).await?;
    let kind = if args.disk { ResourceType::DiskSnapshot } else { ResourceType::InstanceSnapshot };
    let instance = args
        .blueprint
        .as_ref()
        .map(|blueprint| ManifestInstance { blueprint_id: blueprint.clone(), ..ManifestInstance::default() });
    let disk = ManifestDisk { path: "/dev/xvda".into(), file_bytes, sha256, ..ManifestDisk::default() };
    Ok(SnapshotManifest {
        format: manifest::FORMAT.into(),
        kind: kind.into(),
        instance,
        disks: vec![disk],
        ..SnapshotManifest::default()
    })
}

async fn digest(path: &Path, stage: &Stage) -> Result<(String, u64), Failure> {
    let failure = |error| Failure::file(path, &error);
    let mut file = tokio::fs::File::open(path).await.map_err(failure)?;
    let facts = file.metadata().await.map_err(failure)?;
    if !facts.is_file() {
        return Err(Failure::usage(format!("{} is no regular file", path.display())));
    }
    let (mut digest, mut done, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut buffer).await.map_err(failure)?;
        if read == 0 {
            return Ok((format!("{:x}", digest.finalize()), done));
        }
        digest.update(&buffer[..read]);
        done += read as u64;
        stage.bytes("reading", done, facts.len());
    }
}

/// A snapshot that has come, and what a person does next with it.
fn arrived(snapshot: &ImportedSnapshot) -> String {
    let name = text::safe(&snapshot.name);
    let next = match (snapshot.kind(), snapshot.bundle_id.as_str()) {
        (ResourceType::DiskSnapshot, _) => format!("sloop disk create NEWNAME --from {name}"),
        (_, "") => format!("sloop snapshot restore {name} NEWNAME --bundle ID"),
        _ => format!("sloop snapshot restore {name} NEWNAME"),
    };
    format!("{name} is here\n  use it: {next}\n")
}
