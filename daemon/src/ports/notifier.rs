use async_trait::async_trait;

use crate::model::{Endpoint, Notice, Result};

/// Tells people.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Refuses what this host will never send to, whatever becomes of the network: an address that is none, a way that is not
    /// configured, a place inside the host. Says what to do about it.
    fn admit(&self, endpoint: &Endpoint) -> Result<()>;

    /// Tells it there, once. Ends within a minute, whatever the other side does.
    async fn tell(&self, endpoint: &Endpoint, notice: &Notice) -> Result<()>;
}
