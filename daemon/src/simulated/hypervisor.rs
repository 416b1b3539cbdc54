use async_trait::async_trait;
use tokio::sync::broadcast;

use super::Simulated;
use crate::{
    model::{
        Accelerator, Beneath, CpuShare, DomainState, Drive, Ending, Error, Finding, HypervisorFacts,
        Instance, InstanceId, Kind, LayerId, NO_CPU_CONTROLLER, Result, Slot, Usage, Way,
    },
    ports::{ConsoleStream, DomainEvent, Hypervisor},
};

impl Simulated {
    /// The files of a disk, as they name each other. Those that a domain has open are the same here.
    fn open(&self, id: InstanceId, slot: Slot) -> Vec<LayerId> {
        let world = self.world();
        let mut next = world.drives.get(&id).and_then(|drives| drives.get(&slot)).copied();
        let mut open = Vec::new();
        while let Some(layer) = next {
            open.push(layer);
            next = match world.layers.get(&layer).map(|file| &file.beneath) {
                Some(Beneath::Layer(below)) => Some(*below),
                _ => None,
            };
        }
        open
    }
}

/// What a simulated guest writes when it is asked for its console.
const GREETING: &[u8] = b"simulated guest: nothing runs here\n";

#[async_trait]
impl Hypervisor for Simulated {
    async fn ensure_defined(&self, instance: &Instance) -> Result<()> {
        let mut world = self.call("ensure_defined")?;
        world.domains.entry(instance.id).or_insert(DomainState::Off);
        let tops = instance.drives.iter().map(|drive| (drive.slot, drive.stack.top().id)).collect();
        world.drives.insert(instance.id, tops);
        Ok(())
    }

    async fn ensure_undefined(&self, id: InstanceId) -> Result<()> {
        let mut world = self.call("ensure_undefined")?;
        if world.domains.get(&id).is_some_and(|state| state.is_alive()) {
            return Err(Error::new(Kind::WrongState, "DomainRunning", format!("domain of {id} is running")));
        }
        world.domains.remove(&id);
        world.drives.remove(&id);
        Ok(())
    }

    async fn ensure_running(&self, id: InstanceId) -> Result<()> {
        let mut world = self.call("ensure_running")?;
        match world.domains.get(&id) {
            None => return Err(Error::not_found("domain", id.domain())),
            Some(DomainState::Running) => return Ok(()),
            Some(DomainState::Paused) => {
                world.domains.insert(id, DomainState::Running);
                return Ok(());
            }
            Some(_) => {}
        }
        let has_disks = world
            .drives
            .get(&id)
            .is_some_and(|drives| drives.values().all(|layer| world.layers.contains_key(layer)));
        if !(world.links.contains(&id) && has_disks && world.seeds.contains(&id)) {
            return Err(Error::internal(format!("{}: disk, seed or tap is missing", id.domain())));
        }
        *world.power_ons.entry(id).or_default() += 1;
        // Whatever it hung at, it begins anew.
        world.mute.remove(&id);
        world.stalled.remove(&id);
        drop(world);
        self.set_domain(id, DomainState::Running);
        Ok(())
    }

    async fn request_shutdown(&self, id: InstanceId) -> Result<()> {
        let deaf = self.call("request_shutdown")?.deaf.contains(&id);
        if !deaf {
            self.end(id, Ending::Guest);
        }
        Ok(())
    }

    async fn ensure_off(&self, id: InstanceId) -> Result<()> {
        let alive = self.call("ensure_off")?.domains.get(&id).is_some_and(|state| state.is_alive());
        if alive {
            self.end(id, Ending::Destroyed);
        }
        Ok(())
    }

