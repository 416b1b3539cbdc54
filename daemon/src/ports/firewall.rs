use async_trait::async_trait;

use crate::model::{Bytes, Finding, Instance, InstanceId, Result};

/// The packet filter: every instance's own rules, and what keeps instances apart.
#[async_trait]
pub trait Firewall: Send + Sync {
    /// Makes the whole rule set what `instances` ask for, in one transaction: what else was in it is gone afterwards.
    async fn ensure_all(&self, instances: &[Instance]) -> Result<()>;

    /// Puts one instance's address and rules in place, in one transaction. Called before it boots.
    async fn ensure(&self, instance: &Instance) -> Result<()>;

    /// Makes the addresses and rules of those of `instances` that have some what they are now, all in one transaction: at no
    /// moment does an address lead to two of them. What an address leads away from loses its connections. On failure the
    /// old rules stand.
    async fn refresh(&self, instances: &[Instance]) -> Result<()>;

    /// Takes one instance's address and rules out, in one transaction. Its counters stay.
    async fn remove(&self, instance: &Instance) -> Result<()>;

    /// Instances that have rules.
    async fn list(&self) -> Result<Vec<InstanceId>>;

    /// What each instance has exchanged with the outside, by counters that begin with its first rules and go on until they
    /// are taken away: one that says less than before, or is not there, was begun anew. One that somebody takes away is begun
    /// where it was when this was called last.
    async fn transfer(&self) -> Result<Vec<(InstanceId, Bytes)>>;

    /// Takes away the counters of an instance that is no more.
    async fn forget_transfer(&self, id: InstanceId) -> Result<()>;

    /// What a doctor should know.
    async fn examine(&self) -> Vec<Finding>;
}
