use crate::model::HostFacts;

/// The machine that everything runs on.
pub trait Host: Send + Sync {
    /// Its processors, memory and kernel.
    fn facts(&self) -> HostFacts;
}
