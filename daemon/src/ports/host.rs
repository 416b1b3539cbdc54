use async_trait::async_trait;

use crate::model::{Finding, HostFacts, Protocol};

/// The machine that everything runs on.
#[async_trait]
pub trait Host: Send + Sync {
    /// Its processors, memory and kernel.
    fn facts(&self) -> HostFacts;

    /// Whether a program on this host listens at that port, at any of its addresses.
    fn listens(&self, protocol: Protocol, port: u16) -> bool;

    /// What a doctor should know; nothing of a machine that is made up.
    async fn examine(&self) -> Vec<Finding> {
        Vec::new()
    }
}
