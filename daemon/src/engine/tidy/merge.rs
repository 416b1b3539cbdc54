//! One piece of work on layers.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

use crate::{
    engine::{Engine, beneath::name_beneath, run::Killed},
    model::{Beneath, Error, InstanceId, LayerId, Merge, Result, Slot, Survey, Way},
    ports::Change,
};

/// Between two looks at work that a hypervisor does.
const LOOK: Duration = Duration::from_millis(100);
/// The same where the hypervisor does not answer.
const AWAY: Duration = Duration::from_secs(1);
/// Looks at the files of a disk, after that has ended, until they show it.
const LOOKS: u32 = 20;

impl Engine {
    /// Carries it out, unless somebody comes first: that says `false`.
    pub(super) async fn carry_out(&self, merge: &Merge) -> Result<Result<bool>, Killed> {
        let touched = match self.survey().await {
            Ok(survey) => survey.touched(&merge.way),
            Err(error) => return Ok(Err(error)),
        };
        let Some(turn) = self.shared.holds.turn(touched.clone()) else { return Ok(Ok(false)) };
        // From here on nobody begins with one of them; but somebody may have begun and ended since it was chosen.
        let survey = match self.survey().await {
            Ok(now) if now.next().as_ref() == Some(merge) && now.touched(&merge.way) == touched => now,
            Ok(_) => return Ok(Ok(false)),
            Err(error) => return Ok(Err(error)),
        };
        if let Some(drive) = merge.drive {
            match self.ports().hypervisor.open_files(drive.0, drive.1).await {
                Ok(open) => {
                    if let Some(way) = survey.drift(drive, &open) {
                        // The daemon was killed before it was written down, or looked too early.
                        self.write(vec![Change::SetMerged(way)]).await?;
                        return Ok(Ok(true));
                    }
                }
                Err(error) => return Ok(Err(error)),
            }
        }
        let (Way::Pull { into: changes, .. } | Way::Commit { base: changes, .. }) = &merge.way;
        self.write(vec![Change::SetDigest(*changes, None)]).await?;
        self.alive("before", "making layers one")?;
        let done = match merge.drive {
            Some(drive) => self.merge_live(drive, &merge.way, &turn.stop).await,
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

    /// The hypervisor does it, and the guest runs on. Whatever goes wrong, nothing of it is under way any more when this returns.
    async fn merge_live(
        &self,
        (id, slot): (InstanceId, Slot),
        way: &Way,
        stop: &Arc<Notify>,
    ) -> Result<bool> {
        let hypervisor = &self.ports().hypervisor;
        let mut fault = hypervisor.merge(id, slot, way).await.err();
        let mut stopped = fault.is_some();
        loop {
            let under_way = match hypervisor.is_merging(id, slot).await {
                Ok(false) => break,
                Ok(true) if stopped => hypervisor.stop_merging(id, slot).await.err(),
                Ok(true) => None,
                Err(error) => Some(error),
            };
            let mut pause = LOOK;
            if let Some(error) = under_way {
                tracing::warn!(%error, "cannot see whether layers are still being made one");
                (stopped, pause) = (true, AWAY);
                fault.get_or_insert(error);
            }
            tokio::select! {
                () = stop.notified() => stopped = true,
                () = tokio::time::sleep(pause) => {}
            }
        }
        for _ in 0..LOOKS {
            match hypervisor.open_files(id, slot).await {
                Ok(open) if is_merged(&open, way) => return Ok(true),
                Ok(_) if stopped => return fault.map_or(Ok(false), Err),
                Ok(_) => {}
                Err(error) => return Err(error),
            }
            tokio::time::sleep(LOOK).await;
        }
        Err(Error::unavailable("the hypervisor broke it off").tip("its log of the domain may say why"))
    }

    async fn merge_files(&self, survey: &Survey, way: &Way, stop: &Arc<Notify>) -> Result<bool> {
        let (upper, end) = match way {
            Way::Pull { into, base } => (*into, base.clone()),
            Way::Commit { top, base } => (*top, Beneath::Layer(*base)),
        };
        for layer in survey.files(upper).into_iter().take_while(|id| Beneath::Layer(*id) != end) {
            name_beneath(&*self.ports().volumes, layer, &survey.beneath(layer)).await?;
        }
        self.ports().volumes.merge_layers(way, stop).await
    }

    /// Has the files that stood on a layer that went into another say so. Where it is not done, it is before the file is removed.
    async fn name_heir(&self, survey: &Survey, way: &Way) -> Result<()> {
        let Way::Commit { top, base } = way else { return Ok(()) };
        for above in survey.above(*top) {
            name_beneath(&*self.ports().volumes, above, &Beneath::Layer(*base)).await?;
        }
        Ok(())
    }
}

/// Whether a disk with these files open shows that it is done.
fn is_merged(open: &[Beneath], way: &Way) -> bool {
    let at = |id: LayerId| open.iter().position(|file| *file == Beneath::Layer(id));
    match way {
        Way::Commit { top, base } => at(*top).is_none() && at(*base).is_some(),
        Way::Pull { into, base } => at(*into).is_some_and(|at| match open.get(at + 1) {
            Some(beneath) => beneath == base,
            None => *base == Beneath::Nothing,
        }),
    }
}
