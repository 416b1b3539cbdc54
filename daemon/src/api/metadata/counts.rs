//! How guests ask: what a metric will be made of.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::model::InstanceId;

/// Counts each instance's requests since the daemon started. Cheap to clone; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct Counts(Arc<Mutex<HashMap<InstanceId, u64>>>);

impl Counts {
    /// Requests that were let in without a session token: what Lightsail calls `MetadataNoToken`. When it stays at 0
    /// nothing in the guest needs them, and tokens can be required. Only ever grows; a sampler takes differences.
    pub fn no_token(&self, id: InstanceId) -> u64 {
        self.lock().get(&id).copied().unwrap_or_default()
    }

    pub(super) fn add_no_token(&self, id: InstanceId) {
        *self.lock().entry(id).or_default() += 1;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<InstanceId, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
