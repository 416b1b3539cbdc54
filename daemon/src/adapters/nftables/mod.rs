//! The packet filter: one table of ours, `inet sloop`. `rules` renders transactions as text, `nft -f -` carries each out
//! whole or not at all.
//!
//! Its cost does not grow with the number of instances: sets and maps decide by address, and the per-instance chain is
//! reached through one verdict map.

mod rules;

use std::{collections::BTreeMap, net::Ipv4Addr, process::Stdio, time::Duration};

use async_trait::async_trait;
use tokio::{io::AsyncWriteExt as _, process::Command, sync::Mutex};

use crate::{
    model::{Error, Finding, Instance, InstanceId, Pool, Result},
    ports::Firewall,
};

/// What the rules must know of the network.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    /// Instances' own addresses.
    pub private: Pool,
    /// Their public addresses.
    pub public: Pool,
    /// Where the metadata address is served, on the gateway.
    pub metadata_port: u16,
}

impl Addresses {
    fn gateway(&self) -> Ipv4Addr {
        self.private.gateway()
    }
}

/// The adapter.
pub struct Nftables {
    addresses: Addresses,
    /// What should be in the table. Held while a transaction runs, so that one follows the other.
    wanted: Mutex<BTreeMap<InstanceId, Instance>>,
}

/// A transaction takes milliseconds; one that takes this long is stuck behind another program's lock.
const LIMIT: Duration = Duration::from_secs(10);

impl Nftables {
    /// The filter for a network of these addresses.
    #[must_use]
    pub fn new(addresses: Addresses) -> Self {
        Self { addresses, wanted: Mutex::default() }
    }

    /// Makes the table what it should be, whatever it is now.
    async fn put_up(&self, wanted: &BTreeMap<InstanceId, Instance>) -> Result<()> {
        // Declared first and alone: the deletions that follow need to know what there is.
        Self::nft(&["-f", "-"], &rules::base(&self.addresses)).await?;
        let known = self.list().await?;
        Self::nft(&["-f", "-"], &rules::replace_all(&known, wanted.values())).await.map(drop)
    }

    /// Runs `nft` with `arguments` and `input`; gives what it printed.
    async fn nft(arguments: &[&str], input: &str) -> Result<String> {
        let missing = |error| {
            Error::unavailable(format!("cannot run nft: {error}")).tip("install the package nftables")
        };
        let mut child = Command::new("nft")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(missing)?;
        let mut stdin = child.stdin.take();
        let run = async {
            if let Some(mut stdin) = stdin.take() {
                stdin.write_all(input.as_bytes()).await?;
            }
            child.wait_with_output().await
        };
        let output = match tokio::time::timeout(LIMIT, run).await {
            Ok(output) => output.map_err(missing)?,
            Err(_) => {
                return Err(Error::unavailable(format!("nft did not end within {} s", LIMIT.as_secs())));
            }
        };
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let why = String::from_utf8_lossy(&output.stderr);
        Err(Error::internal(format!("nft refused the rules: {}", why.lines().next().unwrap_or_default())))
    }
}

#[async_trait]
impl Firewall for Nftables {
    async fn ensure_all(&self, instances: &[Instance]) -> Result<()> {
        let mut wanted = self.wanted.lock().await;
        *wanted = instances.iter().map(|instance| (instance.id, instance.clone())).collect();
        self.put_up(&wanted).await
    }

    async fn ensure(&self, instance: &Instance) -> Result<()> {
        let mut wanted = self.wanted.lock().await;
        let text = rules::add(instance)?;
        wanted.insert(instance.id, instance.clone());
        match Self::nft(&["-f", "-"], &text).await {
            Ok(_) => Ok(()),
            // Somebody flushed the rule set, or something of an earlier life is in the way: put everything up anew.
            Err(_) => self.put_up(&wanted).await,
        }
    }

    async fn remove(&self, instance: &Instance) -> Result<()> {
        let mut wanted = self.wanted.lock().await;
        wanted.remove(&instance.id);
        match Self::nft(&["-f", "-"], &rules::remove(instance)).await {
            Ok(_) => Ok(()),
            Err(_) => self.put_up(&wanted).await,
        }
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        let listing = Self::nft(&["-t", "list", "table", "inet", rules::TABLE], "").await?;
        Ok(rules::instances_in(&listing))
    }

    async fn examine(&self) -> Vec<Finding> {
        vec![match Self::nft(&["-t", "list", "table", "inet", rules::TABLE], "").await {
            Ok(_) => Finding::ok("firewall", format!("table inet {} is in place", rules::TABLE)),
            Err(error) => Finding::failed(
                "firewall",
                error.message,
                "restart sloopd to put its table up again; look for a program that flushes nftables",
            ),
        }]
    }
}
