//! Sending the files of a snapshot, and hearing what the daemon thinks of them meanwhile.

use std::path::{Path, PathBuf};
use std::pin::pin;

use sloop_proto::v1::upload_snapshot_request::Part;
use sloop_proto::v1::{ImportedSnapshot, SnapshotOrder, UploadSnapshotProgress, UploadSnapshotRequest};
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tonic::Streaming;

use crate::commands::image::upload::{PIECE, QUEUE, whole};
use crate::connect::Session;
use crate::failure::{Exit, Failure};
use crate::progress::Stage;

type Queue = mpsc::Sender<Option<UploadSnapshotRequest>>;

/// Sends the files, one after the other. What the daemon says comes first: it may refuse a file before it has seen the end.
pub(super) async fn send(
    session: &Session,
    order: SnapshotOrder,
    files: Vec<PathBuf>,
    stage: &Stage,
) -> Result<ImportedSnapshot, Failure> {
    let (pieces, queue) = mpsc::channel(QUEUE);
    let mut transport = session.transport();
    let asked = transport.upload_snapshot(whole(queue));
    let mut answer = pin!(async { follow(asked.await?.into_inner(), stage).await });
    let sent = tokio::select! {
        biased;
        end = &mut answer => return end,
        sent = read(order, &files, pieces) => sent,
    };
    sent?;
    answer.await
}

/// Follows the work to its end, which is the snapshot.
async fn follow(
    mut moments: Streaming<UploadSnapshotProgress>,
    stage: &Stage,
) -> Result<ImportedSnapshot, Failure> {
    let mut snapshot = None;
    while let Some(now) = moments.next().await {
        let now = now?;
        if let Some(moment) = now.moment.filter(|moment| !moment.stage.is_empty()) {
            stage.bytes(&moment.stage, moment.done_bytes, moment.total_bytes);
        }
        snapshot = now.snapshot.or(snapshot);
    }
    snapshot.ok_or_else(|| Failure::new(Exit::Other, "sloopd ended the work and named no snapshot"))
}

/// Puts the order and the files into the queue, and a mark where they end.
async fn read(order: SnapshotOrder, files: &[PathBuf], pieces: Queue) -> Result<(), Failure> {
    let mut goes_on = put(Part::Order(order), &pieces).await;
    for file in files {
        goes_on = goes_on && pour(file, &pieces).await.map_err(|error| Failure::file(file, &error))?;
    }
    if goes_on {
        let _ = pieces.send(None).await;
    }
    Ok(())
}

/// Sends one file; says whether somebody takes it.
async fn pour(path: &Path, pieces: &Queue) -> std::io::Result<bool> {
    let mut file = File::open(path).await?;
    loop {
        let mut data = Vec::with_capacity(PIECE);
        (&mut file).take(PIECE as u64).read_to_end(&mut data).await?;
        if data.is_empty() {
            return Ok(true);
        }
        if !put(Part::Data(data), pieces).await {
            return Ok(false);
        }
    }
}

/// Where nobody takes the pieces any more, the daemon has said why or is about to.
async fn put(part: Part, pieces: &Queue) -> bool {
    pieces.send(Some(UploadSnapshotRequest { part: Some(part) })).await.is_ok()
}
