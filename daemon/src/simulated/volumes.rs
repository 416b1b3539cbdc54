use async_trait::async_trait;

use super::Simulated;
use crate::{
    model::{Error, Instance, InstanceId, Kind, Result},
    ports::Volumes,
};

#[async_trait]
impl Volumes for Simulated {
    async fn ensure_disk(&self, instance: &Instance) -> Result<()> {
        let mut world = self.call("ensure_disk")?;
        if world.disk_free == 0 {
            return Err(Error::new(Kind::Capacity, "InsufficientDisk", "No space left on device"));
        }
        world.disks.insert(instance.id);
        Ok(())
    }

    async fn ensure_seed(&self, instance: &Instance) -> Result<()> {
        self.call("ensure_seed")?.seeds.insert(instance.id);
        Ok(())
    }

    async fn remove_seed(&self, id: InstanceId) -> Result<()> {
        self.call("remove_seed")?.seeds.remove(&id);
        Ok(())
    }

    async fn remove_all(&self, id: InstanceId) -> Result<()> {
        let mut world = self.call("remove_all")?;
        world.seeds.remove(&id);
        world.disks.remove(&id);
        Ok(())
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        let world = self.call("list_files")?;
        Ok(world.disks.union(&world.seeds).copied().collect())
    }

    async fn free_bytes(&self) -> Result<u64> {
        Ok(self.call("free_bytes")?.disk_free)
    }
}
