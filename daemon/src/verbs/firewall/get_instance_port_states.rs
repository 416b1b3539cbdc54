use crate::{
    model::{Caller, PortRule, Result},
    verbs::Verbs,
};

impl Verbs {
    /// The ranges of ports that are open, and for whom.
    pub async fn get_instance_port_states(&self, caller: &Caller, name: &str) -> Result<Vec<PortRule>> {
        Ok(self.find(caller, name).await?.ports)
    }
}
