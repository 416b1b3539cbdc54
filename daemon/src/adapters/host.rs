//! The machine, by `sysinfo`.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::{model::HostFacts, ports::Host};

/// The machine this runs on, read once: processors and memory do not change while it runs.
pub struct Machine {
    facts: HostFacts,
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
        }
    }
}

impl Host for Machine {
    fn facts(&self) -> HostFacts {
        self.facts.clone()
    }
}
