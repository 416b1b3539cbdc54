//! Frozen layers are read once, so that bits that flip later are found by who reads them again.

use crate::{
    engine::Engine,
    model::{Error, LayerId, Result, Survey},
    ports::Change,
};

impl Engine {
    /// Reads one frozen layer that was not read yet, if there is one that nobody needs meanwhile. Says whether it has.
    pub(super) async fn digest_one(&self) -> Result<bool> {
        let survey = self.survey().await?;
        let known = self.ports().store.digests().await?;
        let unread = |id: &LayerId| !known.contains_key(id) && !self.shared.tidiness.is_unreadable(*id);
        for id in frozen(&survey).filter(unread) {
            let Some(turn) = self.shared.holds.turn([id].into()) else {
                self.tidy_soon();
                continue;
            };
            match self.ports().volumes.digest_layer(id, &turn.stop).await {
                Ok(Some(digest)) => {
                    self.ports().store.commit(vec![Change::SetDigest(id, Some(digest))]).await?;
                    return Ok(true);
                }
                Ok(None) => {
                    self.tidy_soon();
                    return Ok(false);
                }
                Err(error) => {
                    tracing::warn!(layer = %id, %error, "cannot read a layer");
                    self.shared.tidiness.give_up_reading(id);
                }
            }
        }
        Ok(false)
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
