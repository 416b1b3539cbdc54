//! How guests ask for their metadata.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{engine::Engine, model::InstanceId};

/// Each instance's requests without a session token since the daemon started.
#[derive(Debug, Default)]
pub(in crate::engine) struct Counts(Mutex<HashMap<InstanceId, u64>>);

impl Counts {
    fn lock(&self) -> MutexGuard<'_, HashMap<InstanceId, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn forget(&self, id: InstanceId) {
        self.lock().remove(&id);
    }
}

impl Engine {
    /// Requests for metadata that were let in without a session token since the daemon started: Lightsail's `MetadataNoToken` is made of
    /// them. When it stays at 0 nothing in the guest needs them, and tokens can be required.
    pub fn no_token(&self, id: InstanceId) -> u64 {
        self.shared.counts.lock().get(&id).copied().unwrap_or_default()
    }

    /// A request was let in without a session token.
    pub fn count_no_token(&self, id: InstanceId) {
        *self.shared.counts.lock().entry(id).or_default() += 1;
    }
}
