//! Disks: those that instances boot from, and block storage that is attached to them.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    DiskId, Error, FrozenDisk, InstanceId, Layer, LayerId, Owner, ResourceName, Result, Stack, Tags,
};

/// Block storage: a disk that can be attached to an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Its identity.
    pub id: DiskId,
    /// Its name.
    pub name: ResourceName,
    /// Whose it is.
    pub owner: Owner,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Where it is, if it is attached.
    pub attachment: Option<Attachment>,
    /// What it is made of.
    pub stack: Stack,
    /// Labels.
    pub tags: Tags,
}

/// Where a disk is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// On which instance.
    pub instance: InstanceId,
    /// Its name.
    pub name: ResourceName,
    /// At which place.
    pub slot: Slot,
    /// Whether it is there already, and not on its way.
    pub is_done: bool,
}

/// At which place of an instance a disk is, by the letter of its path: the system disk is `a`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot(u8);

/// A disk in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drive {
    /// Which disk.
    pub disk: DiskId,
    /// Its name; none of a system disk.
    pub name: Option<ResourceName>,
    /// Where.
    pub slot: Slot,
    /// What it is made of.
    pub stack: Stack,
}

impl Slot {
    /// Where the disk is that the instance boots from.
    pub const SYSTEM: Self = Self(0);
    /// The last one.
    const LAST: u8 = 25;

    /// The slot of a path such as `/dev/xvdf`. The first, `a`, is the system disk's and no other's.
    pub fn of_path(path: &str) -> Result<Self> {
        let letter = path.strip_prefix("/dev/xvd").or_else(|| path.strip_prefix("/dev/sd"));
        match letter.map(str::as_bytes) {
            Some([letter @ b'b'..=b'z']) => Ok(Self(letter - b'a')),
            _ => {
                let message = format!("{} is not a path for a disk", super::shown(path));
                Err(Error::invalid("diskPath", message).tip("use /dev/xvdb to /dev/xvdz, such as /dev/xvdf"))
            }
        }
    }

    /// The slot with that number, as it was written down.
    pub fn stored(number: u8) -> Result<Self> {
        if number > Self::LAST {
            return Err(Error::internal(format!("no such slot: {number}")));
        }
        Ok(Self(number))
    }

    /// Its number, from 0.
    pub fn number(self) -> u8 {
        self.0
    }

    /// The slots that attached disks may have, from `f`, where Lightsail's examples begin.
    pub fn for_disks() -> impl Iterator<Item = Self> {
        (5..=Self::LAST).chain(1..5).map(Self)
    }

    /// Whether it is the system disk's.
    pub fn is_system(self) -> bool {
        self == Self::SYSTEM
    }

    /// Its letter.
    pub fn letter(self) -> char {
        char::from(b'a' + self.0)
    }
}

impl fmt::Display for Slot {
    /// The path by which Lightsail knows it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_system() { out.write_str("/dev/xvda") } else { write!(out, "/dev/xvd{}", self.letter()) }
    }
}

impl Drive {
    /// A system disk of one layer.
    pub fn system(disk: DiskId, layer: Layer) -> Self {
        Self { disk, name: None, slot: Slot::SYSTEM, stack: Stack::single(layer) }
    }

    /// What a snapshot keeps of it, with the layer that becomes its top instead.
    pub fn frozen(&self, next: Option<LayerId>) -> FrozenDisk {
        FrozenDisk {
            disk: self.disk,
            name: self.name.clone(),
            slot: Some(self.slot),
            bytes: self.stack.bytes(),
            layer: self.stack.top().id,
            next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Slot;

    #[test]
    fn a_path_names_one_slot() {
        for letter in 'b'..='z' {
            let slot = Slot::of_path(&format!("/dev/xvd{letter}")).expect("a path");
            assert_eq!(slot.to_string(), format!("/dev/xvd{letter}"));
            assert_eq!(Slot::stored(slot.number()).expect("in range"), slot);
            assert_eq!(Slot::of_path(&format!("/dev/sd{letter}")).expect("a path"), slot);
        }
        for wrong in
            ["", "/dev/xvda", "/dev/xvd", "/dev/xvdaa", "/dev/xvdF", "xvdf", "/dev/xvd/../sdb", "/dev/xvdé"]
        {
            Slot::of_path(wrong).expect_err(wrong);
        }
    }

    #[test]
    fn every_slot_but_the_systems_is_offered_once() {
        let mut all: Vec<_> = Slot::for_disks().collect();
        assert_eq!(all[0].to_string(), "/dev/xvdf");
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 25);
        assert!(!all.contains(&Slot::SYSTEM));
    }
}
