use std::collections::HashSet;

use super::Verbs;
use crate::model::{Finding, InstanceId};

impl Verbs {
    /// Looks at everything that instances depend on.
    pub async fn doctor(&self) -> Vec<Finding> {
        let mut findings = self.ports.hypervisor.examine().await;
        findings.extend(self.ports.network.examine().await);
        findings.extend(self.ports.firewall.examine().await);
        findings.extend(self.ports.host.examine().await);
        findings.extend(self.examine_publications().await);
        findings.push(self.examine_disk().await);
        findings.extend(self.examine_halted().await);
        findings.extend(self.examine_cpu());
        findings.extend(self.examine_health().await);
        findings.extend(self.examine_images().await);
        findings.push(self.examine_orphans().await);
        findings
    }

    /// Published ports at which a program of the host has begun to listen since: who asks there is sent to the instance.
    async fn examine_publications(&self) -> Vec<Finding> {
        let instances = self.ports.store.instances().await.unwrap_or_default();
        let published =
            instances.iter().flat_map(|one| one.published.iter().map(move |port| (&one.name, port)));
        let taken = published.filter(|(_, port)| self.ports.host.listens(port.protocol, port.host_port));
        taken
            .map(|(name, port)| {
                let door = format!("{}/{}", port.host_port, port.protocol.word());
                Finding::warning(
                    "published ports",
                    format!("a program of this host listens at {door}, which leads to {name}: it is not reached there"),
                    format!("sloop unpublish {door}, or have the program listen elsewhere"),
                )
            })
            .collect()
    }

    async fn examine_disk(&self) -> Finding {
        let headroom = self.policy.capacity.disk_headroom;
        match self.ports.volumes.free_bytes().await {
            Ok(free) if free > headroom => Finding::ok("disk", format!("{} MiB free", free >> 20)),
            Ok(free) => Finding::failed(
                "disk",
                format!("{} MiB free, less than the headroom of {} MiB", free >> 20, headroom >> 20),
                "delete instances or make room; creates are refused until then",
            ),
            Err(error) => Finding::failed("disk", error.message, "look at the state directory's file system"),
        }
    }

    /// Guests that stand still because there is no room for what they write.
    async fn examine_halted(&self) -> Vec<Finding> {
        let halted = self.ports.hypervisor.halted().await.unwrap_or_default();
        let instances = self.ports.store.instances().await.unwrap_or_default();
        let halted = instances.into_iter().filter(|instance| halted.contains(&instance.id));
        let needed = self.engine.room_to_go_on() >> 20;
        let finding = |instance: crate::model::Instance| {
            Finding::failed(
                &format!("instance {}", instance.name),
                "it stands still: the host's disk is full",
                format!("make room; it goes on by itself, and has lost nothing, when {needed} MiB are free"),
            )
        };
        halted.map(finding).collect()
    }

    async fn examine_images(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for blueprint in self.catalogue.blueprints.iter().filter(|blueprint| blueprint.active) {
            let subject = format!("image {}", blueprint.id);
            findings.push(match self.ports.images.base(blueprint).await {
                Ok(Some(base)) => Finding::ok(&subject, base.path.display().to_string()),
                Ok(None) => Finding::ok(&subject, "not here yet; the first launch brings it".to_owned()),
                Err(error) => Finding::warning(&subject, error.message, error.tip.unwrap_or_default()),
            });
        }
        findings
    }

    /// Things with this daemon's tag that no instance accounts for.
    async fn examine_orphans(&self) -> Finding {
        let known: HashSet<InstanceId> = match self.ports.store.instances().await {
            Ok(instances) => instances.iter().map(|instance| instance.id).collect(),
            Err(error) => return Finding::failed("state", error.message, "look at the daemon's log"),
        };
        let domains = self.ports.hypervisor.list().await.unwrap_or_default();
        let mut strays: Vec<String> = Vec::new();
        let mut note = |what: &str, ids: Vec<InstanceId>| {
            strays.extend(ids.into_iter().filter(|id| !known.contains(id)).map(|id| format!("{what} {id}")));
        };
        note("domain", domains.into_iter().map(|(id, _)| id).collect());
        note("tap", self.ports.network.list().await.unwrap_or_default());
        note("rules", self.ports.firewall.list().await.unwrap_or_default());
        note("files", self.ports.volumes.list().await.unwrap_or_default());
        if strays.is_empty() {
            return Finding::ok("state", format!("{} instances, nothing without one", known.len()));
        }
        Finding::warning(
            "state",
            format!("without an instance: {}", strays.join(", ")),
            "nothing is removed by itself; restore the state database, or remove them by hand",
        )
    }
}
