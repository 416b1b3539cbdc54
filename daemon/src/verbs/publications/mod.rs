//! Ports of the host's own addresses that lead to instances: one file for each verb.

mod get_published_ports;
mod publish_port;
mod unpublish_port;

use tokio::sync::OwnedMutexGuard;

use super::{Verbs, admission::Cursor, follow::Work};
use crate::{
    model::{Caller, Instance, Operation, OperationKind, Publication, Result, changed},
    ports::Change,
};

impl Verbs {
    /// Gives an instance these published ports in place of those that it has.
    async fn change_published(
        &self,
        caller: &Caller,
        alone: OwnedMutexGuard<Cursor>,
        instance: Instance,
        (kind, what): (OperationKind, Publication),
        published: Vec<Publication>,
    ) -> Result<Operation> {
        let before = instance.published.iter().find(|one| one.is_same_port(&what));
        let change = match (kind, before) {
            (OperationKind::PublishPort, None) => what.to_string(),
            (OperationKind::PublishPort, Some(before)) => changed::between(before, what),
            _ => format!("{what} closed"),
        };
        let operation = self.done(caller, kind, &instance, what.to_string()).changing(change);
        let work = Work {
            changes: vec![Change::SetPublished(instance.id, published)],
            back: vec![Change::SetPublished(instance.id, instance.published)],
            touched: vec![instance.id],
            rewire: true,
            operations: vec![operation.clone()],
        };
        self.follow(alone, work).await.map(|_| operation)
    }
}
