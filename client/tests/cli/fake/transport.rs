//! Snapshots as files: `nightly` is of one disk, others are of two. What is wrong with one that comes lies in its name, and so does
//! what becomes of one that is sent.

use sha2::{Digest as _, Sha256};
use sloop_proto::json::{Time, render};
use sloop_proto::v1::download_snapshot_result::Part as Sent;
use sloop_proto::v1::transport_server::Transport;
use sloop_proto::v1::upload_snapshot_request::Part as Received;
use sloop_proto::v1::*;
use tokio_stream::StreamExt as _;
use tonic::{Request, Status, Streaming};

use super::snapshots::MOMENT;
use super::{Answer, FILE, Moments, Script, absent, answer, invalid, unused};

/// The file of every second disk; that of the first is an image's.
pub(crate) const DATA: &[u8] = b"what is on the disk";

/// The SHA-256 of a file.
pub(crate) fn sha256(file: &[u8]) -> String {
    format!("{:x}", Sha256::digest(file))
}

fn manifest(name: &str, since: Option<&str>) -> SnapshotManifest {
    let parent = |name: &str| ManifestParent { snapshot_id: format!("id-{name}"), name: name.into() };
    let disk = |path: &str, name: Option<&str>| ManifestDisk {
        disk_id: format!("id-{path}"),
        path: path.into(),
        name: name.map(str::to_owned),
        size_bytes: 20 << 30,
        is_increment: since.is_some(),
        ..ManifestDisk::default()
    };
    let instance = ManifestInstance {
        name: "web".into(),
        blueprint_id: "debian_12".into(),
        bundle_id: "nano_3_0".into(),
        username: "admin".into(),
        ..ManifestInstance::default()
    };
    let whole = SnapshotManifest {
        format: "sloop-snapshot/1".into(),
        snapshot_id: format!("id-{name}"),
        name: name.into(),
        created_at: Some(MOMENT),
        kind: ResourceType::InstanceSnapshot.into(),
        instance: Some(instance),
        quiesced: Some(true),
        since: since.map(parent),
        disks: vec![disk("/dev/xvda", None), disk("/dev/xvdf", Some("data"))],
    };
    if name != "nightly" {
        return whole;
    }
    let disks = vec![disk("/dev/xvdf", Some("data"))];
    SnapshotManifest {
        kind: ResourceType::DiskSnapshot.into(),
        instance: None,
        quiesced: None,
        disks,
        ..whole
    }
}

/// All that comes of a snapshot.
fn parts(name: &str, since: Option<&str>) -> Vec<Sent> {
    let manifest = manifest(name, since);
    let files = [FILE, DATA].into_iter().take(manifest.disks.len());
    let moment = TransportMoment { stage: "preparing".into(), ..TransportMoment::default() };
    let mut parts = vec![Sent::Manifest(manifest), Sent::Moment(moment)];
    for (index, file) in (0..).zip(files) {
        let bytes = file.len() as u64 + u64::from(name == "longer");
        let index = if name == "stray" { index + 7 } else { index };
        let digest = if name == "forged" && index == 1 { "0".repeat(64) } else { sha256(file) };
        parts.push(Sent::File(SnapshotFile { index, bytes }));
        parts.extend(file.chunks(100_000).map(|data| Sent::Data(data.to_vec())));
        parts.push(Sent::Sha256(digest));
    }
    if matches!(name, "cut" | "broken" | "slow") {
        // The second file begins, and nothing of it comes.
        parts.truncate(parts.len() - 2);
    }
    parts
}

/// The name of what is asked for: the day of an automatic one.
fn named(request: &DownloadSnapshotRequest) -> Result<String, Status> {
    match (&request.source_resource_name, &request.restore_date) {
        (None, _) if request.snapshot_name == "ghost" => Err(absent("Snapshot", "ghost")),
        (None, _) => Ok(request.snapshot_name.clone()),
        (Some(_), Some(day)) => Ok(day.clone()),
        (Some(_), None) if request.use_latest_restorable_auto_snapshot() => Ok("2026-11-23".into()),
        (Some(_), None) => Err(invalid("restoreDate", "neither a day nor the latest")),
    }
}

