use async_trait::async_trait;

use super::{Reach, Simulated};
use crate::{
    model::{Bytes, Error, Finding, Instance, InstanceId, Result},
    ports::Firewall,
};

#[async_trait]
impl Firewall for Simulated {
    async fn ensure_all(&self, instances: &[Instance]) -> Result<()> {
        let mut world = self.call("ensure_all")?;
        world.rules = instances.iter().map(reach).collect();
        for instance in instances {
            world.counters.entry(instance.id).or_default();
        }
        Ok(())
    }

    async fn ensure(&self, instance: &Instance) -> Result<()> {
        let mut world = self.call("ensure_rules")?;
        world.rules.extend([reach(instance)]);
        world.counters.entry(instance.id).or_default();
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

    async fn transfer(&self) -> Result<Vec<(InstanceId, Bytes)>> {
        Ok(self.call("transfer")?.counters.iter().map(|(id, bytes)| (*id, *bytes)).collect())
    }

    async fn forget_transfer(&self, id: InstanceId) -> Result<()> {
        let mut world = self.call("forget_transfer")?;
        if world.rules.contains_key(&id) {
            return Err(Error::internal(format!("the counters of {id} are in use")));
        }
        world.counters.remove(&id);
        Ok(())
    }

    async fn examine(&self) -> Vec<Finding> {
        Vec::new()
    }
}

fn reach(instance: &Instance) -> (InstanceId, Reach) {
    let Instance { id, public_ip, ports, published, ipv6, .. } = instance;
    let (ports, published) = (ports.clone(), published.clone());
    (*id, Reach { public_ip: *public_ip, ports, published, ipv6: *ipv6 })
}
