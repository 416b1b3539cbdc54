//! The packet filter: tables of ours, `inet sloop` and `arp sloop`. `table` holds what is the same for all, `command` says
//! what an instance asks for. Everything together is put up as `text` by `nft`; one instance's part goes to the kernel
//! directly (`nfnetlink`). Either way a transaction is carried out whole or not at all.
//!
//! The cost does not grow with the number of instances: sets and maps decide by address, and the per-instance chain is
//! reached through one verdict map.
//!
//! What instances exchange with the outside is counted by named `object`s, which outlive every transaction here; `counters`
//! reads them.

mod command;
mod counters;
mod guard;
mod neighbours;
mod nfnetlink;
mod nft;
mod object;
mod table;
mod text;

use std::{
    collections::{BTreeMap, VecDeque},
    net::Ipv4Addr,
    sync::{Arc, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use tokio::{sync::Mutex, task::JoinHandle};

use self::{
    command::Command,
    counters::{Counted, counters_in},
    neighbours::Scope,
    nfnetlink::Channel,
    table::TABLE,
};
use crate::{
    model::{Bytes, Error, Finding, Instance, InstanceId, Ipv6Range, Pool, Publication, Result},
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
    /// Where names are served, on the gateway.
    pub dns_port: u16,
    /// Where instances' IPv6 addresses are, if they get any.
    pub ipv6: Option<Ipv6Range>,
}

impl Addresses {
    fn gateway(&self) -> Ipv4Addr {
        self.private.gateway()
    }
}

/// The adapter.
pub struct Nftables {
    addresses: Addresses,
    /// Whether exceptions are kept in other programs' chains that stop instances.
    repairs: bool,
    channel: Arc<Channel>,
    /// What should be in the tables. Held while a transaction runs, so that one follows the other.
    wanted: Mutex<Wanted>,
    /// What the counters said when they were last read: one that somebody took away begins there, so that nothing counts twice.
    /// Used while `wanted` is held.
    counted: std::sync::Mutex<Counted>,
    /// One more, by which connections are forgotten, one request after the other.
    conntrack: Arc<Channel>,
    /// What has connections forgotten now.
    forgetting: Mutex<Option<JoinHandle<()>>>,
    /// The processes that carried out the last transactions of ours.
    ours: std::sync::Mutex<VecDeque<u32>>,
}

type Wanted = BTreeMap<InstanceId, Instance>;

/// Processes that are remembered as ours: more than can end while one message of theirs is on its way.
const REMEMBERED: usize = 16;

impl Nftables {
    /// The filter for a network of these addresses. With `repairs`, other programs' chains that stop instances are given an
    /// exception where they keep a place for such.
    pub fn open(addresses: Addresses, repairs: bool) -> Result<Arc<Self>> {
        let open = || {
            let opened = Channel::open();
            opened
                .map(Arc::new)
                .map_err(|error| Error::unavailable(format!("cannot talk to the packet filter: {error}")))
        };
        Ok(Arc::new(Self {
            addresses,
            repairs,
            channel: open()?,
            conntrack: open()?,
            wanted: Mutex::default(),
            counted: std::sync::Mutex::default(),
            forgetting: Mutex::default(),
            ours: std::sync::Mutex::default(),
        }))
    }

    fn is_ours(&self, port: u32) -> bool {
        port == self.channel.port()
            || self.ours.lock().unwrap_or_else(PoisonError::into_inner).contains(&port)
    }

    /// Makes the tables what they should be, whatever they are now, in one transaction.
    async fn put_up(&self, wanted: &Wanted) -> Result<()> {
        let mut counted = self.counted().clone();
        // Where there is nothing to read, they begin where they were when they were last read.
        counted.extend(read_counters().await.unwrap_or_default());
        let (base, all) = (table::base(&self.addresses), text::render(&self.everything(wanted, &counted)));
        let listing = nft::list("inet", TABLE).await.unwrap_or_default();
        let kept = format!("{base}{}{all}", text::empty(&listing));
        if self.nft(&kept).await.is_ok() {
            return Ok(());
        }
        // Something of another version, or of somebody else, is in the way: then they are made anew, at once.
        let anew = format!(
            "table inet {TABLE}\ndelete table inet {TABLE}\ntable arp {TABLE}\ndelete table arp {TABLE}\n{base}{all}"
        );
        self.nft(&anew).await
    }

    /// What is in the tables besides their base: the instances that are wanted, and the counters of the others.
    fn everything(&self, wanted: &Wanted, counted: &Counted) -> Vec<Command> {
        let others = counted.iter().filter(|(id, _)| !wanted.contains_key(*id));
        let others = others.flat_map(|(id, bytes)| command::count(*id, *bytes));
        let own = wanted.values().flat_map(|instance| {
            let bytes = counted.get(&instance.id).copied().unwrap_or_default();
            command::add(&self.addresses, instance, bytes)
        });
        others.chain(own).collect()
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counted_of(&self, id: InstanceId) -> Bytes {
        self.counted().get(&id).copied().unwrap_or_default()
    }

    async fn nft(&self, text: &str) -> Result<()> {
        nft::commit(text, |process| self.remember(process)).await
    }

    /// From now on this process is one of ours.
    fn remember(&self, process: u32) {
        let mut ours = self.ours.lock().unwrap_or_else(PoisonError::into_inner);
        ours.push_front(process);
        ours.truncate(REMEMBERED);
    }

    fn scope(&self) -> Scope {
        Scope { addresses: self.addresses, repairs: self.repairs }
    }

    /// Carries out `commands`; where that fails, because somebody flushed the rule set or something of an earlier life is in
    /// the way, puts everything up anew.
    async fn carry_out(&self, commands: &[Command], wanted: &Wanted) -> Result<()> {
        if commands.is_empty() {
            return Ok(());
        }
        match self.ask(nfnetlink::transaction(commands)).await {
            Ok(()) => Ok(()),
            Err(error) => {
                tracing::warn!(%error, "the rules are put up anew");
                self.put_up(wanted).await
            }
        }
    }

    /// Has connections forgotten that lead elsewhere now, or nowhere. The rules drop them already, so that nobody waits for it:
    /// the kernel looks through its whole table for each request. Only what changes next does, for an address may be given
    /// anew by it.
    async fn forget(&self, requests: Vec<Vec<u8>>) {
        if requests.is_empty() {
            return;
        }
        let mut forgetting = self.forgetting.lock().await;
        let (before, channel) = (forgetting.take(), self.conntrack.clone());
        *forgetting = Some(tokio::spawn(async move {
            if let Some(before) = before {
                let _ = before.await;
            }
            for request in requests {
                if let Err(error) = ask(channel.clone(), request).await {
                    tracing::warn!(%error, "connections to where nothing leads any more are not forgotten");
                }
            }
        }));
    }

    async fn forgotten(&self) {
        if let Some(task) = self.forgetting.lock().await.take() {
            let _ = task.await;
        }
    }

    async fn ask(&self, request: Vec<u8>) -> std::io::Result<()> {
        ask(self.channel.clone(), request).await
    }
}

async fn ask(channel: Arc<Channel>, request: Vec<u8>) -> std::io::Result<()> {
    // Another program's transaction may hold the kernel's lock.
    tokio::task::spawn_blocking(move || channel.ask(&request)).await.map_err(std::io::Error::other)?
}

/// What forgets the connections by ports of the host that lead to the instance no more.
fn closed(old: &Instance, published: &[Publication]) -> Vec<Vec<u8>> {
    let gone = old.published.iter().filter(|one| !published.contains(one));
    gone.map(|one| nfnetlink::forget_published(*one, old.private_ip)).collect()
}

async fn read_counters() -> Result<Counted> {
    counters_in(&nft::counters().await?)
}

#[async_trait]
impl Firewall for Nftables {
    async fn ensure_all(&self, instances: &[Instance]) -> Result<()> {
        let mut wanted = self.wanted.lock().await;
        *wanted = instances.iter().map(|instance| (instance.id, instance.clone())).collect();
        self.put_up(&wanted).await
    }

    async fn ensure(&self, instance: &Instance) -> Result<()> {
        if instance.public_ip.is_none() {
            return Err(Error::internal(format!("{} has no public address to open", instance.name)));
        }
        self.forgotten().await;
        let mut wanted = self.wanted.lock().await;
        let commands = command::add(&self.addresses, instance, self.counted_of(instance.id));
        wanted.insert(instance.id, instance.clone());
        self.carry_out(&commands, &wanted).await
    }

    async fn refresh(&self, instances: &[Instance]) -> Result<()> {
        // An address may come back to who had it.
        self.forgotten().await;
        let mut wanted = self.wanted.lock().await;
        let there = instances.iter().filter(|new| wanted.contains_key(&new.id));
        let there: Vec<_> = there.cloned().collect();
        let old: Vec<_> = there.into_iter().filter_map(|new| wanted.insert(new.id, new)).collect();
        let pairs: Vec<_> = old.iter().filter_map(|old| Some((old, wanted.get(&old.id)?))).collect();
        let commands = command::change(&self.addresses, &pairs);
        let left = pairs.iter().filter(|(old, new)| old.public_ip != new.public_ip);
        let left: Vec<_> = left.filter_map(|(old, _)| Some((old.private_ip, old.public_ip?))).collect();
        let closed: Vec<_> = pairs.iter().flat_map(|(old, new)| closed(old, &new.published)).collect();
        if let Err(error) = self.carry_out(&commands, &wanted).await {
            wanted.extend(old.into_iter().map(|old| (old.id, old)));
            return Err(error);
        }
        let waits = !closed.is_empty();
        let left = left.into_iter().flat_map(|(private, public)| nfnetlink::forget(private, public));
        self.forget(left.chain(closed).collect()).await;
        if waits {
            // No rule drops what came by a port of the host.
            self.forgotten().await;
        }
        Ok(())
    }

    async fn remove(&self, instance: &Instance) -> Result<()> {
        let mut wanted = self.wanted.lock().await;
        // As it was put in: it may have another address now.
        let known = wanted.remove(&instance.id);
        let known = known.as_ref().unwrap_or(instance);
        self.carry_out(&command::remove(known, self.counted_of(known.id)), &wanted).await?;
        self.forget(nfnetlink::forget_own(known.private_ip).to_vec()).await;
        Ok(())
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        Ok(text::instances_in(&nft::list("inet", TABLE).await?))
    }

    async fn transfer(&self) -> Result<Vec<(InstanceId, Bytes)>> {
        // Meanwhile nobody may put counters up again from what was read before.
        let _alone = self.wanted.lock().await;
        let now = read_counters().await?;
        self.counted().clone_from(&now);
        Ok(now.into_iter().collect())
    }

    async fn forget_transfer(&self, id: InstanceId) -> Result<()> {
        let _alone = self.wanted.lock().await;
        let refused = |error| Error::internal(format!("the counters of {id} cannot be taken away: {error}"));
        self.ask(nfnetlink::transaction(&command::forget(id))).await.map_err(refused)?;
        self.counted().remove(&id);
        Ok(())
    }

    async fn examine(&self) -> Vec<Finding> {
        let own = match nft::list("inet", TABLE).await {
            Ok(_) => Finding::ok("firewall", format!("table inet {TABLE} is in place")),
            Err(error) => Finding::failed(
                "firewall",
                error.message,
                "restart sloopd to put its table up again; look for a program that flushes nftables",
            ),
        };
        let mut findings = vec![own];
        findings.extend(neighbours::examine(&self.scope()).await);
        findings
    }
}
