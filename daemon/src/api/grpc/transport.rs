use std::pin::Pin;

use futures::{Stream, StreamExt as _, stream};
use sloop_proto::v1::{
    self as wire, download_snapshot_result::Part as Sent, transport_server::Transport,
    upload_snapshot_request::Part as Came,
};
use tokio_stream::wrappers::WatchStream;
use tonic::{Request, Response, Status, Streaming};

use super::{Door, convert, failure::status, snapshots::automatic};
use crate::{
    model::{Error, Firmware, FrozenDisk, FrozenInstance, ImageMoment, Slot, Snapshot},
    ports::Pieces,
    verbs::{
        Course, ExportPart, ExportRequest, ImportSnapshot, ImportedDisk, ImportedInstance, SnapshotExport,
        SupplyMoment,
    },
};

type Answer<T> = Result<Response<T>, Status>;
type Parts = Pin<Box<dyn Stream<Item = Result<wire::DownloadSnapshotResult, Status>> + Send>>;
type Moments = Pin<Box<dyn Stream<Item = Result<wire::UploadSnapshotProgress, Status>> + Send>>;

/// What a manifest calls itself.
const FORMAT: &str = "sloop-snapshot/1";

#[tonic::async_trait]
impl Transport for Door {
    type DownloadSnapshotStream = Parts;
    async fn download_snapshot(&self, request: Request<wire::DownloadSnapshotRequest>) -> Answer<Parts> {
        let caller = self.caller(&request).map_err(status)?;
        let asked = request.into_inner();
        let (date, latest) = (asked.restore_date, asked.use_latest_restorable_auto_snapshot);
        let asked = ExportRequest {
            snapshot: asked.snapshot_name,
            automatic: automatic(asked.source_resource_name, date, latest)?,
            since: asked.incremental_since,
        };
        let export = self.verbs.export_snapshot(&caller, asked).await.map_err(status)?;
        let first = Ok(piece(Sent::Manifest(manifest(&export))));
        let rest = export.parts.map(|part| part.map(|part| piece(sent(part))).map_err(status));
        Ok(Response::new(Box::pin(stream::once(async { first }).chain(rest))))
    }

    type UploadSnapshotStream = Moments;
    async fn upload_snapshot(
        &self,
        request: Request<Streaming<wire::UploadSnapshotRequest>>,
    ) -> Answer<Moments> {
        let caller = self.caller(&request).map_err(status)?;
        let mut parts = request.into_inner();
        let first = parts.message().await?.and_then(|first| first.part);
        let Some(Came::Order(order)) = first else {
            return Err(status(Error::invalid("order", "the order comes first, and then the files")));
        };
        let asked = asked(order).map_err(status)?;
        let course = self.verbs.import_snapshot(&caller, asked, pieces(parts)).await.map_err(status)?;
        Ok(Response::new(moments(course)))
    }
}

fn piece(part: Sent) -> wire::DownloadSnapshotResult {
    wire::DownloadSnapshotResult { part: Some(part) }
}

fn sent(part: ExportPart) -> Sent {
    match part {
        ExportPart::Working(now) => Sent::Moment(moment(&now)),
        ExportPart::Disk { index, bytes } => {
            Sent::File(wire::SnapshotFile { index: u32::try_from(index).unwrap_or(u32::MAX), bytes })
        }
        ExportPart::Data(data) => Sent::Data(data),
        ExportPart::Digest(sha256) => Sent::Sha256(sha256),
    }
}

fn moment(now: &ImageMoment) -> wire::TransportMoment {
    let ImageMoment { stage, done, total, note: _ } = now;
    wire::TransportMoment { stage: (*stage).to_owned(), done_bytes: *done, total_bytes: *total }
}

fn kind(snapshot: &Snapshot) -> i32 {
    convert::resource_type(snapshot.resource_type()).into()
}

fn manifest(export: &SnapshotExport) -> wire::SnapshotManifest {
    let snapshot = &export.snapshot;
    let disks = snapshot.disks.iter().zip(&export.increments);
    wire::SnapshotManifest {
        format: FORMAT.to_owned(),
        snapshot_id: snapshot.id.to_string(),
        name: snapshot.title().to_owned(),
        created_at: Some(convert::timestamp(snapshot.created_at)),
        kind: kind(snapshot),
        instance: snapshot.instance().map(instance),
        quiesced: snapshot.quiesced,
        since: export.since.as_ref().map(|since| wire::ManifestParent {
            snapshot_id: since.id.to_string(),
            name: since.title().to_owned(),
        }),
        disks: disks.map(|(frozen, is_increment)| disk(frozen, *is_increment)).collect(),
    }
}

