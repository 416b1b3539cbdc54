//! One piece of work on layers.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

use crate::{
    engine::{Engine, run::Killed},
    model::{Beneath, Error, InstanceId, LayerId, Merge, Result, Slot, Survey, Way},
    ports::Change,
};

/// Between two looks at work that a hypervisor does.
const LOOK: Duration = Duration::from_millis(100);
/// Looks at the files of a disk, after that has ended, until they show it.
const LOOKS: u32 = 20;

impl Engine {
    /// Carries it out, unless somebody comes first: that says `false`.
    pub(super) async fn carry_out(&self, merge: &Merge) -> Result<Result<bool>, Killed> {
        let survey = match self.survey().await {
            Ok(survey) => survey,
            Err(error) => return Ok(Err(error)),
        };
        let Some(turn) = self.shared.holds.turn(survey.touched(&merge.way)) else { return Ok(Ok(false)) };
        // From here on nobody begins with one of them; but somebody may have begun and ended since it was chosen.
        match self.survey().await {
            Ok(now) if now.next().as_ref() != Some(merge) => {
                self.tidy_soon();
                return Ok(Ok(false));
            }
            Ok(_) => {}
            Err(error) => return Ok(Err(error)),
        }
        let (Way::Pull { into: changes, .. } | Way::Commit { base: changes, .. }) = &merge.way;
        self.write(vec![Change::SetDigest(*changes, None)]).await?;
        self.alive("before", "making layers one")?;
        let done = match merge.drive {
            Some((id, slot)) => self.merge_live((id, slot), &merge.way, &turn.stop).await,
            None => self.merge_files(&survey, &merge.way, &turn.stop).await,
        };
        self.alive("after", "making layers one")?;
        match done {
            Ok(true) => {
                self.write(vec![Change::SetMerged(merge.way.clone())]).await?;
                tracing::info!(way = ?merge.way, "layers were made one");
                Ok(self.name_heir(&survey, &merge.way).await.map(|()| true))
            }
            other => Ok(other),
        }
    }

    /// The hypervisor does it, and the guest runs on.
    async fn merge_live(
        &self,
        (id, slot): (InstanceId, Slot),
        way: &Way,
        stop: &Arc<Notify>,
    ) -> Result<bool> {
        let hypervisor = &self.ports().hypervisor;
        if is_merged(&hypervisor.open_layers(id, slot).await?, way) {
            // The daemon was killed before it wrote it down.
            return Ok(true);
        }
        hypervisor.merge(id, slot, way).await?;
        while hypervisor.is_merging(id, slot).await? {
            tokio::select! {
                () = stop.notified() => {
                    hypervisor.stop_merging(id, slot).await?;
                    return Ok(is_merged(&hypervisor.open_layers(id, slot).await?, way));
                }
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        for _ in 0..LOOKS {
            if is_merged(&hypervisor.open_layers(id, slot).await?, way) {
                return Ok(true);
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(Error::unavailable("the hypervisor broke it off").tip("its log of the domain may say why"))
    }

    async fn merge_files(&self, survey: &Survey, way: &Way, stop: &Arc<Notify>) -> Result<bool> {
        let (Way::Pull { into: upper, .. } | Way::Commit { top: upper, .. }) = way;
        for layer in survey.files(*upper) {
            self.align(survey, layer).await?;
        }
        self.ports().volumes.merge_layers(way, stop).await
    }

    /// Has the files that stood on a layer that went into another say so. Where it is not done, it is before the file is removed.
    async fn name_heir(&self, survey: &Survey, way: &Way) -> Result<()> {
        let Way::Commit { top, base } = way else { return Ok(()) };
        for above in survey.above(*top) {
            let heir = Beneath::Layer(*base);
            if self.ports().volumes.beneath_layer(above).await? != heir {
                self.ports().volumes.put_layer_on(above, &heir).await?;
            }
        }
        Ok(())
    }

    /// Has a layer's file name what it stands on. Another may be named where a daemon was killed: it reads the same.
    async fn align(&self, survey: &Survey, id: LayerId) -> Result<()> {
        let volumes = &self.ports().volumes;
        let beneath = survey.beneath(id);
        if volumes.beneath_layer(id).await? == beneath {
            return Ok(());
        }
        volumes.put_layer_on(id, &beneath).await
    }
}

/// Whether a disk with these files open shows that it is done.
fn is_merged(open: &[LayerId], way: &Way) -> bool {
    match way {
        Way::Commit { top, base } => !open.contains(top) && open.contains(base),
        Way::Pull { into, base } => {
            let at = open.iter().position(|layer| layer == into);
            let beneath = at.and_then(|at| open.get(at + 1));
            at.is_some()
                && match base {
                    Beneath::Layer(base) => beneath == Some(base),
                    _ => beneath.is_none(),
                }
        }
    }
}
