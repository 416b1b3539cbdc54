//! Removes layers that nobody stands on any more: what was deleted at once takes its room with it soon after.

use std::{collections::HashSet, time::Duration};

use super::{Engine, beneath::name_beneath, tidy::by_id};
use crate::{
    model::{Beneath, LayerId, Result, Survey},
    ports::Change,
};

/// One sweep at a time.
pub(super) type SweepLock = tokio::sync::Mutex<()>;
/// One who waits to sweep again is enough.
pub(super) type SweepWait = tokio::sync::Mutex<()>;

/// Between two tries when a file cannot be removed.
const PAUSE: Duration = Duration::from_secs(1);
const TRIES: u32 = 5;

impl Engine {
    /// Sweeps soon, without keeping anybody waiting.
    pub fn sweep_soon(&self) {
        let engine = self.clone();
        tokio::spawn(async move {
            let mut turn = 0;
            while turn < TRIES {
                let freed = engine.shared.holds.freed();
                tokio::pin!(freed);
                freed.as_mut().enable();
                match engine.sweep().await {
                    Ok(0) => return engine.tidy_soon(),
                    Ok(_) => {
                        let Ok(_waits) = engine.shared.sweep_wait.try_lock() else { return };
                        freed.await;
                    }
                    Err(error) => {
                        tracing::warn!(%error, "cannot remove a layer that nobody needs");
                        turn += 1;
                        tokio::time::sleep(PAUSE * turn).await;
                    }
                }
            }
        });
    }

    /// Removes every layer that nobody stands on, and then what only those stood on. Nobody can come to stand on one meanwhile: who
    /// takes a layer up has it from somebody who stands on it. Says how many stay because somebody still reads them.
    pub async fn sweep(&self) -> Result<usize> {
        let _one = self.shared.sweeping.lock().await;
        loop {
            let held = self.shared.holds.held();
            let mut unneeded = self.ports().store.unneeded_layers().await?;
            let before = unneeded.len();
            unneeded.retain(|id| !held.contains(id));
            let waiting = before - unneeded.len();
            let named = self.unname(&unneeded).await?;
            unneeded.retain(|id| !named.contains(id));
            if unneeded.is_empty() {
                return Ok(waiting);
            }
            for id in unneeded {
                // The file first: one without a record would stay for ever.
                self.ports().volumes.remove_layer(id).await?;
                self.ports().store.commit(vec![Change::RemoveLayer(id)]).await?;
            }
        }
    }

    /// No file is removed that another names. One may, though it is not to stand on it any more: the daemon was killed between the
    /// record and the file. Gives those that are named still, because a guest has the file open that names them.
    async fn unname(&self, unneeded: &[LayerId]) -> Result<HashSet<LayerId>> {
        let (ports, mut named) = (self.ports(), HashSet::new());
        if unneeded.is_empty() {
            return Ok(named);
        }
        let survey = Survey { layers: by_id(ports.store.layers().await?), ..Survey::default() };
        for layer in survey.layers.values().filter(|layer| layer.is_made && !unneeded.contains(&layer.id)) {
            // What cannot be read is found by who examines the storage.
            let Ok(Beneath::Layer(found)) = ports.volumes.beneath_layer(layer.id).await else { continue };
            if unneeded.contains(&found)
                && let Err(error) = name_beneath(&*ports.volumes, layer.id, &survey.beneath(layer.id)).await
            {
                tracing::warn!(layer = %layer.id, %error, "it names a layer that nobody needs, which stays until it does not");
                named.insert(found);
            }
        }
        Ok(named)
    }
}
