//! What there is of layers.

use std::collections::{HashMap, HashSet};

use crate::{
    engine::Engine,
    model::{Error, InstanceId, Layer, LayerId, Result, Survey},
};

/// Looks until nothing came or went meanwhile.
const LOOKS: u32 = 10;

impl Engine {
    /// All at one moment, or nothing.
    pub(super) async fn survey(&self) -> Result<Survey> {
        for _ in 0..LOOKS {
            if let Some(survey) = self.look_around().await? {
                return Ok(survey);
            }
        }
        // A record cannot be read: nobody knows then who stands on what.
        Err(Error::unavailable("what stands on which layer cannot be seen now"))
    }

    /// None where something came or went meanwhile, or a record cannot be read.
    async fn look_around(&self) -> Result<Option<Survey>> {
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
            return Ok(None);
        }
        survey.kept = needed.kept;
        survey.failed = self.shared.tidiness.failed();
        Ok(Some(survey))
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
