use std::collections::{HashMap, HashSet};

use super::Verbs;
use crate::model::{Caller, LayerId, ResourceType, Result, Stack};

/// How much room everything takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageReport {
    /// Room on the file system of the disks, in bytes.
    pub total: u64,
    /// What of it is free, in bytes.
    pub free: u64,
    /// Below this no new disk is accepted, in bytes.
    pub headroom: u64,
    /// What each resource takes.
    pub uses: Vec<StorageUse>,
}

/// The room that one resource takes, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageUse {
    /// Its name.
    pub name: String,
    /// What sort of resource it is.
    pub kind: ResourceType,
    /// Size as a guest sees it.
    pub size: u64,
    /// What would be free if it were deleted.
    pub own: u64,
    /// What others need as well.
    pub shared: u64,
    /// Files of its largest stack, the base image included.
    pub depth: usize,
}

/// A resource with the layers that it stands on.
pub(super) struct Holder {
    pub(super) name: String,
    kind: ResourceType,
    size: u64,
    depth: usize,
    pub(super) layers: HashSet<LayerId>,
}

impl Verbs {
    /// How much room the caller's instances, disks and snapshots take on the host, measured there.
    pub async fn get_storage(&self, caller: &Caller) -> Result<StorageReport> {
        let holders = self.holders().await?;
        let mut held: HashMap<LayerId, usize> = HashMap::new();
        for layer in holders.iter().flat_map(|(_, holder)| &holder.layers) {
            *held.entry(*layer).or_default() += 1;
        }
        let sizes: HashMap<_, _> = self.ports.volumes.measure().await?.into_iter().collect();
        let sum = |holder: &Holder, is_own: bool| {
            let layers = holder.layers.iter().filter(|layer| (held.get(layer) == Some(&1)) == is_own);
            layers.filter_map(|layer| sizes.get(layer)).sum()
        };
        let mut uses: Vec<_> = holders
            .iter()
            .filter(|(owner, _)| self.policy.access.allows(caller, owner))
            .map(|(_, holder)| StorageUse {
                name: holder.name.clone(),
                kind: holder.kind,
                size: holder.size,
                own: sum(holder, true),
                shared: sum(holder, false),
                depth: holder.depth,
            })
            .collect();
        uses.sort_by(|one, other| one.name.cmp(&other.name));
        let (free, total) = (self.ports.volumes.free_bytes().await?, self.ports.volumes.total_bytes().await?);
        Ok(StorageReport { total, free, headroom: self.policy.capacity.disk_headroom, uses })
    }

    pub(super) async fn holders(&self) -> Result<Vec<(crate::model::Owner, Holder)>> {
        let store = &self.ports.store;
        let mut holders = Vec::new();
        for instance in store.instances().await? {
            let system = instance.system()?;
            let holder = holder(instance.name.as_str(), ResourceType::Instance, [&system.stack]);
            holders.push((instance.owner.clone(), holder));
        }
        for disk in store.disks().await? {
            holders.push((disk.owner.clone(), holder(disk.name.as_str(), ResourceType::Disk, [&disk.stack])));
        }
        for snapshot in store.snapshots().await? {
            let mut stacks = Vec::new();
            for disk in &snapshot.disks {
                stacks.push(store.stack(disk.layer).await?);
            }
            let holder = holder(snapshot.title(), snapshot.resource_type(), &stacks);
            holders.push((snapshot.owner.clone(), Holder { size: snapshot.bytes(), ..holder }));
        }
        Ok(holders)
    }
}

fn holder<'a>(name: &str, kind: ResourceType, stacks: impl IntoIterator<Item = &'a Stack>) -> Holder {
    let mut holder = Holder { name: name.to_owned(), kind, size: 0, depth: 0, layers: HashSet::new() };
    for stack in stacks {
        holder.size += stack.bytes();
        holder.depth = holder.depth.max(stack.depth());
        holder.layers.extend(stack.made().map(|layer| layer.id));
    }
    holder
}
