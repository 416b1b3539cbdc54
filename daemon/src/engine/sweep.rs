//! Removes layers that nobody stands on any more: what was deleted at once takes its room with it soon after.

use std::time::Duration;

use super::{Engine, tidy::by_id};
use crate::{
    model::{Beneath, LayerId, Result, Survey},
    ports::Change,
};

/// One sweep at a time.
pub(super) type SweepLock = tokio::sync::Mutex<()>;

/// Between two tries when a file cannot be removed.
const PAUSE: Duration = Duration::from_secs(1);
const TRIES: u32 = 5;

impl Engine {
    /// Sweeps soon, without keeping anybody waiting.
    pub fn sweep_soon(&self) {
        let engine = self.clone();
        tokio::spawn(async move {
            for turn in 1..=TRIES {
                match engine.sweep().await {
                    Ok(()) => return,
                    Err(error) => tracing::warn!(%error, "cannot remove a layer that nobody needs"),
                }
                tokio::time::sleep(PAUSE * turn).await;
            }
        });
    }

    /// Removes every layer that nobody stands on, and then what only those stood on. Nobody can come to stand on one meanwhile: who
    /// takes a layer up has it from somebody who stands on it.
    pub async fn sweep(&self) -> Result<()> {
        let _one = self.shared.sweeping.lock().await;
        loop {
            let unneeded = self.ports().store.unneeded_layers().await?;
            if unneeded.is_empty() {
                self.tidy_soon();
                return Ok(());
            }
            self.unname(&unneeded).await?;
            for id in unneeded {
                // The file first: one without a record would stay for ever.
                self.ports().volumes.remove_layer(id).await?;
                self.ports().store.commit(vec![Change::RemoveLayer(id)]).await?;
            }
        }
    }

    /// No file is removed that another names. One may, though it is not to stand on it any more: the daemon was killed between the
    /// record and the file.
    async fn unname(&self, unneeded: &[LayerId]) -> Result<()> {
        let ports = self.ports();
        let survey = Survey { layers: by_id(ports.store.layers().await?), ..Survey::default() };
        for layer in survey.layers.values().filter(|layer| layer.is_made && !unneeded.contains(&layer.id)) {
            let wanted = survey.beneath(layer.id);
            match ports.volumes.beneath_layer(layer.id).await {
                Ok(Beneath::Layer(named)) if unneeded.contains(&named) && Beneath::Layer(named) != wanted => {
                    ports.volumes.put_layer_on(layer.id, &wanted).await?;
                }
                // What cannot be read is found by who examines the storage.
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }
}
