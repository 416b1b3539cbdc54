//! The machine, by `sysinfo`, and how its own programs find instances.

mod listeners;
mod names;
mod own;

use std::{
    net::Ipv4Addr,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

use crate::{
    model::{Finding, HostFacts, HostLoad, Protocol},
    ports::Host,
};

/// The machine this runs on, read once: processors and memory do not change while it runs.
pub struct Machine {
    facts: HostFacts,
    names: Option<Ipv4Addr>,
    /// Holds what the processors had done when the load was asked for last.
    system: Mutex<Option<System>>,
}

impl Machine {
    /// Reads the facts.
    #[must_use]
    pub fn read() -> Self {
        let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
        let memory_bytes = System::new_with_specifics(memory).map_or(0, |system| system.total_memory());
        let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self {
            facts: HostFacts {
                cpu_count: u32::try_from(cpus).unwrap_or(u32::MAX),
                memory_bytes,
                kernel: System::kernel_version().unwrap_or_default(),
            },
            names: None,
            system: Mutex::default(),
        }
    }

    /// Names are served at that address, and the machine's own programs should find instances by them. Where that is not
    /// said nobody looks: a simulated host serves none.
    #[must_use]
    pub fn with_names_at(mut self, gateway: Ipv4Addr) -> Self {
        self.names = Some(gateway);
        self
    }
}

#[async_trait]
impl Host for Machine {
    fn facts(&self) -> HostFacts {
        self.facts.clone()
    }

    fn name(&self) -> String {
        System::host_name().unwrap_or_default()
    }

    fn load(&self) -> HostLoad {
        let load = System::load_average().ok().map(|load| load.one);
        let mut last = self.system.lock().unwrap_or_else(PoisonError::into_inner);
        let is_first = last.is_none();
        if is_first {
            *last = System::new().ok();
        }
        let Some(system) = last.as_mut() else { return HostLoad { load, ..HostLoad::default() } };
        system.refresh_cpu_specifics(CpuRefreshKind::nothing().with_usage());
        system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        HostLoad {
            cpu_percent: (!is_first).then(|| f64::from(system.global_cpu_usage())),
            memory_used: Some(system.used_memory()),
            load,
        }
    }

    fn boot_id(&self) -> String {
        let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        id.trim().to_owned()
    }

    fn listens(&self, protocol: Protocol, port: u16) -> bool {
        listeners::at(protocol, port)
    }

    fn own_use(&self) -> Option<crate::model::ProcessUse> {
        own::read()
    }

    async fn examine(&self) -> Vec<Finding> {
        match self.names {
            Some(gateway) => vec![names::examine(gateway).await],
            None => Vec::new(),
        }
    }
}
