//! What the daemon does when it starts: prepares the host, takes up unfinished work, and looks at everything of its own.
//!
//! It ends nothing that runs and removes nothing that it has no order for. A thing with this daemon's tag and without a
//! record is reported and left alone: the record may have been lost, the disk not.

use std::collections::{HashMap, HashSet};

use super::{Engine, Job, plan::plan};
use crate::{
    model::{
        DomainState, Drive, Error, Instance, InstanceId, Kind, Operation, OperationKind, OperationStatus,
        Order, Result, Status,
    },
    ports::Change,
};

/// What was found at the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Instances there are.
    pub instances: usize,
    /// Guests that ran on and were left alone.
    pub running: usize,
    /// Operations that were taken up again.
    pub resumed: usize,
    /// Things with this daemon's tag and without a record.
    pub orphans: Vec<String>,
    /// Operations whose instance still waits for its base image, or for the one that it is a clone of: they are not taken up until
    /// that is there.
    pub waiting: Vec<Operation>,
}

impl Engine {
    /// Takes up where the last daemon ended. Parts of the host that cannot be prepared are named in the log and looked at
    /// again by every step that needs them; they do not keep the daemon from starting.
    pub async fn recover(&self) -> Result<Recovered> {
        let ports = self.ports();
        let instances = ports.store.instances().await?;
        let unfinished = self.cut_off(ports.store.unfinished().await?).await?;
        self.prepare_host(&instances, &unfinished).await;

        if let Err(error) = self.settle_layers().await {
            tracing::warn!(%error, "cannot look at what was being imported");
        }
        self.tally_if_possible().await;
        self.note_boot(&instances).await;
        let domains = self.domains().await;
        let busy: HashSet<_> = unfinished.iter().map(|operation| InstanceId(operation.resource_id)).collect();
        let mut found =
            Recovered { instances: instances.len(), resumed: unfinished.len(), ..Recovered::default() };
        for instance in &instances {
            let alive = domains.get(&instance.id).is_some_and(|state| state.is_alive());
            found.running += usize::from(alive);
            if alive {
                self.leave_layers(instance).await;
            }
            if !busy.contains(&instance.id) {
                self.rejoin(instance, alive).await;
            }
        }
        found.orphans = self.orphans(&instances, &domains).await;
        let without_base: HashSet<_> = instances
            .iter()
            .filter(|instance| instance.awaits_image())
            .map(|instance| instance.id.0)
            .collect();
        for operation in unfinished {
            let is_clone = matches!(operation.order, Order::Clone { .. });
            if operation.kind == OperationKind::CreateInstance
                && (is_clone || without_base.contains(&operation.resource_id))
            {
                found.waiting.push(operation);
            } else {
                self.submit(InstanceId(operation.resource_id), operation.id);
            }
        }
        self.sweep_soon();
        Ok(found)
    }

    /// Ends what ended with the last daemon, and gives what can be taken up again.
    async fn cut_off(&self, unfinished: Vec<Operation>) -> Result<Vec<Operation>> {
        let (over, rest): (Vec<_>, Vec<_>) =
            unfinished.into_iter().partition(|one| one.kind.ends_with_daemon());
        let why = Error::new(Kind::Unavailable, "CutOff", "the daemon ended before this was done")
            .tip("ask for it again");
        let now = self.ports().clock.now();
        let end = |mut operation: Operation| {
            operation.blame(&why);
            operation.advance(OperationStatus::Failed, now);
            Change::PutOperation(Box::new(operation))
        };
        let changes: Vec<_> = over.into_iter().map(end).collect();
        if !changes.is_empty() {
            self.ports().store.commit(changes).await?;
        }
        Ok(rest)
    }

    /// The last daemon may have been killed between the files of a snapshot and their records.
    async fn settle_layers(&self) -> Result<()> {
        let ports = self.ports();
        let unsettled = ports.volumes.unsettled().await?;
        if unsettled.is_empty() {
            return Ok(());
        }
        // A record that cannot be read is one, too.
        let recorded = ports.store.layer_ids().await?;
        for id in unsettled {
            ports.volumes.settle_received(id, recorded.contains(&id)).await?;
        }
        Ok(())
    }

    async fn prepare_host(&self, instances: &[Instance], unfinished: &[Operation]) {
        if let Err(error) = self.ports().network.ensure_host().await {
            tracing::error!(%error, "the network is not prepared; instances cannot be started until it is");
        }
        // What is being made gets its rules from its own steps, and what is being removed may have lost them already.
        let passing = |instance: &Instance| {
            let mut operations = unfinished.iter().filter(|operation| operation.resource_id == instance.id.0);
            operations.any(|operation| plan(operation).makes_or_removes_rules())
        };
        let live: Vec<_> = instances.iter().filter(|i| i.is_reachable() && !passing(i)).cloned().collect();
        if let Err(error) = self.ports().firewall.ensure_all(&live).await {
            tracing::error!(%error, "the firewall is not in place; instances cannot be started until it is");
        }
    }

    async fn domains(&self) -> HashMap<InstanceId, DomainState> {
        match self.ports().hypervisor.list().await {
            Ok(domains) => domains.into_iter().collect(),
            Err(error) => {
                tracing::error!(%error, "the hypervisor does not answer; guests are looked at when it does");
                HashMap::new()
            }
        }
    }

    /// Takes a guest that ran on under its wing again: DHCP on its wire, and an eye on its SSH port.
    async fn rejoin(&self, instance: &Instance, alive: bool) {
        if alive && instance.status == Status::Running {
            if self.runs_again(instance.id).await.is_err() {
                return;
            }
            match self.ports().network.ensure_link(instance).await {
                Ok(()) => self.watch_ssh(instance.id),
                Err(error) => {
                    tracing::error!(instance = %instance.name, %error, "cannot take up its wire again");
                }
            }
        } else {
            self.tell(instance.id, Job::Look);
        }
    }

    /// What the last daemon had begun to make of a guest's layers may still be under way. It is chosen again if it is worth it; operations would
    /// find the disk busy.
    pub(super) async fn leave_layers(&self, instance: &Instance) {
        let merging = self.merging();
        let is_known = |drive: &Drive| drive.stack.layers().any(|layer| merging.contains(&layer.id));
        for drive in instance.drives.iter().filter(|drive| !is_known(drive)) {
            if let Err(error) = self.ports().hypervisor.stop_merging(instance.id, drive.slot).await {
                tracing::warn!(instance = %instance.name, %error, "cannot break off work on its layers");
            }
        }
    }

    async fn orphans(
        &self,
        instances: &[Instance],
        domains: &HashMap<InstanceId, DomainState>,
    ) -> Vec<String> {
        let known: HashSet<_> = instances.iter().map(|instance| instance.id).collect();
        let ports = self.ports();
        let taps = ports.network.list().await.unwrap_or_default();
        let files = ports.volumes.list().await.unwrap_or_default();
        let mut orphans = Vec::new();
        let mut note = |what: &str, ids: &mut dyn Iterator<Item = &InstanceId>| {
            orphans.extend(ids.filter(|id| !known.contains(id)).map(|id| format!("{what} of instance {id}")));
        };
        note("domain", &mut domains.keys());
        note("tap", &mut taps.iter());
        note("files", &mut files.iter());
        let recorded = ports.store.layer_ids().await.unwrap_or_default();
        let layers = ports.volumes.layers().await.unwrap_or_default();
        orphans.extend(layers.iter().filter(|id| !recorded.contains(id)).map(|id| format!("layer {id}")));
        for orphan in &orphans {
            tracing::warn!(orphan, "bears this daemon's tag and has no record; left alone");
        }
        orphans
    }
}
