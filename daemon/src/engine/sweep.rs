//! Removes layers that nobody stands on any more: what was deleted at once takes its room with it soon after.

use std::time::Duration;

use super::Engine;
use crate::{model::Result, ports::Change};

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
                return Ok(());
            }
            for id in unneeded {
                // The file first: one without a record would stay for ever.
                self.ports().volumes.remove_layer(id).await?;
                self.ports().store.commit(vec![Change::RemoveLayer(id)]).await?;
            }
        }
    }
}
