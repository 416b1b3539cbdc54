use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::{
    model::{Charge, Owner, Result, Snapshot, Stretch},
    verbs::Verbs,
};

impl Verbs {
    /// What the snapshots cost that are asked for, of one owner.
    ///
    /// Lightsail bills the room that they take, each snapshot of a disk with what has changed since the one before it. Here those are
    /// the layers that it keeps and no older one of the same disk does, as large as they are now. The image at the bottom is none of
    /// them, so that it comes to less than at Lightsail by that.
    pub(super) async fn charges_of_snapshots(
        &self,
        owner: &Owner,
        now: Timestamp,
        is_asked: impl Fn(&Snapshot) -> bool + Send,
    ) -> Result<Vec<Charge>> {
        let mut all = self.ports.store.snapshots().await?;
        // Those with neither name nor day are there for as long as an operation needs them.
        all.retain(|one| one.owner == *owner && (one.name.is_some() || one.day.is_some()));
        if !all.iter().any(&is_asked) {
            return Ok(Vec::new());
        }
        all.sort_by_key(|one| (one.created_at, one.id));
        let sizes: HashMap<_, _> = self.ports.volumes.measure().await?.into_iter().collect();
        let (mut held, mut charges) = (HashSet::new(), Vec::new());
        for snapshot in &all {
            let mut bytes = 0;
            for frozen in &snapshot.disks {
                let stack = self.ports.store.stack(frozen.layer).await?;
                let new = stack.made().filter(|layer| held.insert((frozen.disk, layer.id)));
                // Of one that nobody has measured it is known that it is no larger than its disk.
                bytes += new.map(|layer| sizes.get(&layer.id).copied().unwrap_or(layer.bytes)).sum::<u64>();
            }
            if is_asked(snapshot) {
                charges.push(Charge::snapshot(bytes, Stretch { start: snapshot.created_at, end: now }));
            }
        }
        Ok(charges)
    }
}
