use std::pin::Pin;

use async_trait::async_trait;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::broadcast,
};

use crate::model::{
    Beneath, CpuShare, DomainState, Drive, Ending, Finding, HypervisorFacts, Instance, InstanceId, LayerId,
    Result, Slot, Usage, Way,
};

/// A domain that changed its state by itself or by a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomainEvent {
    /// It runs.
    Started(InstanceId),
    /// It is off, for whatever reason.
    Stopped(InstanceId),
    /// It stands still: there was no room for what its guest wrote.
    Halted(InstanceId),
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

    /// Has a running domain write to these layers from now on, all at the same moment; their files stand on those that it wrote to
    /// until then. Says whether the guest held its file systems still meanwhile: it is asked to, if it answers soon. Where the
    /// domain writes to them already it is left alone.
    async fn pivot(&self, id: InstanceId, tops: &[(Slot, LayerId)]) -> Result<bool>;

    /// Which layers the domain writes to, or would if it were started now.
    async fn tops(&self, id: InstanceId) -> Result<Vec<(Slot, LayerId)>>;

    /// Plugs a disk into a running domain, or finds it there.
    async fn plug(&self, id: InstanceId, drive: &Drive) -> Result<()>;

    /// Takes a disk out of a running domain, or finds it gone.
    async fn unplug(&self, id: InstanceId, slot: Slot) -> Result<()>;

    /// Tells a running guest that a disk is larger.
    async fn grow(&self, id: InstanceId, slot: Slot, bytes: u64) -> Result<()>;

    /// Begins to make layers one beneath a running domain, without stopping it, and returns at once.
    async fn merge(&self, id: InstanceId, slot: Slot, way: &Way) -> Result<()>;

    /// Whether such work is under way at that disk.
    async fn is_merging(&self, id: InstanceId, slot: Slot) -> Result<bool>;

    /// Breaks such work off, or finds none. The disk reads as it did.
    async fn stop_merging(&self, id: InstanceId, slot: Slot) -> Result<()>;

    /// The files of that disk that a running domain has open, the top first, the base image last.
    async fn open_files(&self, id: InstanceId, slot: Slot) -> Result<Vec<Beneath>>;

    /// The domain's state.
    async fn state(&self, id: InstanceId) -> Result<DomainState>;

    /// How a domain ended that is off.
    async fn ending(&self, id: InstanceId) -> Result<Ending>;

    /// Every domain with this daemon's tag.
    async fn list(&self) -> Result<Vec<(InstanceId, DomainState)>>;

    /// Domains that stand still because there was no room for what their guests wrote. What was to be written is written when they go on.
    async fn halted(&self) -> Result<Vec<InstanceId>>;

    /// Has a domain that stands still go on. One that does not is left alone: it may have been stopped meanwhile.
    async fn resume_halted(&self, id: InstanceId) -> Result<()>;

    /// What every running domain has used since it was started, seen from the host: a guest that hangs costs nothing. Domains that do not
    /// answer in time are there with what is known of them.
    async fn usage(&self) -> Result<Vec<(InstanceId, Usage)>>;

    /// Holds each virtual processor of a running domain to a share of a processor's time, or lets them go; that ends with the domain. One
    /// that is off, or not there, is left alone. A host that can hold nobody answers with the code `NO_CPU_CONTROLLER`.
    async fn limit_cpu(&self, id: InstanceId, share: Option<CpuShare>) -> Result<()>;
    /// Whether the agent in a running guest answers, within a few seconds. One that has none does not.
    async fn agent_answers(&self, id: InstanceId) -> Result<bool>;

    /// What is wrong with what guests run on, if it was there once and is not any more.
    async fn accelerator_fault(&self) -> Option<String> {
        None
    }

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
