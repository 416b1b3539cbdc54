use async_trait::async_trait;

use super::Simulated;
use crate::{
    model::{Finding, Instance, InstanceId, Result},
    ports::Firewall,
};

#[async_trait]
impl Firewall for Simulated {
    async fn ensure_all(&self, instances: &[Instance]) -> Result<()> {
        self.call("ensure_all")?.rules = instances.iter().map(|instance| instance.id).collect();
        Ok(())
    }

    async fn ensure(&self, instance: &Instance) -> Result<()> {
        self.call("ensure_rules")?.rules.insert(instance.id);
        Ok(())
    }

    async fn remove(&self, instance: &Instance) -> Result<()> {
        self.call("remove_rules")?.rules.remove(&instance.id);
        Ok(())
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        Ok(self.call("list_rules")?.rules.iter().copied().collect())
    }

    async fn examine(&self) -> Vec<Finding> {
        Vec::new()
    }
}
