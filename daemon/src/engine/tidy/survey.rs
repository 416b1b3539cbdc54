//! What there is of layers.

use std::collections::{HashMap, HashSet};

use crate::{
    engine::Engine,
    model::{Error, InstanceId, Layer, LayerId, Result, Survey},
};

impl Engine {
    pub(super) async fn survey(&self) -> Result<Survey> {
        let ports = self.ports();
        let mut survey = Survey { room: self.room().await?, ..Survey::default() };
        let running: HashSet<_> = {
            let domains = ports.hypervisor.list().await?.into_iter();
            domains.filter(|(_, state)| state.is_alive()).map(|(id, _)| id).collect()
        };
        let unfinished = ports.store.unfinished().await?;
        let busy: HashSet<_> = unfinished.iter().map(|operation| InstanceId(operation.resource_id)).collect();
        for disk in ports.store.disks().await? {
            survey.tops.insert(disk.stack.top().id, None);
        }
        for instance in ports.store.instances().await? {
            for drive in &instance.drives {
                let runs = running.contains(&instance.id).then_some((instance.id, drive.slot));
                survey.tops.insert(drive.stack.top().id, runs);
                if busy.contains(&instance.id) {
                    survey.busy.extend(drive.stack.layers().map(|layer| layer.id));
                }
            }
        }
        survey.busy.extend(self.shared.holds.held());
        survey.sizes = ports.volumes.measure().await?.into_iter().collect();
        survey.layers = by_id(ports.store.layers().await?);
        let needed = ports.store.layer_use().await?;
        if needed.tops.len() != survey.tops.len() || needed.count != survey.layers.len() {
            // Something came meanwhile, or a record cannot be read: nobody knows then who stands on what.
            return Err(Error::unavailable("what stands on which layer cannot be seen now"));
        }
        survey.kept = needed.kept;
        survey.failed = self.shared.tidiness.failed();
        Ok(survey)
    }

    /// Room that may be written to, in bytes.
    async fn room(&self) -> Result<u64> {
        Ok(self.ports().volumes.free_bytes().await?.saturating_sub(self.shared.limits.headroom))
    }
}

/// Layers by their identity.
pub(in crate::engine) fn by_id(layers: Vec<Layer>) -> HashMap<LayerId, Layer> {
    layers.into_iter().map(|layer| (layer.id, layer)).collect()
}