fn instance(from: &FrozenInstance) -> wire::ManifestInstance {
    let FrozenInstance {
        id,
        name,
        blueprint_id,
        blueprint_name,
        bundle_id,
        username,
        firmware,
        vendor_config,
    } = from;
    wire::ManifestInstance {
        instance_id: id.to_string(),
        name: name.to_string(),
        blueprint_id: blueprint_id.clone(),
        blueprint_name: blueprint_name.clone(),
        bundle_id: bundle_id.clone(),
        username: username.clone(),
        firmware: if *firmware == Firmware::Uefi { "uefi" } else { "bios" }.to_owned(),
        vendor_config: vendor_config.clone(),
    }
}

fn disk(frozen: &FrozenDisk, is_increment: bool) -> wire::ManifestDisk {
    wire::ManifestDisk {
        disk_id: frozen.disk.to_string(),
        path: frozen.slot.unwrap_or(Slot::SYSTEM).to_string(),
        name: frozen.name.as_ref().map(ToString::to_string),
        size_bytes: frozen.bytes,
        is_increment,
        ..wire::ManifestDisk::default()
    }
}

fn asked(order: wire::SnapshotOrder) -> Result<ImportSnapshot, Error> {
    let said = order.manifest.unwrap_or_default();
    if said.format != FORMAT {
        let message = format!("{} is no manifest that is known here", crate::model::shown(&said.format));
        return Err(Error::invalid("format", message).tip(format!("{FORMAT} is; update this host otherwise")));
    }
    let kind = wire::ResourceType::try_from(said.kind).unwrap_or_default();
    let instance = match kind {
        wire::ResourceType::InstanceSnapshot => {
            Some(said.instance.map(imported_instance).unwrap_or_default())
        }
        wire::ResourceType::DiskSnapshot => None,
        _ => return Err(Error::invalid("kind", "a snapshot is an InstanceSnapshot or a DiskSnapshot")),
    };
    let created_at = said.created_at.unwrap_or_default();
    Ok(ImportSnapshot {
        name: given(order.name).unwrap_or(said.name),
        id: given(said.snapshot_id),
        created_at: jiff::Timestamp::new(created_at.seconds, created_at.nanos)
            .ok()
            .filter(|then| *then > jiff::Timestamp::UNIX_EPOCH),
        quiesced: said.quiesced,
        instance,
        since: said.since.map(|since| (since.snapshot_id, since.name)),
        disks: said.disks.into_iter().map(imported_disk).collect(),
    })
}

fn given(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn imported_instance(said: wire::ManifestInstance) -> ImportedInstance {
    ImportedInstance {
        id: given(said.instance_id),
        name: said.name,
        blueprint_id: said.blueprint_id,
        blueprint_name: said.blueprint_name,
        bundle_id: said.bundle_id,
        username: said.username,
        firmware: said.firmware,
        vendor_config: said.vendor_config,
    }
}

fn imported_disk(said: wire::ManifestDisk) -> ImportedDisk {
    ImportedDisk {
        id: given(said.disk_id),
        path: said.path,
        name: said.name.unwrap_or_default(),
        bytes: said.size_bytes,
        file_bytes: said.file_bytes,
        sha256: said.sha256,
        is_increment: said.is_increment,
    }
}

/// The files that follow the order.
fn pieces(parts: Streaming<wire::UploadSnapshotRequest>) -> Pieces {
    Box::pin(parts.map(|part| match part {
        Ok(wire::UploadSnapshotRequest { part: Some(Came::Data(data)) }) => Ok(data),
        Ok(_) => Err(Error::invalid("data", "after the order come pieces of the files, and nothing else")),
        Err(broken) => Err(Error::unavailable(format!("the files broke off: {}", broken.message()))),
    }))
}

/// A course as it goes, ending with the snapshot or with what kept it from coming.
fn moments(course: Course<Snapshot>) -> Moments {
    let mut over = false;
    let until_end = WatchStream::new(course).take_while(move |moment| {
        let goes_on = !over;
        over |= matches!(moment, SupplyMoment::Ended(_));
        async move { goes_on }
    });
    Box::pin(until_end.map(|now| match now {
        SupplyMoment::Working(now) => {
            Ok(wire::UploadSnapshotProgress { moment: Some(moment(&now)), snapshot: None })
        }
        SupplyMoment::Ended(Ok(snapshot)) => {
            Ok(wire::UploadSnapshotProgress { moment: None, snapshot: Some(imported(&snapshot)) })
        }
        SupplyMoment::Ended(Err(error)) => Err(status(error)),
    }))
}

fn imported(snapshot: &Snapshot) -> wire::ImportedSnapshot {
    wire::ImportedSnapshot {
        name: snapshot.name.as_ref().map(ToString::to_string).unwrap_or_default(),
        kind: kind(snapshot),
        snapshot_id: snapshot.id.to_string(),
        size_bytes: snapshot.bytes(),
        bundle_id: snapshot.instance().map(|from| from.bundle_id.clone()).unwrap_or_default(),
    }
}
