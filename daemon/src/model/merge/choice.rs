//! What is worth doing next.

use std::collections::HashMap;

use super::{DEPTH, Merge, Survey, Way};
use crate::model::{Beneath, InstanceId, LayerId, Slot};

/// A layer as small as this is taken up whatever it is taken up into, in bytes.
const SMALL: u64 = 64 << 20;

type Drive = (InstanceId, Slot);

impl Survey {
    /// The next thing to do, if there is any: first what needs no more room in the end, then what makes disks shallower.
    pub fn next(&self) -> Option<Merge> {
        let open = self.open();
        let mut lower: Vec<_> = self.layers.keys().copied().collect();
        lower.sort_unstable();
        let fold = lower.iter().find_map(|id| self.fold(*id, &open).filter(|merge| self.is_possible(merge)));
        fold.or_else(|| {
            let mut tops: Vec<_> = self.tops.iter().collect();
            tops.sort_unstable();
            let mut shorter = tops.into_iter().filter_map(|(id, drive)| self.shorten(*id, *drive));
            shorter.find(|merge| self.is_possible(merge))
        })
    }

    /// The drives of running guests that have each layer open.
    fn open(&self) -> HashMap<LayerId, Vec<Drive>> {
        let mut open: HashMap<_, Vec<_>> = HashMap::new();
        for (top, drive) in &self.tops {
            for (layer, drive) in self.files(*top).into_iter().zip(std::iter::repeat(drive)) {
                open.entry(layer).or_default().extend(*drive);
            }
        }
        open
    }

    /// Makes one of a layer that only one other stands on, and that.
    fn fold(&self, lower: LayerId, open: &HashMap<LayerId, Vec<Drive>>) -> Option<Merge> {
        let upper = self.only_one_above(lower)?;
        if self.layers.get(&upper)?.bytes < self.layers.get(&lower)?.bytes {
            // What is beyond the end of the one would show.
            return None;
        }
        let (above, below) = (self.size(upper), self.size(lower));
        let pull = Way::Pull { into: upper, base: self.beneath(lower) };
        let commit = Way::Commit { top: upper, base: lower };
        // Who has the lower one open has it by the upper one.
        let (way, drive) = match open.get(&upper).map_or(&[][..], Vec::as_slice) {
            [] => (if above <= below { commit } else { pull }, None),
            [drive] if !self.tops.contains_key(&upper) => (commit, Some(*drive)),
            // The guest is writing to it. What is taken up is written once more, so that it is worth it only where the guest itself
            // has written as much.
            [drive] if below <= (2 * above).max(SMALL) => (pull, Some(*drive)),
            // Two guests have it open, or the same one twice: neither may change it under the other.
            _ => return None,
        };
        Some(Merge { way, drive })
    }

    /// The layer that alone stands on this one, which nobody else needs.
    fn only_one_above(&self, lower: LayerId) -> Option<LayerId> {
        let is_between = |id: &LayerId| !self.kept.contains(id) && !self.tops.contains_key(id);
        if !self.layers.get(&lower)?.is_made || !is_between(&lower) {
            return None;
        }
        let mut at = lower;
        loop {
            let mut above = self.layers.values().filter(|layer| layer.beneath == Beneath::Layer(at));
            let (one, other) = (above.next()?, above.next());
            if other.is_some() {
                return None;
            }
            if one.is_made {
                return Some(one.id);
            }
            if !is_between(&one.id) {
                return None;
            }
            at = one.id;
        }
    }

    /// Has the top of a disk of too many files take some up: enough of them, and then those that are no larger than what it
    /// takes up already. So small ones are taken up often, and large ones seldom.
    fn shorten(&self, top: LayerId, drive: Option<Drive>) -> Option<Merge> {
        let files = self.files(top);
        if !self.layers.get(&top)?.is_made {
            return None;
        }
        let base = usize::from(matches!(self.beneath(*files.last()?), Beneath::Base(_)));
        let enough = (files.len() + base).checked_sub(DEPTH).filter(|excess| *excess > 0)?;
        let (mut taken, mut bytes) = (0, 0);
        for layer in files.get(1..)? {
            if taken >= enough && self.size(*layer) > bytes {
                break;
            }
            taken += 1;
            bytes += self.size(*layer);
        }
        let base = self.beneath(*files.get(taken)?);
        Some(Merge { way: Way::Pull { into: top, base }, drive })
    }

    fn is_possible(&self, merge: &Merge) -> bool {
        let touched = self.touched(&merge.way);
        let written: u64 = match &merge.way {
            Way::Pull { into, .. } => touched.iter().filter(|id| *id != into).map(|id| self.size(*id)).sum(),
            Way::Commit { top, .. } => self.size(*top),
        };
        written <= self.room && self.busy.is_disjoint(&touched) && !self.failed.contains(merge)
    }

    fn size(&self, id: LayerId) -> u64 {
        self.sizes.get(&id).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
