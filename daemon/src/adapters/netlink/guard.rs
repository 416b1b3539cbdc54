//! Watches what others do to links, addresses and routes, as far as instances' ways depend on it.

use std::{sync::Arc, time::Duration};

use futures::{FutureExt as _, StreamExt as _};
use rtnetlink::MulticastGroup;

use super::{Netlink, capture, uplink};
use crate::model::{Error, Result};

/// Who changes something changes more; it is looked at when some of it is done.
const PAUSE: Duration = Duration::from_millis(300);

impl Netlink {
    /// Refuses what would take this host's own addresses away from it.
    pub async fn check(&self) -> Result<()> {
        super::limited(uplink::check(&self.handle, self.settings.public)).await
    }

    /// From now on looks at every such change: keeps the way to instances in the main table, where that is configured, and
    /// answers for public addresses of a network again when its interface comes back.
    pub fn guard(self: &Arc<Self>) -> Result<()> {
        let mut groups = Vec::new();
        if self.settings.repairs {
            groups.extend([MulticastGroup::Ipv4Rule, MulticastGroup::Ipv4Route]);
        }
        if self.settings.public.is_lan() {
            groups.extend([MulticastGroup::Link, MulticastGroup::Ipv4Ifaddr]);
        }
        if groups.is_empty() {
            return Ok(());
        }
        let cannot = |error| Error::unavailable(format!("cannot watch links and routes: {error}"));
        let (connection, _, mut changes) = rtnetlink::new_multicast_connection(&groups).map_err(cannot)?;
        tokio::spawn(connection);
        let this = Arc::clone(self);
        tokio::spawn(async move {
            while changes.next().await.is_some() {
                tokio::time::sleep(PAUSE).await;
                while changes.next().now_or_never().flatten().is_some() {}
                this.settle().await;
            }
        });
        Ok(())
    }

    async fn settle(&self) {
        if let Err(error) = capture::settle(&self.handle, &self.settings).await {
            tracing::warn!(%error, "the way to instances is not kept");
        }
        if let Err(error) = uplink::ensure(&self.handle, self.settings.public).await {
            tracing::warn!(%error, "public addresses are not answered for");
        }
    }
}
