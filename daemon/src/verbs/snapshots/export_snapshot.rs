use std::collections::HashSet;

use futures::{StreamExt as _, stream::BoxStream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::whole;
use crate::{
    model::{Caller, Cut, Error, FrozenDisk, ImageMoment, Kind, LayerId, Result, Snapshot, Stack, Tally},
    ports::{Parcel, Told},
    verbs::{AutoChoice, Verbs},
};

/// Which snapshot is to be handed out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportRequest {
    /// Its name, of either sort.
    pub snapshot: String,
    /// Or an automatic one of an instance or a disk, by that one's name.
    pub automatic: Option<(String, AutoChoice)>,
    /// Only what differs from the snapshot of that name.
    pub since: Option<String>,
}

/// A snapshot that is handed out.
pub struct SnapshotExport {
    /// What it is.
    pub snapshot: Snapshot,
    /// What the receiver must have already.
    pub since: Option<Snapshot>,
    /// For each disk, in the order of the snapshot, whether its file holds only what differs.
    pub increments: Vec<bool>,
    /// Its disks, one after the other.
    pub parts: BoxStream<'static, Result<ExportPart>>,
}

/// A piece of a snapshot that is handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportPart {
    /// The next file is being made.
    Working(ImageMoment),
    /// A file begins.
    Disk {
        /// Of which disk, by its number in the snapshot.
        index: usize,
        /// Length of the file in bytes.
        bytes: u64,
    },
    /// The next bytes of it.
    Data(Vec<u8>),
    /// It has ended; its SHA-256.
    Digest(String),
}

type Sender = mpsc::Sender<Result<ExportPart>>;
/// A snapshot, what the receiver must have already, and what of each disk is handed out.
type Found = (Snapshot, Option<Snapshot>, Vec<Cut>);

/// Parts on their way. The reader is a little slower than the disk, or faster.
const QUEUE: usize = 4;

impl Verbs {
    /// Hands a snapshot out, as a file for each disk. What it holds is read once, and one who hangs up ends the work.
    pub async fn export_snapshot(&self, caller: &Caller, asked: ExportRequest) -> Result<SnapshotExport> {
        let look = || self.find_cuts(caller, &asked);
        let ((snapshot, since, cuts), held) = self.engine.hold_found(look).await?;
        let increments = cuts.iter().map(|cut| cut.since.is_some()).collect();
        let (sender, parts) = mpsc::channel(QUEUE);
        let verbs = self.clone();
        tokio::spawn(async move {
            // What is read stays as it is until it is read.
            let _held = held;
            if let Err(error) = verbs.hand_out(&cuts, &sender).await {
                // Nobody listens where the reader has gone.
                let _ = sender.send(Err(error)).await;
            }
        });
        Ok(SnapshotExport { snapshot, since, increments, parts: ReceiverStream::new(parts).boxed() })
    }

    /// The snapshots that are asked for, what is handed out, and the layers that it is read from.
    async fn find_cuts(&self, caller: &Caller, asked: &ExportRequest) -> Result<(Found, HashSet<LayerId>)> {
        let (snapshot, since) = self.find_both(caller, asked).await?;
        let cuts = self.cuts(&snapshot, since.as_ref()).await?;
        let stacks = cuts.iter().flat_map(|cut| std::iter::once(&cut.stack).chain(&cut.since));
        let layers = stacks.flat_map(Stack::layers).map(|layer| layer.id).collect();
        Ok(((snapshot, since, cuts), layers))
    }

    async fn find_both(
        &self,
        caller: &Caller,
        asked: &ExportRequest,
    ) -> Result<(Snapshot, Option<Snapshot>)> {
        let snapshot = match &asked.automatic {
            Some((source, choice)) => self.find_auto(caller, source, choice).await?,
            None => self.find_whole(caller, "snapshotName", &asked.snapshot).await?,
        };
        let since = match &asked.since {
            None => None,
            Some(name) => Some(self.find_whole(caller, "incrementalSince", name).await?),
        };
        Ok((snapshot, since))
    }

    async fn find_whole(&self, caller: &Caller, field: &'static str, name: &str) -> Result<Snapshot> {
        let found = self.find_any_snapshot(caller, name).await;
        let found = found.map_err(|error| Error { field: error.field.map(|_| field), ..error })?;
        whole(&found)?;
        Ok(found)
    }

    /// What of each disk is handed out: all of one that the earlier snapshot does not have.
    async fn cuts(&self, snapshot: &Snapshot, since: Option<&Snapshot>) -> Result<Vec<Cut>> {
        let mut cuts = Vec::new();
        for frozen in &snapshot.disks {
            let stack = self.ports.store.stack(frozen.layer).await?;
            let earlier = since.and_then(|since| since.disks.iter().find(|one| one.disk == frozen.disk));
            let before = match earlier {
                None => None,
                // It need not lie beneath this one: layers are made one, and disks go back. What differs is found by what they hold.
                Some(earlier) if is_earlier(snapshot, since) || stands_on(&stack, earlier) => {
                    Some(self.ports.store.stack(earlier.layer).await?)
                }
                Some(_) => return Err(apart(snapshot, since)),
            };
            let headroom = self.policy.capacity.disk_headroom;
            cuts.push(Cut { stack, since: before, bytes: frozen.bytes, headroom });
        }
        if since.is_some() && cuts.iter().all(|cut: &Cut| cut.since.is_none()) {
            return Err(apart(snapshot, since));
        }
        Ok(cuts)
    }

    async fn hand_out(&self, cuts: &[Cut], sender: &Sender) -> Result<()> {
        for (index, cut) in cuts.iter().enumerate() {
            let teller = sender.clone();
            // A reader who is behind is told of a later moment.
            let told: Told =
                std::sync::Arc::new(move |moment| drop(teller.try_send(Ok(ExportPart::Working(moment)))));
            let parcel = tokio::select! {
                parcel = self.ports.volumes.export_layer(cut, told) => parcel?,
                () = sender.closed() => return Ok(()),
            };
            if !send_file(index, parcel, sender).await? {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Sends one file; says whether there is still a reader.
async fn send_file(index: usize, parcel: Parcel, sender: &Sender) -> Result<bool> {
    let Parcel { bytes, mut pieces } = parcel;
    let mut tally = Tally::default();
    let mut is_read = sender.send(Ok(ExportPart::Disk { index, bytes })).await.is_ok();
    while is_read && let Some(piece) = pieces.next().await {
        let piece = piece?;
        tally.add(&piece);
        is_read = sender.send(Ok(ExportPart::Data(piece))).await.is_ok();
    }
    Ok(is_read && sender.send(Ok(ExportPart::Digest(tally.digest()))).await.is_ok())
}

fn stands_on(stack: &Stack, earlier: &FrozenDisk) -> bool {
    stack.layers().skip(1).any(|layer| layer.id == earlier.layer)
}

fn is_earlier(snapshot: &Snapshot, since: Option<&Snapshot>) -> bool {
    since.is_some_and(|since| since.created_at < snapshot.created_at)
}

/// There is nothing that the one could hold beyond the other.
fn apart(snapshot: &Snapshot, since: Option<&Snapshot>) -> Error {
    let (later, earlier) = (snapshot.title(), since.map_or("the other", Snapshot::title));
    let message = format!("{later} does not go on from {earlier}: it is of something else, or older");
    Error { field: Some("incrementalSince"), ..Error::new(Kind::InvalidInput, "InvalidParameter", message) }
        .tip("choose an earlier snapshot of the same instance or disk, or export all of it")
}