    async fn pivot(&self, id: InstanceId, tops: &[(Slot, LayerId)]) -> Result<bool> {
        let mut world = self.call("pivot")?;
        if !world.domains.get(&id).is_some_and(|state| state.is_alive()) {
            return Err(Error::internal(format!("{} is not running", id.domain())));
        }
        let drives = world.drives.get(&id).cloned().unwrap_or_default();
        for (slot, top) in tops.iter().filter(|(slot, top)| drives.get(slot) != Some(top)) {
            let beneath = drives.get(slot).copied().map(Beneath::Layer);
            if world.layers.get(top).map(|file| &file.beneath) != beneath.as_ref() {
                return Err(Error::internal(format!("layer {top} does not stand on the top of {slot}")));
            }
        }
        world.drives.entry(id).or_default().extend(tops.iter().copied());
        Ok(!world.deaf.contains(&id))
    }

    async fn tops(&self, id: InstanceId) -> Result<Vec<(Slot, LayerId)>> {
        let world = self.call("tops")?;
        Ok(world.drives.get(&id).into_iter().flatten().map(|(slot, layer)| (*slot, *layer)).collect())
    }

    async fn plug(&self, id: InstanceId, drive: &Drive) -> Result<()> {
        let mut world = self.call("plug")?;
        let top = drive.stack.top().id;
        if !world.layers.contains_key(&top) {
            return Err(Error::internal(format!("layer {top} is missing")));
        }
        world.drives.entry(id).or_default().insert(drive.slot, top);
        Ok(())
    }

    async fn unplug(&self, id: InstanceId, slot: Slot) -> Result<()> {
        self.call("unplug")?.drives.entry(id).or_default().remove(&slot);
        Ok(())
    }

    async fn grow(&self, id: InstanceId, slot: Slot, bytes: u64) -> Result<()> {
        let mut world = self.call("grow")?;
        let top = world.drives.get(&id).and_then(|drives| drives.get(&slot)).copied();
        let file = top.and_then(|top| world.layers.get_mut(&top));
        let file = file.ok_or_else(|| Error::internal(format!("{} has no disk at {slot}", id.domain())))?;
        file.bytes = file.bytes.max(bytes);
        Ok(())
    }

    async fn merge(&self, id: InstanceId, slot: Slot, way: &Way) -> Result<()> {
        let fault = self.call("merge").err();
        let open = self.open(id, slot);
        let mut world = self.world();
        match way {
            Way::Pull { into, .. } if open.first() != Some(into) => {
                return Err(Error::internal(format!("{} does not write to layer {into}", id.domain())));
            }
            Way::Commit { top, .. } if !open.iter().skip(1).any(|layer| layer == top) => {
                return Err(Error::internal(format!(
                    "{} has layer {top} not open, or as its top",
                    id.domain()
                )));
            }
            _ => world.merge(way, fault.is_some())?,
        }
        if let (Way::Commit { top, base }, None) = (way, &fault) {
            let above =
                open.iter().position(|layer| layer == top).and_then(|at| open.get(at.checked_sub(1)?));
            if let Some(file) = above.and_then(|above| world.layers.get_mut(above)) {
                file.beneath = Beneath::Layer(*base);
            }
        }
        fault.map_or(Ok(()), Err)
    }

    async fn is_merging(&self, _: InstanceId, _: Slot) -> Result<bool> {
        self.call("is_merging").map(|_| false)
    }

    async fn stop_merging(&self, _: InstanceId, _: Slot) -> Result<()> {
        self.call("stop_merging").map(drop)
    }

    async fn open_files(&self, id: InstanceId, slot: Slot) -> Result<Vec<Beneath>> {
        drop(self.call("open_files")?);
        let open = self.open(id, slot);
        let base = open.last().and_then(|last| Some(self.world().layers.get(last)?.beneath.clone()));
        let base = base.filter(|base| matches!(base, Beneath::Base(_)));
        Ok(open.into_iter().map(Beneath::Layer).chain(base).collect())
    }

    async fn state(&self, id: InstanceId) -> Result<DomainState> {
        Ok(self.call("state")?.domains.get(&id).copied().unwrap_or(DomainState::Absent))
    }

    async fn ending(&self, id: InstanceId) -> Result<Ending> {
        Ok(self.call("ending")?.endings.get(&id).copied().unwrap_or(Ending::Unknown))
    }

