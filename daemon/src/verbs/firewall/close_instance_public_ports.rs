use crate::{
    model::{Caller, Operation, OperationKind, PortRange, Result, Sources, firewall},
    verbs::Verbs,
};

impl Verbs {
    /// Closes a range of ports for some sources, or for everybody where none is named.
    pub async fn close_instance_public_ports(
        &self,
        caller: &Caller,
        name: &str,
        range: PortRange,
        sources: Sources,
    ) -> Result<Operation> {
        let kind = (OperationKind::CloseInstancePublicPorts, range.to_string());
        self.change_ports(caller, name, kind, |instance| firewall::closed(&instance.ports, range, &sources))
            .await
    }
}
