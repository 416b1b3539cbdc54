//! Frozen layers are read once, so that bits that flip later are found by who reads them again.

use crate::{
    engine::Engine,
    model::{Error, LayerId, Result, Survey},
    ports::Change,
};

impl Engine {
    /// Reads the frozen layers that were not read yet, until somebody needs one of them. Says how many it has.
    pub(super) async fn digest_frozen(&self) -> Result<usize> {
        let survey = self.survey().await?;
        let known = self.ports().store.digests().await?;
        let mut done = 0;
        for id in frozen(&survey).filter(|id| !known.contains_key(id)) {
            let Some(turn) = self.shared.holds.turn([id].into()) else { continue };
            match self.ports().volumes.digest_layer(id, &turn.stop).await {
                Ok(Some(digest)) => {
                    self.ports().store.commit(vec![Change::SetDigest(id, Some(digest))]).await?;
                    done += 1;
                }
                Ok(None) => {
                    self.tidy_soon();
                    return Ok(done);
                }
                Err(error) => tracing::warn!(layer = %id, %error, "cannot read a layer"),
            }
        }
        Ok(done)
    }

    /// Whether a layer that nobody writes to holds what it held when it was read first.
    pub async fn holds_what_it_held(&self, id: LayerId, digest: &str) -> Result<bool> {
        let found = self.ports().volumes.digest_layer(id, &tokio::sync::Notify::new()).await?;
        found.map(|found| found == digest).ok_or_else(|| Error::internal("the reading was broken off"))
    }
}

/// Layers with files that nobody writes to.
fn frozen(survey: &Survey) -> impl Iterator<Item = LayerId> {
    let layers = survey.layers.values().filter(|layer| layer.is_made);
    let frozen =
        layers.map(|layer| layer.id).filter(|id| !survey.tops.contains_key(id) && !survey.busy.contains(id));
    let mut frozen: Vec<_> = frozen.collect();
    frozen.sort_unstable();
    frozen.into_iter()
}
