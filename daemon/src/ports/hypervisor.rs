use std::pin::Pin;

use async_trait::async_trait;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::broadcast,
};

use crate::model::{DomainState, Finding, HypervisorFacts, Instance, InstanceId, Result};

/// A domain that changed its state by itself or by a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomainEvent {
    /// It runs.
    Started(InstanceId),
    /// It is off, for whatever reason.
    Stopped(InstanceId),
    /// Events may have been lost, because the hypervisor was away: look at every domain again.
    Resync,
}

/// Both directions of a serial console.
pub trait Console: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Console for T {}

/// An attached serial console.
pub type ConsoleStream = Pin<Box<dyn Console>>;

/// Whatever runs virtual machines.
#[async_trait]
pub trait Hypervisor: Send + Sync {
    /// Defines the instance's domain as it shall be.
    async fn ensure_defined(&self, instance: &Instance) -> Result<()>;

    /// Forgets the domain, which must be off.
    async fn ensure_undefined(&self, id: InstanceId) -> Result<()>;

    /// Starts the domain, or finds it running.
    async fn ensure_running(&self, id: InstanceId) -> Result<()>;

    /// Asks the guest to shut down, and returns at once; an event tells when it has.
    async fn request_shutdown(&self, id: InstanceId) -> Result<()>;

    /// Cuts the power, or finds the domain off.
    async fn ensure_off(&self, id: InstanceId) -> Result<()>;

    /// The domain's state.
    async fn state(&self, id: InstanceId) -> Result<DomainState>;

    /// Every domain with this daemon's tag.
    async fn list(&self) -> Result<Vec<(InstanceId, DomainState)>>;

    /// What happens to domains from now on.
    fn events(&self) -> broadcast::Receiver<DomainEvent>;

    /// Attaches to the serial console of a running domain.
    async fn console(&self, id: InstanceId) -> Result<ConsoleStream>;

    /// What the console kept, the last `tail` bytes of it.
    async fn console_log(&self, id: InstanceId, tail: usize) -> Result<Vec<u8>>;

    /// Versions and accelerator.
    async fn facts(&self) -> Result<HypervisorFacts>;

    /// What a doctor should know.
    async fn examine(&self) -> Vec<Finding>;
}
