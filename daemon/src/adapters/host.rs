//! The machine, by `sysinfo`, and how its own programs find instances.

mod listeners;
mod names;

use std::net::Ipv4Addr;

use async_trait::async_trait;
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::{
    model::{Finding, HostFacts, Protocol},
    ports::Host,
};

/// The machine this runs on, read once: processors and memory do not change while it runs.
pub struct Machine {
    facts: HostFacts,
    names: Option<Ipv4Addr>,
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

    fn listens(&self, protocol: Protocol, port: u16) -> bool {
        listeners::at(protocol, port)
    }

    async fn examine(&self) -> Vec<Finding> {
        match self.names {
            Some(gateway) => vec![names::examine(gateway).await],
            None => Vec::new(),
        }
    }
}