    async fn list(&self) -> Result<Vec<(InstanceId, DomainState)>> {
        Ok(self.call("list_domains")?.domains.iter().map(|(id, state)| (*id, *state)).collect())
    }

    async fn halted(&self) -> Result<Vec<InstanceId>> {
        let world = self.call("halted")?;
        let halted = world.domains.iter().filter(|(_, state)| **state == DomainState::Paused);
        Ok(halted.map(|(id, _)| *id).collect())
    }

    async fn resume_halted(&self, id: InstanceId) -> Result<()> {
        let mut world = self.call("resume_halted")?;
        if let Some(state) = world.domains.get_mut(&id).filter(|state| **state == DomainState::Paused) {
            *state = DomainState::Running;
        }
        Ok(())
    }

    async fn usage(&self) -> Result<Vec<(InstanceId, Usage)>> {
        let world = self.call("usage")?;
        let alive = world.domains.iter().filter(|(_, state)| state.is_alive());
        let made_up = |id| self.made_up(id, world.power_ons.get(&id).copied().unwrap_or_default());
        Ok(alive.map(|(id, _)| (*id, world.usage.get(id).copied().unwrap_or_else(|| made_up(*id)))).collect())
    }

    async fn limit_cpu(&self, id: InstanceId, share: Option<CpuShare>) -> Result<()> {
        let is_stuck = self.call("limit_cpu")?.stuck_cpus.contains(&id);
        if is_stuck {
            std::future::pending::<()>().await;
        }
        let mut world = self.world();
        if !world.domains.get(&id).is_some_and(|state| state.is_alive()) {
            return Ok(());
        }
        if world.no_cpu_controller {
            return Err(Error::new(Kind::Unavailable, NO_CPU_CONTROLLER, "simulated: nobody can be held"));
        }
        match share {
            Some(share) => world.cpu_limits.insert(id, share),
            None => world.cpu_limits.remove(&id),
        };
        Ok(())
    }

    async fn agent_answers(&self, id: InstanceId) -> Result<bool> {
        let (stalled, runs, mute) = {
            let world = self.call("agent_answers")?;
            let runs = world.domains.get(&id) == Some(&DomainState::Running);
            (world.stalled.contains(&id), runs, world.mute.contains(&id))
        };
        if stalled {
            std::future::pending::<()>().await;
        }
        Ok(runs && !mute)
    }

    async fn accelerator_fault(&self) -> Option<String> {
        self.world().accelerator_fault.clone()
    }

    fn events(&self) -> broadcast::Receiver<DomainEvent> {
        self.inner.domain_events.subscribe()
    }

    async fn console(&self, id: InstanceId) -> Result<ConsoleStream> {
        if self.state(id).await? != DomainState::Running {
            return Err(Error::new(Kind::WrongState, "InvalidInstanceState", "The instance is not running"));
        }
        // An echo: what is typed comes back.
        let (near, far) = tokio::io::duplex(4096);
        tokio::spawn(async move {
            let (mut reader, mut writer) = tokio::io::split(far);
            let _ = tokio::io::copy(&mut reader, &mut writer).await;
        });
        Ok(Box::pin(near))
    }

    async fn console_log(&self, id: InstanceId, tail: usize) -> Result<Vec<u8>> {
        let log = if self.world().domains.contains_key(&id) { GREETING } else { b"" };
        Ok(log[log.len().saturating_sub(tail)..].to_vec())
    }

    async fn facts(&self) -> Result<HypervisorFacts> {
        Ok(HypervisorFacts {
            name: "simulated".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            accelerator: Accelerator::Simulated,
            reason: "the configuration asks for a simulated host".into(),
        })
    }

    async fn examine(&self) -> Vec<Finding> {
        vec![Finding::warning(
            "hypervisor",
            "simulated: instances are records without machines",
            "set hypervisor = \"libvirt\" for real ones",
        )]
    }
}
