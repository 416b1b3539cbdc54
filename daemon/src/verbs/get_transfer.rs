use super::Verbs;
use crate::model::{Caller, Month, Result, Transfer};

impl Verbs {
    /// What an instance moved this month, up to now, and what its plan allows.
    pub async fn get_transfer(&self, caller: &Caller, name: &str) -> Result<Transfer> {
        let instance = self.find(caller, name).await?;
        // Where the counters cannot be read, what they said a minute ago is answer enough.
        self.engine.tally_if_possible().await;
        let month = Month::of(self.ports.clock.now());
        let moved = self.ports.store.transfer(instance.id, month).await?;
        Ok(Transfer::new(month, moved, instance.transfer_gb))
    }
}
