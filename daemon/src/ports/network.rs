use async_trait::async_trait;
use tokio::sync::broadcast;

use crate::model::{Bytes, Finding, Instance, InstanceId, Result};

/// Something that was seen on an instance's wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkEvent {
    /// The guest was given its address.
    Leased(InstanceId),
}

/// The wires: one tap for each instance, routed by the host, with DHCP answered on it.
#[async_trait]
pub trait Network: Send + Sync {
    /// Prepares the host: gateway address, routes, forwarding.
    async fn ensure_host(&self) -> Result<()>;

    /// Makes the instance's tap, route and neighbour entry, and answers DHCP on it.
    async fn ensure_link(&self, instance: &Instance) -> Result<()>;

    /// Takes the tap away, and with it all that hangs on it.
    async fn remove_link(&self, id: InstanceId) -> Result<()>;

    /// Instances that have a tap made by this daemon.
    async fn list(&self) -> Result<Vec<InstanceId>>;

    /// Whether the instance's SSH server sends its banner now.
    async fn ssh_answers(&self, instance: &Instance) -> bool;

    /// Whether somebody on the instance's wire says that it has the instance's address: the guest's kernel does, within a second or two.
    async fn arp_answers(&self, instance: &Instance) -> Result<bool>;

    /// Bytes on each wire since it was made, what goes to the guest inward.
    async fn traffic(&self) -> Result<Vec<(InstanceId, Bytes)>>;

    /// What happens on the wires from now on.
    fn events(&self) -> broadcast::Receiver<LinkEvent>;

    /// What a doctor should know.
    async fn examine(&self) -> Vec<Finding>;
}
