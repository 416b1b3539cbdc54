use async_trait::async_trait;

use super::{Reach, Simulated};
use crate::{
    model::{Finding, Instance, InstanceId, Result},
    ports::Firewall,
};

#[async_trait]
impl Firewall for Simulated {
    async fn ensure_all(&self, instances: &[Instance]) -> Result<()> {
        self.call("ensure_all")?.rules = instances.iter().map(reach).collect();
        Ok(())
    }

    async fn ensure(&self, instance: &Instance) -> Result<()> {
        self.call("ensure_rules")?.rules.extend([reach(instance)]);
        Ok(())
    }

    async fn refresh(&self, instances: &[Instance]) -> Result<()> {
        let mut world = self.call("refresh_rules")?;
        for instance in instances {
            if let Some(rules) = world.rules.get_mut(&instance.id) {
                *rules = reach(instance).1;
            }
        }
        Ok(())
    }

    async fn remove(&self, instance: &Instance) -> Result<()> {
        self.call("remove_rules")?.rules.remove(&instance.id);
        Ok(())
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        Ok(self.call("list_rules")?.rules.keys().copied().collect())
    }

    async fn examine(&self) -> Vec<Finding> {
        Vec::new()
    }
}

fn reach(instance: &Instance) -> (InstanceId, Reach) {
    (instance.id, Reach { public_ip: instance.public_ip, ports: instance.ports.clone() })
}
