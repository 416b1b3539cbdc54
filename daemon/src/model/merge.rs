//! Which layers are made one: what was deleted gives its room back, and no disk is read through many files.
//!
//! ```text
//!   pull      a layer takes up what is beneath it:       C on P on Q  ->  C' on Q
//!   commit    a layer goes into the one beneath it:  D on C on P on Q  ->  D on P' on Q
//! ```
//! Whatever is read before, meanwhile and after is the same. The words are libvirt's and QEMU's.

mod choice;

use std::collections::{HashMap, HashSet};

use super::{Beneath, InstanceId, Layer, LayerId, Slot};

/// Files that a disk is read through at most, the base image included; more are made fewer.
pub const DEPTH: usize = 8;

/// Making layers one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Merge {
    /// How.
    pub way: Way,
    /// The disk of a running guest that has them open; none where no guest has.
    pub drive: Option<(InstanceId, Slot)>,
}

/// How layers are made one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// A layer takes up what is in all the files between it and what it is to stand on.
    Pull {
        /// The layer. Where a guest runs it is the top of its disk.
        into: LayerId,
        /// What it stands on from then on.
        base: Beneath,
    },
    /// What a layer holds goes into the one beneath it, which nothing else stands on. Who stood on the first stands on the other.
    Commit {
        /// The layer. Where a guest runs it is not the top of its disk.
        top: LayerId,
        /// The one beneath it.
        base: LayerId,
    },
}

/// What is known of all layers at a moment.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// All of them.
    pub layers: HashMap<LayerId, Layer>,
    /// Those that disks are written to, with the drive of the guest that runs with it.
    pub tops: HashMap<LayerId, Option<(InstanceId, Slot)>>,
    /// Those that snapshots keep, and those that are to be tops.
    pub kept: HashSet<LayerId>,
    /// Those that something is being done with.
    pub busy: HashSet<LayerId>,
    /// Room that each file takes, in bytes.
    pub sizes: HashMap<LayerId, u64>,
    /// Room that there is to write to, in bytes.
    pub room: u64,
    /// What was tried in vain a short while ago.
    pub failed: HashSet<Merge>,
}

impl Survey {
    /// What the file of a layer stands on: what has no file holds nothing.
    pub fn beneath(&self, id: LayerId) -> Beneath {
        let mut beneath = self.layers.get(&id).map_or(&Beneath::Nothing, |layer| &layer.beneath);
        while let Beneath::Layer(id) = beneath
            && let Some(layer) = self.layers.get(id)
            && !layer.is_made
        {
            beneath = &layer.beneath;
        }
        beneath.clone()
    }

    /// The layers whose files stand on that one's.
    pub fn above(&self, id: LayerId) -> Vec<LayerId> {
        let on = |layer: &&Layer| layer.is_made && self.beneath(layer.id) == Beneath::Layer(id);
        let mut above: Vec<_> = self.layers.values().filter(on).map(|layer| layer.id).collect();
        above.sort_unstable();
        above
    }

    /// The files from that layer down, those of layers only.
    pub fn files(&self, id: LayerId) -> Vec<LayerId> {
        let mut files: Vec<_> =
            self.layers.get(&id).filter(|layer| layer.is_made).map(|layer| layer.id).into_iter().collect();
        let mut at = id;
        while let Beneath::Layer(next) = self.beneath(at) {
            files.push(next);
            at = next;
        }
        files
    }

    /// What a running guest shows to have been done to one of its disks, given the files that it has open: it was not written down.
    pub fn drift(&self, drive: (InstanceId, Slot), open: &[Beneath]) -> Option<Way> {
        let top = self.tops.iter().find(|(_, found)| **found == Some(drive)).map(|(top, _)| *top)?;
        let recorded = self.files(top);
        if open.first() != Some(&Beneath::Layer(top)) {
            return None;
        }
        for (layer, next) in open.iter().zip(open.iter().skip(1)) {
            let Beneath::Layer(into) = *layer else { return None };
            if self.beneath(into) != *next {
                // Only what lies deeper by the records as well can be what it stands on now.
                let at = recorded.iter().position(|id| *id == into)?;
                let deeper = recorded.get(at + 1..)?.iter().any(|id| self.beneath(*id) == *next);
                return deeper.then(|| Way::Pull { into, base: next.clone() });
            }
        }
        None
    }

    /// The layers whose files the work touches: nobody may open or change them meanwhile.
    pub fn touched(&self, way: &Way) -> HashSet<LayerId> {
        match way {
            Way::Pull { into, base } => {
                let files = self.files(*into).into_iter();
                files.take_while(|id| Beneath::Layer(*id) != *base).chain([*into]).collect()
            }
            Way::Commit { top, base } => self.above(*top).into_iter().chain([*top, *base]).collect(),
        }
    }
}
