use super::rule;
use crate::{
    model::{Caller, Operation, OperationKind, PortRange, Result, Sources, firewall},
    verbs::Verbs,
};

impl Verbs {
    /// Opens these ranges and closes every other.
    pub async fn put_instance_public_ports(
        &self,
        caller: &Caller,
        name: &str,
        wanted: Vec<(PortRange, Sources)>,
    ) -> Result<Operation> {
        let words: Vec<_> = wanted.iter().map(|(range, _)| range.to_string()).collect();
        let kind = (OperationKind::PutInstancePublicPorts, words.join(", "));
        let rules = wanted.into_iter().map(|(range, sources)| rule(range, sources)).collect();
        self.change_ports(caller, name, kind, |_| firewall::put(rules)).await
    }
}
