//! What the engine and the verbs need from the world, in model types only.
//!
//! Each trait has a real adapter and a simulated one, and both pass the same contract tests. "Ensure" means: make it so,
//! and be content when it is so already. Removing what is not there is no failure.

mod alarm_change;
mod clock;
mod firewall;
mod host;
mod hypervisor;
mod images;
mod keys;
mod metrics;
mod network;
mod notifier;
mod store;
mod volumes;

use std::sync::Arc;

pub use alarm_change::AlarmChange;
pub use clock::Clock;
pub use firewall::Firewall;
pub use host::Host;
pub use hypervisor::{Console, ConsoleStream, DomainEvent, Hypervisor};
pub use images::{Images, Pieces, Told};
pub use keys::{Keys, NewKey};
pub use metrics::Metrics;
pub use network::{LinkEvent, Network};
pub use notifier::Notifier;
pub use store::{Address, Change, LayerUse, OperationFilter, RecoveryChange, Store};
pub use volumes::{Parcel, Volumes};

/// One of each.
#[derive(Clone)]
pub struct Ports {
    /// Virtual machines.
    pub hypervisor: Arc<dyn Hypervisor>,
    /// Taps, addresses and routes.
    pub network: Arc<dyn Network>,
    /// Packet filter.
    pub firewall: Arc<dyn Firewall>,
    /// Disks and seeds.
    pub volumes: Arc<dyn Volumes>,
    /// Base images.
    pub images: Arc<dyn Images>,
    /// What is remembered.
    pub store: Arc<dyn Store>,
    /// What was measured.
    pub metrics: Arc<dyn Metrics>,
    /// Whoever tells people.
    pub notifier: Arc<dyn Notifier>,
    /// The machine.
    pub host: Arc<dyn Host>,
    /// SSH keys.
    pub keys: Arc<dyn Keys>,
    /// Time of day.
    pub clock: Arc<dyn Clock>,
}
