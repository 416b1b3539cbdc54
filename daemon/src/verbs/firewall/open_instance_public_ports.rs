use super::rule;
use crate::{
    model::{Caller, Operation, OperationKind, PortRange, Result, Sources, firewall},
    verbs::Verbs,
};

impl Verbs {
    /// Opens a range of ports for some sources, or for everybody where none is named. Nobody is shut out by it.
    pub async fn open_instance_public_ports(
        &self,
        caller: &Caller,
        name: &str,
        range: PortRange,
        sources: Sources,
    ) -> Result<Operation> {
        let kind = (OperationKind::OpenInstancePublicPorts, range.to_string());
        self.change_ports(caller, name, kind, |instance| {
            firewall::opened(&instance.ports, rule(range, sources))
        })
        .await
    }
}
