//! The firewall of an instance: one file for each verb.

mod close_instance_public_ports;
mod get_instance_port_states;
mod open_instance_public_ports;
mod put_instance_public_ports;

use super::{Verbs, follow::Work};
use crate::{
    model::{
        Caller, Instance, Operation, OperationKind, PortRange, PortRule, Result, Sources, Status, changed,
    },
    ports::Change,
};

impl Verbs {
    /// Gives an instance the rules that `change` makes of those it has.
    async fn change_ports(
        &self,
        caller: &Caller,
        name: &str,
        (kind, details): (OperationKind, String),
        change: impl FnOnce(&Instance) -> Result<Vec<PortRule>>,
    ) -> Result<Operation> {
        // Two who change the same rules at once come one after the other.
        let alone = self.admission.clone().lock_owned().await;
        let instance = self.find(caller, name).await?;
        if instance.status == Status::ShuttingDown {
            return Err(instance.status.refuse("change the ports of", &instance.name, "it is being deleted"));
        }
        let rules = change(&instance)?;
        let operation =
            self.done(caller, kind, &instance, details).changing(changed::ports(&instance.ports, &rules));
        let work = Work {
            changes: vec![Change::SetPorts(instance.id, rules)],
            back: vec![Change::SetPorts(instance.id, instance.ports)],
            touched: vec![instance.id],
            rewire: false,
            operations: vec![operation.clone()],
        };
        self.follow(alone, work).await.map(|_| operation)
    }
}

/// The rule that a request means: for everybody, where it names nobody.
fn rule(range: PortRange, sources: Sources) -> PortRule {
    let sources = if sources.is_empty() { Sources::everybody(range) } else { sources };
    PortRule { range, sources }
}