fn receiving() -> UploadSnapshotProgress {
    let moment = TransportMoment { stage: "receiving".into(), ..TransportMoment::default() };
    UploadSnapshotProgress { moment: Some(moment), snapshot: None }
}

fn another() -> Status {
    invalid("sha256", "the file is another one")
}

/// Reads all that comes and holds it against the order, which becomes the snapshot's identity.
async fn taken(
    mut parts: Streaming<UploadSnapshotRequest>,
    order: SnapshotOrder,
) -> Result<UploadSnapshotProgress, Status> {
    let mut came = Vec::new();
    while let Some(part) = parts.message().await? {
        match part.part {
            Some(Received::Data(data)) if (1..=128 << 10).contains(&data.len()) => came.extend(data),
            _ => return Err(Status::internal("no piece of a file")),
        }
    }
    let snapshot_id = render("SnapshotOrder", &order, Time::Text).to_string();
    let manifest = order.manifest.unwrap_or_default();
    let mut rest = came.as_slice();
    for disk in &manifest.disks {
        let length = usize::try_from(disk.file_bytes).unwrap_or(usize::MAX);
        let (file, after) = rest.split_at_checked(length).ok_or_else(another)?;
        if sha256(file) != disk.sha256 {
            return Err(another());
        }
        rest = after;
    }
    if !rest.is_empty() {
        return Err(another());
    }
    let snapshot = ImportedSnapshot {
        name: if order.name.is_empty() { manifest.name } else { order.name },
        kind: manifest.kind,
        snapshot_id,
        size_bytes: manifest.disks.iter().map(|disk| disk.size_bytes).sum(),
        bundle_id: manifest.instance.unwrap_or_default().bundle_id,
    };
    Ok(UploadSnapshotProgress { moment: None, snapshot: Some(snapshot) })
}

#[tonic::async_trait]
impl Transport for Script {
    type DownloadSnapshotStream = Moments<DownloadSnapshotResult>;
    type UploadSnapshotStream = Moments<UploadSnapshotProgress>;

    async fn download_snapshot(
        &self,
        request: Request<DownloadSnapshotRequest>,
    ) -> Answer<Self::DownloadSnapshotStream> {
        let request = request.into_inner();
        let name = named(&request)?;
        let parts = parts(&name, request.incremental_since.as_deref()).into_iter();
        let parts = tokio_stream::iter(parts.map(|part| Ok(DownloadSnapshotResult { part: Some(part) })));
        match name.as_str() {
            "broken" => {
                let failing = Status::internal("the host's disk is failing");
                answer(Box::pin(parts.chain(tokio_stream::once(Err(failing)))))
            }
            "slow" => answer(Box::pin(parts.chain(tokio_stream::pending()))),
            _ => answer(Box::pin(parts)),
        }
    }

    async fn upload_snapshot(
        &self,
        request: Request<Streaming<UploadSnapshotRequest>>,
    ) -> Answer<Self::UploadSnapshotStream> {
        let mut parts = request.into_inner();
        let Some(UploadSnapshotRequest { part: Some(Received::Order(order)) }) = parts.message().await?
        else {
            return Err(Status::internal("no order"));
        };
        unused(&order.name)?;
        match order.name.as_str() {
            "refused" => Err(another()),
            "late" => {
                parts.message().await?;
                answer(Box::pin(tokio_stream::iter([Ok(receiving()), Err(another())])))
            }
            "vague" => answer(Box::pin(tokio_stream::once(Ok(receiving())))),
            _ => {
                let taken = futures::stream::once(taken(parts, order));
                answer(Box::pin(tokio_stream::once(Ok(receiving())).chain(taken)))
            }
        }
    }
}
