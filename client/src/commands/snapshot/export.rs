//! `sloop snapshot export`: a file for each disk, and what they are in one more, which is written last.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use sha2::{Digest as _, Sha256};
use sloop_proto::v1::download_snapshot_result::Part as Piece;
use sloop_proto::v1::{DownloadSnapshotRequest, SnapshotFile, SnapshotManifest};
use tokio_stream::StreamExt as _;

use super::auto::of::AutoOf;
use super::manifest;
use crate::commands::image::attend;
use crate::commands::image::part::{Part, refuse};
use crate::complete;
use crate::connect::Session;
use crate::failure::{Exit, Failure, Outcome};
use crate::output::Output;
use crate::progress::{Progress, Stage};
use crate::text;

/// Arguments of `export`.
#[derive(Args, Debug)]
#[command(
    override_usage = "sloop snapshot export [OPTIONS] SNAPSHOT FILE\n       \
                      sloop snapshot export [OPTIONS] --auto-of NAME FILE",
    after_help = "\
Examples:
  sloop snapshot export before web.qcow2                            all that it holds
  sloop snapshot export after web2.qcow2 --incremental-since before only what came later
  sloop snapshot export --auto-of web today.qcow2                   the latest automatic one

Beside FILE come FILE.json, which says what it is, and a file for each further disk, such as web.xvdf.qcow2.
On the other host: sloop snapshot import FILE"
)]
pub(crate) struct ExportArgs {
    /// Name of the snapshot
    #[arg(required_unless_present = "auto_of", add = complete::snapshots())]
    snapshot: Option<String>,
    /// New file
    #[arg(required_unless_present = "auto_of")]
    file: Option<PathBuf>,
    #[command(flatten)]
    auto: AutoOf,
    /// Leave out what this snapshot holds, which the other host has already
    #[arg(long, value_name = "SNAPSHOT", add = complete::snapshots())]
    incremental_since: Option<String>,
    /// Write over files that are there
    #[arg(long)]
    force: bool,
}

/// Files on their way. Those that are not named go again.
struct Receiving {
    name: PathBuf,
    force: bool,
    manifest: SnapshotManifest,
    /// Those that are whole.
    whole: Vec<Part>,
    /// The one that is coming.
    open: Option<Open>,
}

/// A file that is coming.
struct Open {
    index: usize,
    part: Part,
    path: PathBuf,
    digest: Sha256,
    done: u64,
    total: u64,
}

/// Hands a snapshot out.
pub(super) async fn run(session: &Session, output: &Output, args: ExportArgs) -> Outcome {
    let (snapshot, name) = args.names()?;
    for path in [&name, &manifest::beside(&name)] {
        refuse(path, args.force)?;
    }
    let title = args.auto.auto_of.clone().or_else(|| snapshot.clone()).unwrap_or_default();
    let request = DownloadSnapshotRequest {
        snapshot_name: snapshot.unwrap_or_default(),
        use_latest_restorable_auto_snapshot: args.auto.latest(),
        source_resource_name: args.auto.auto_of,
        restore_date: args.auto.date,
        incremental_since: args.incremental_since,
    };
    let receiving = Receiving {
        name,
        force: args.force,
        manifest: SnapshotManifest::default(),
        whole: Vec::new(),
        open: None,
    };
    attend(output, "nothing was exported", async {
        let stage = Progress::new(output).stage(&title);
        let (name, manifest) = receive(session, request, receiving, &stage).await?;
        drop(stage);
        output.answer("SnapshotManifest", &manifest, || told(&name, &manifest))?;
        Ok(0)
    })
    .await
}

async fn receive(
    session: &Session,
    request: DownloadSnapshotRequest,
    mut receiving: Receiving,
    stage: &Stage,
) -> Result<(PathBuf, SnapshotManifest), Failure> {
    let mut pieces = session.transport().download_snapshot(request).await?.into_inner();
    while let Some(piece) = pieces.next().await {
        match piece?.part {
            Some(Piece::Manifest(manifest)) => receiving.manifest = manifest,
            Some(Piece::Moment(now)) => stage.bytes(&now.stage, now.done_bytes, now.total_bytes),
            Some(Piece::File(file)) => receiving.begin(&file)?,
            Some(Piece::Data(data)) => {
                let (done, total) = receiving.write(&data)?;
                stage.bytes("exporting", done, total);
            }
            Some(Piece::Sha256(sha256)) => receiving.end(sha256)?,
            None => {}
        }
    }
    receiving.keep()
}

