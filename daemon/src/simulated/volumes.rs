use async_trait::async_trait;

use super::Simulated;
use crate::{
    model::{Beneath, Error, Instance, InstanceId, Kind, Layer, LayerId, Result},
    ports::Volumes,
};

#[async_trait]
impl Volumes for Simulated {
    async fn ensure_layer(&self, layer: &Layer) -> Result<()> {
        let mut world = self.call("ensure_layer")?;
        if world.disk_free == 0 {
            return Err(Error::new(Kind::Capacity, "InsufficientDisk", "No space left on device"));
        }
        if layer.beneath == Beneath::Awaited {
            return Err(Error::internal("the base image is not here yet"));
        }
        world.layers.entry(layer.id).or_insert_with(|| layer.clone());
        Ok(())
    }

    async fn remove_layer(&self, id: LayerId) -> Result<()> {
        self.call("remove_layer")?.layers.remove(&id);
        Ok(())
    }

    async fn layers(&self) -> Result<Vec<LayerId>> {
        Ok(self.call("list_layers")?.layers.keys().copied().collect())
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
        self.call("remove_all")?.seeds.remove(&id);
        Ok(())
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        Ok(self.call("list_files")?.seeds.iter().copied().collect())
    }

    async fn free_bytes(&self) -> Result<u64> {
        Ok(self.call("free_bytes")?.disk_free)
    }
}
