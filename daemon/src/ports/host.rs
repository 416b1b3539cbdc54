use async_trait::async_trait;

use crate::model::{Finding, HostFacts, HostLoad, ProcessUse, Protocol};

/// The machine that everything runs on.
#[async_trait]
pub trait Host: Send + Sync {
    /// Its processors, memory and kernel.
    fn facts(&self) -> HostFacts;

    /// What it is called; empty where nobody says so.
    fn name(&self) -> String {
        String::new()
    }

    /// How busy it is.
    fn load(&self) -> HostLoad {
        HostLoad::default()
    }

    /// What the daemon itself takes of it; nothing of a machine that is made up.
    fn own_use(&self) -> Option<ProcessUse> {
        None
    }

    /// Another one with each start of the host; empty where nobody knows.
    fn boot_id(&self) -> String {
        String::new()
    }

    /// Whether a program on this host listens at that port, at any of its addresses.
    fn listens(&self, protocol: Protocol, port: u16) -> bool;

    /// What a doctor should know; nothing of a machine that is made up.
    async fn examine(&self) -> Vec<Finding> {
        Vec::new()
    }
}
