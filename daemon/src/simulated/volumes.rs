use std::collections::BTreeMap;

use async_trait::async_trait;
use tokio::sync::Notify;

use super::{LayerFile, Simulated};
use crate::{
    model::{Arrival, Beneath, Cut, Error, Instance, InstanceId, Kind, Layer, LayerId, Result, Way},
    ports::{Parcel, Pieces, Told, Volumes},
};

/// What a simulated guest writes at once, in bytes.
pub(super) const BLOCK: u64 = 64 << 10;

fn missing(id: LayerId) -> Error {
    Error::internal(format!("layer {id} is missing"))
}

#[async_trait]
impl Volumes for Simulated {
    async fn make_layer(&self, layer: &Layer, beneath: &Beneath) -> Result<()> {
        let mut world = self.call("make_layer")?;
        if world.disk_free == 0 {
            return Err(Error::new(Kind::Capacity, "InsufficientDisk", "No space left on device"));
        }
        match beneath {
            Beneath::Awaited => return Err(Error::internal("the base image is not here yet")),
            Beneath::Layer(id) if !world.layers.contains_key(id) => {
                return Err(missing(*id));
            }
            _ => {}
        }
        let file = LayerFile { beneath: beneath.clone(), bytes: layer.bytes, content: BTreeMap::new() };
        world.layers.insert(layer.id, file);
        Ok(())
    }

    async fn grow_layer(&self, id: LayerId, bytes: u64) -> Result<()> {
        let mut world = self.call("grow_layer")?;
        let file = world.layers.get_mut(&id).ok_or_else(|| missing(id))?;
        file.bytes = file.bytes.max(bytes);
        Ok(())
    }

    async fn check_layer(&self, id: LayerId) -> Result<Option<String>> {
        let world = self.call("check_layer")?;
        Ok(world.damaged.contains(&id).then(|| "simulated damage".to_owned()))
    }

    async fn digest_layer(&self, id: LayerId, _: &Notify) -> Result<Option<String>> {
        let world = self.call("digest_layer")?;
        let file = world.layers.get(&id).ok_or_else(|| missing(id))?;
        Ok(Some(format!("{:?}", file.content)))
    }

    async fn beneath_layer(&self, id: LayerId) -> Result<Beneath> {
        let world = self.call("beneath_layer")?;
        world.layers.get(&id).map(|file| file.beneath.clone()).ok_or_else(|| missing(id))
    }

    async fn put_layer_on(&self, id: LayerId, beneath: &Beneath) -> Result<()> {
        let mut world = self.call("put_layer_on")?;
        world.layers.get_mut(&id).ok_or_else(|| missing(id))?.beneath = beneath.clone();
        Ok(())
    }

    async fn merge_layers(&self, way: &Way, _: &Notify) -> Result<bool> {
        let fault = self.call("merge_layers").err();
        self.world().merge(way, fault.is_some())?;
        fault.map_or(Ok(true), Err)
    }

    async fn remove_layer(&self, id: LayerId) -> Result<()> {
        self.call("remove_layer")?.layers.remove(&id);
        Ok(())
    }

    async fn layers(&self) -> Result<Vec<LayerId>> {
        Ok(self.call("list_layers")?.layers.keys().copied().collect())
    }

    async fn export_layer(&self, cut: &Cut, told: Told) -> Result<Parcel> {
        drop(self.call("export_layer")?);
        self.hand_out(cut, &told)
    }

    async fn receive_layer(&self, arrival: &Arrival, file: Pieces, told: Told) -> Result<u64> {
        drop(self.call("receive_layer")?);
        self.take_in(arrival, file, &told).await
    }

    async fn keep_received(&self, id: LayerId) -> Result<()> {
        let mut world = self.call("keep_received")?;
        let file = world.arrivals.remove(&id);
        let file = file.ok_or_else(|| Error::internal(format!("the file of layer {id} has not come")))?;
        world.layers.insert(id, file);
        world.unsettled.insert(id);
        Ok(())
    }

    async fn settle_received(&self, id: LayerId, is_recorded: bool) -> Result<()> {
        let mut world = self.call("settle_received")?;
        if !is_recorded {
            world.layers.remove(&id);
        }
        world.unsettled.remove(&id);
        Ok(())
    }

    async fn unsettled(&self) -> Result<Vec<LayerId>> {
        Ok(self.call("unsettled")?.unsettled.iter().copied().collect())
    }

    async fn drop_received(&self, id: LayerId) {
        self.world().arrivals.remove(&id);
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

    async fn measure(&self) -> Result<Vec<(LayerId, u64)>> {
        let world = self.call("measure")?;
        Ok(world.layers.iter().map(|(id, file)| (*id, BLOCK * file.content.len() as u64)).collect())
    }

    async fn total_bytes(&self) -> Result<u64> {
        Ok(1 << 40)
    }

    async fn free_bytes(&self) -> Result<u64> {
        Ok(self.call("free_bytes")?.disk_free)
    }
}
