use std::{collections::HashSet, sync::Arc};

use futures::StreamExt as _;
use tokio::sync::Mutex;

use super::import_plan::{ImportSnapshot, Plan, missing};
use crate::{
    model::{
        Beneath, Caller, Error, LayerId, Operation, OperationKind, OperationStatus, Origin, Result, Slot,
        Snapshot, SnapshotId, changed,
    },
    ports::{Change, Pieces, Told},
    verbs::{Course, Verbs, images::begin},
};

/// The files of all disks, one after the other.
struct Feed {
    files: Pieces,
    /// What came with the end of one file and is the next one's.
    rest: Vec<u8>,
}

impl Verbs {
    /// Makes a snapshot of files that somebody sends, in the order of the disks. It is there whole or not at all; one who hangs up
    /// ends the work.
    pub async fn import_snapshot(
        &self,
        caller: &Caller,
        asked: ImportSnapshot,
        files: Pieces,
    ) -> Result<Course<Snapshot>> {
        let look = || self.plan_on_layers(caller, &asked);
        let (plan, held) = self.engine.hold_found(look).await?;
        self.admit_snapshot().await?;
        self.admit_disk(1).await?;
        let operation = self
            .accept(caller, OperationKind::ImportSnapshot, &plan.snapshot, "imported")
            .changing(format!("of {}", changed::source(&plan.snapshot)));
        let verbs = self.clone();
        Ok(begin(|told| async move {
            // The files name what they stand on.
            let _held = held;
            let operation = verbs.begun(operation).await?;
            let layers: Vec<_> = plan.layers.iter().map(|layer| layer.id).collect();
            let taken = verbs.take_snapshot(plan, files, told, &operation).await;
            if let Err(error) = &taken {
                verbs.ended_as(operation, Some(error)).await;
            }
            for layer in layers {
                verbs.ports.volumes.drop_received(layer).await;
            }
            taken
        }))
    }

    /// What is to be made, and the layers that it is to stand on.
    async fn plan_on_layers(
        &self,
        caller: &Caller,
        asked: &ImportSnapshot,
    ) -> Result<(Plan, HashSet<LayerId>)> {
        let plan = self.plan_import(caller, asked.clone()).await?;
        let mut layers = HashSet::new();
        for layer in &plan.layers {
            if let Beneath::Layer(parent) = layer.beneath {
                layers.extend(self.ports.store.stack(parent).await?.layers().map(|layer| layer.id));
            }
        }
        Ok((plan, layers))
    }

    async fn take_snapshot(
        &self,
        mut plan: Plan,
        files: Pieces,
        told: Told,
        operation: &Operation,
    ) -> Result<Snapshot> {
        let feed = Arc::new(Mutex::new(Feed { files, rest: Vec::new() }));
        for (index, arrival) in plan.arrivals.iter().enumerate() {
            let file = file_of(feed.clone(), arrival.file_bytes);
            let bytes = self.ports.volumes.receive_layer(arrival, file, told.clone()).await?;
            plan.layers[index].bytes = bytes;
            plan.snapshot.disks[index].bytes = bytes;
        }
        if feed.lock().await.next(1).await?.is_some() {
            return Err(Error::invalid("data", "More came than the files of the snapshot"));
        }
        self.name_plan(&mut plan);
        let _alone = self.admission.lock().await;
        self.admit_snapshot().await?;
        if let Some(parent) = plan.parent
            && self.ports.store.snapshot_by_id(parent).await?.is_none()
        {
            return Err(missing("that it goes on from"));
        }
        // One that came before, or was made here, has it already.
        if self.ports.store.snapshot_by_id(plan.snapshot.id).await?.is_some() {
            plan.snapshot.id = SnapshotId::fresh();
        }
        self.keep(&plan, operation).await?;
        Ok(plan.snapshot)
    }

    /// The plan of the instance, where nobody said which: the smallest that its disk fits in.
    fn name_plan(&self, plan: &mut Plan) {
        let bytes = plan.snapshot.disks.iter().find(|disk| disk.slot.is_some_and(Slot::is_system));
        let bytes = bytes.map_or(0, |disk| disk.bytes);
        if let Origin::Instance(instance) = &mut plan.snapshot.origin
            && instance.bundle_id.is_empty()
        {
            let mut bundles = self.catalogue.bundles.iter().filter(|bundle| bundle.active);
            let fits = bundles.find(|bundle| bundle.disk_bytes() >= bytes);
            instance.bundle_id = fits.map(|bundle| bundle.id.clone()).unwrap_or_default();
        }
    }

    /// Files before records, and no files without records: where the daemon is killed between, the next one sees to that.
    async fn keep(&self, plan: &Plan, operation: &Operation) -> Result<()> {
        let mut ended = operation.clone();
        ended.advance(OperationStatus::Succeeded, self.ports.clock.now());
        let kept = async {
            for layer in &plan.layers {
                self.ports.volumes.keep_received(layer.id).await?;
            }
            self.ports.store.commit(changes(plan, ended)).await
        };
        let kept = kept.await;
        if kept.is_ok() {
            self.tell_end(operation.id);
        }
        for layer in &plan.layers {
            if let Err(error) = self.ports.volumes.settle_received(layer.id, kept.is_ok()).await {
                // It is done at the next start.
                tracing::warn!(layer = %layer.id, %error, "cannot settle the file of a snapshot");
            }
        }
        kept
    }
}

fn changes(plan: &Plan, ended: Operation) -> Vec<Change> {
    let layers = plan.layers.iter().map(|layer| Change::AddLayer(Box::new(layer.clone())));
    let snapshot = Box::new(plan.snapshot.clone());
    let last = [Change::AddSnapshot(snapshot), Change::PutOperation(Box::new(ended))];
    layers.chain(last).collect()
}

impl Feed {
    /// At most so many bytes; none where there are no more.
    async fn next(&mut self, most: u64) -> Result<Option<Vec<u8>>> {
        let mut piece = std::mem::take(&mut self.rest);
        while piece.is_empty() {
            match self.files.next().await {
                None => return Ok(None),
                Some(next) => piece = next?,
            }
        }
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        if piece.len() > most {
            self.rest = piece.split_off(most);
        }
        Ok(Some(piece))
    }
}

/// The next file of the feed, of so many bytes.
fn file_of(feed: Arc<Mutex<Feed>>, bytes: u64) -> Pieces {
    let pieces = futures::stream::unfold((feed, bytes), |(feed, left)| async move {
        if left == 0 {
            return None;
        }
        let next = feed.lock().await.next(left).await;
        match next {
            Ok(Some(piece)) => {
                let left = left - piece.len() as u64;
                Some((Ok(piece), (feed, left)))
            }
            Ok(None) => None,
            Err(error) => Some((Err(error), (feed, 0))),
        }
    });
    pieces.boxed()
}
