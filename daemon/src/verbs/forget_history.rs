use std::time::Duration;

use jiff::SignedDuration;

use super::Verbs;
use crate::{model::Result, ports::OperationFilter};

/// How often the oldest are forgotten.
const BEAT: Duration = Duration::from_hours(24);
/// So many at once, so that nobody waits for the state meanwhile.
const BATCH: usize = 500;

impl Verbs {
    /// Forgets what is older than the history is kept, now and once a day, until the daemon ends.
    pub async fn keep_history(self) {
        loop {
            match self.forget_history().await {
                Ok(0) => {}
                Ok(count) => {
                    tracing::info!(count, "forgot operations that are older than the history is kept");
                }
                Err(error) => tracing::error!(%error, "cannot forget what is older than the history is kept"),
            }
            tokio::time::sleep(BEAT).await;
        }
    }

    /// Forgets what ended longer ago than the history is kept, and says how much. Operations that have not ended stay.
    pub async fn forget_history(&self) -> Result<usize> {
        let kept = SignedDuration::from_hours(24 * i64::from(self.policy.history_days));
        // A clock that is years ahead must not have all forgotten: it is no later than what was done last.
        let newest = OperationFilter { limit: 1, ..OperationFilter::default() };
        let Some(last) = self.ports.store.operations(newest).await?.pop() else { return Ok(0) };
        let now = self.ports.clock.now().min(last.created_at);
        // Before the beginning of time there was nothing.
        let Ok(before) = now.checked_sub(kept) else { return Ok(0) };
        let mut forgotten = 0;
        loop {
            match self.ports.store.forget_operations(before, BATCH).await? {
                0 => return Ok(forgotten),
                count => forgotten += count,
            }
        }
    }
}