impl ExportArgs {
    /// The name of the snapshot, which an automatic one does not have, and the file. Of an automatic one, the latter comes
    /// first.
    fn names(&self) -> Result<(Option<String>, PathBuf), Failure> {
        match (&self.auto.auto_of, &self.snapshot, &self.file) {
            (None, Some(snapshot), Some(file)) => Ok((Some(snapshot.clone()), file.clone())),
            (Some(_), Some(file), None) => Ok((None, file.into())),
            _ => Err(Failure::usage("--auto-of NAME stands in the place of a snapshot")
                .tip("sloop snapshot export --auto-of NAME FILE")),
        }
    }
}

impl Receiving {
    fn begin(&mut self, file: &SnapshotFile) -> Result<(), Failure> {
        let index = usize::try_from(file.index).unwrap_or(usize::MAX);
        let disk = self.manifest.disks.get_mut(index).filter(|_| self.open.is_none());
        let disk =
            disk.ok_or_else(|| Failure::new(Exit::Other, "sloopd sent a file that belongs to no disk"))?;
        let path = if index == 0 { self.name.clone() } else { manifest::of_disk(&self.name, &disk.path) };
        disk.file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        disk.file_bytes = file.bytes;
        let part = Part::begin(&path, self.force)?;
        self.open = Some(Open { index, part, path, digest: Sha256::new(), done: 0, total: file.bytes });
        Ok(())
    }

    /// Writes a piece; gives how much there is and will be of the file.
    fn write(&mut self, data: &[u8]) -> Result<(u64, u64), Failure> {
        let none = || Failure::new(Exit::Other, "sloopd sent a piece of no file");
        let open = self.open.as_mut().ok_or_else(none)?;
        open.part.write_all(data).map_err(|error| Failure::file(&open.path, &error))?;
        open.digest.update(data);
        open.done += data.len() as u64;
        Ok((open.done, open.total))
    }

    fn end(&mut self, sha256: String) -> Result<(), Failure> {
        let none = || Failure::new(Exit::Other, "sloopd ended a file that it had not begun");
        let open = self.open.take().ok_or_else(none)?;
        let came = format!("{:x}", open.digest.finalize());
        if came != sha256 || open.done != open.total {
            let message = format!(
                "{}: {} of {} bytes came, with the SHA-256 {came} and not {sha256}",
                open.path.display(),
                open.done,
                open.total
            );
            return Err(Failure::new(Exit::Other, message).tip("try again"));
        }
        if let Some(disk) = self.manifest.disks.get_mut(open.index) {
            disk.sha256 = sha256;
        }
        self.whole.push(open.part);
        Ok(())
    }

    /// Gives every file its name, and says last what they are.
    fn keep(self) -> Result<(PathBuf, SnapshotManifest), Failure> {
        if self.open.is_some() || self.whole.is_empty() || self.whole.len() != self.manifest.disks.len() {
            return Err(Failure::new(Exit::Other, "sloopd ended before all files had come").tip("try again"));
        }
        self.whole.into_iter().try_for_each(Part::name)?;
        manifest::write(&self.name, &self.manifest, self.force)?;
        Ok((self.name, self.manifest))
    }
}

/// What was written, and what a person does with it.
fn told(name: &Path, manifest: &SnapshotManifest) -> String {
    let file = text::safe(&name.display().to_string());
    let disks = manifest.disks.iter();
    let files = disks.map(|disk| {
        let (bytes, digest) = (text::bytes(disk.file_bytes), text::safe(&disk.sha256));
        format!("  {} ({bytes}), SHA-256: {digest}\n", text::safe(&disk.file))
    });
    let files = files.collect::<Vec<_>>().concat();
    let snapshot = text::safe(&manifest.name);
    let first = manifest
        .since
        .as_ref()
        .map_or_else(String::new, |since| format!("  {} must be there first\n", text::safe(&since.name)));
    format!(
        "{snapshot} is in {file}, and what it is in {file}.json\n{files}{first}  on another host: sloop snapshot import {file}\n"
    )
}
