//! Watches what others do to the packet filter: what they take out of our tables is put up again, and where it is wanted,
//! exceptions for instances stand in theirs.

use std::{future, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    Nftables, neighbours,
    nfnetlink::{Seen, Watch},
    table::TABLE,
};
use crate::model::{Error, Result};

/// Programs change their rules by many small steps; they are looked at when some of it is done.
const PAUSE: Duration = Duration::from_millis(300);

impl Nftables {
    /// From now on, puts the rules up again whenever somebody else takes something out of the tables, and has exceptions in
    /// others' chains as configured.
    pub fn guard(self: &Arc<Self>) -> Result<()> {
        let cannot = |error| Error::unavailable(format!("cannot watch the packet filter: {error}"));
        let mut watch = Watch::open().map_err(cannot)?;
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let mut due = Some(Instant::now());
            loop {
                tokio::select! {
                    seen = watch.seen(|port| this.is_ours(port)) => match seen {
                        Ok(Seen::Harm) => this.restore().await,
                        Ok(Seen::Others) => {}
                        Err(error) => {
                            tracing::error!(%error, "the packet filter is no longer watched: rules that others flush come back \
                                             with the next change");
                            return;
                        }
                    },
                    () = until(due) => {
                        due = None;
                        this.live_beside_others().await;
                        continue;
                    }
                }
                if this.repairs {
                    due.get_or_insert(Instant::now() + PAUSE);
                }
            }
        });
        Ok(())
    }

    /// Takes everything that is ours out of the packet filter: tables, and exceptions in the chains of others.
    pub async fn leave(&self) -> Result<()> {
        neighbours::withdraw(|process| self.remember(process)).await?;
        // Named before it is deleted, because deleting what is not there fails.
        let gone =
            ["inet", "arp"].map(|family| format!("table {family} {TABLE}\ndelete table {family} {TABLE}\n"));
        self.nft(&gone.concat()).await
    }

    async fn restore(&self) {
        let wanted = self.wanted.lock().await;
        tracing::warn!("somebody took rules out of the tables {TABLE}: they are put up again");
        if let Err(error) = self.put_up(&wanted).await {
            tracing::error!(%error, "the rules cannot be put up again");
        }
    }

    async fn live_beside_others(&self) {
        let remember = |process| self.remember(process);
        let done = if self.repairs {
            neighbours::repair(&self.scope(), remember).await
        } else {
            neighbours::withdraw(remember).await
        };
        if let Err(error) = done {
            tracing::warn!(%error, "exceptions for instances in other programs' chains are not as they should be");
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => future::pending().await,
    }
}
