//! Disks as stacks of layers.
//!
//! ```text
//!   top      writable, one disk's own
//!   layer    frozen by a snapshot: never written again, shared by all who stand on it
//!   …
//!   base     an image, or nothing
//! ```
//! A snapshot freezes the top and gives the disk a new one; an instance or a disk from a snapshot is a new top on what is
//! frozen. Both take the same time whatever the size. Who stands on a layer is not counted but asked: the layers above it,
//! the disks that write to it, the snapshots that keep it. What nobody stands on is removed.

use std::path::{Path, PathBuf};

use super::{Error, LayerId, Result};

/// What a layer stands on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Beneath {
    /// Another layer.
    Layer(LayerId),
    /// A base image, read-only.
    Base(PathBuf),
    /// A base image that is still being fetched.
    Awaited,
    /// Nothing: what was not written reads as zeroes.
    Nothing,
}

/// One file of a stack: what was written since the one beneath it was frozen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its identity; its file is named after it.
    pub id: LayerId,
    /// What it stands on.
    pub beneath: Beneath,
    /// How large the disk is, seen from here, in bytes.
    pub bytes: u64,
    /// Whether there is a file. There is none before somebody is to write to it: until then it holds what is beneath it.
    pub is_made: bool,
}

/// A disk from its top to its bottom. There is at least the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    top: Layer,
    /// From the one beneath the top on.
    rest: Vec<Layer>,
}

impl Layer {
    /// An empty layer of `bytes` on another one.
    pub fn on(beneath: Beneath, bytes: u64) -> Self {
        Self { id: LayerId::fresh(), beneath, bytes, is_made: false }
    }
}

impl Stack {
    /// A stack of one layer.
    pub fn single(top: Layer) -> Self {
        Self { top, rest: Vec::new() }
    }

    /// A stack of layers in their order, the top first. Each must stand on the next.
    pub fn read(layers: Vec<Layer>) -> Result<Self> {
        let mut layers = layers.into_iter();
        let top = layers.next().ok_or_else(|| Error::internal("a disk has no layer"))?;
        let stack = Self { top, rest: layers.collect() };
        let beneath = stack.layers().skip(1).map(|layer| Some(layer.id)).chain([None]);
        for (layer, next) in stack.layers().zip(beneath) {
            let stands_on = if let Beneath::Layer(id) = layer.beneath { Some(id) } else { None };
            if stands_on != next {
                return Err(Error::internal(format!("layer {} does not stand on the next one", layer.id)));
            }
        }
        Ok(stack)
    }

    /// Where the disk is written.
    pub fn top(&self) -> &Layer {
        &self.top
    }

    /// All layers, the top first.
    pub fn layers(&self) -> impl Iterator<Item = &Layer> + Clone {
        std::iter::once(&self.top).chain(&self.rest)
    }

    /// What the lowest layer stands on.
    pub fn bottom(&self) -> &Beneath {
        &self.rest.last().unwrap_or(&self.top).beneath
    }

    /// Those that have files, the top first.
    pub fn made(&self) -> impl Iterator<Item = &Layer> + Clone {
        self.layers().filter(|layer| layer.is_made)
    }

    /// Those that a guest's disk is made of: the top, and all below it that have files.
    pub fn files(&self) -> impl Iterator<Item = &Layer> + Clone {
        std::iter::once(&self.top).chain(self.rest.iter().filter(|layer| layer.is_made))
    }

    /// What the top's file stands on: what has no file holds nothing of its own.
    pub fn beneath_top(&self) -> Beneath {
        self.rest
            .iter()
            .find(|layer| layer.is_made)
            .map_or_else(|| self.bottom().clone(), |layer| Beneath::Layer(layer.id))
    }

    /// Where what the top holds begins: with the nearest file from the top on, with the base image, or nowhere.
    pub fn content(&self) -> Beneath {
        self.made().next().map_or_else(|| self.bottom().clone(), |layer| Beneath::Layer(layer.id))
    }

    /// The base image at the bottom, if there is one.
    pub fn base(&self) -> Option<&Path> {
        if let Beneath::Base(path) = self.bottom() { Some(path) } else { None }
    }

    /// How many files there are, the base image included.
    pub fn depth(&self) -> usize {
        self.made().count() + usize::from(self.base().is_some())
    }

    /// Size of the disk in bytes.
    pub fn bytes(&self) -> u64 {
        self.top.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_read_only_in_its_order() {
        let base = Beneath::Base("/images/tiny.qcow2".into());
        let bottom = Layer { is_made: true, ..Layer::on(base, 1 << 30) };
        let middle = Layer::on(Beneath::Layer(bottom.id), 1 << 30);
        let top = Layer::on(Beneath::Layer(middle.id), 2 << 30);
        let stack = Stack::read(vec![top.clone(), middle.clone(), bottom.clone()]).expect("in order");
        assert_eq!((stack.top(), stack.depth(), stack.bytes()), (&top, 2, 2 << 30));
        assert_eq!(stack.beneath_top(), Beneath::Layer(bottom.id), "the one between holds nothing");
        assert_eq!(stack.content(), Beneath::Layer(bottom.id), "neither does the top");
        assert_eq!(stack.base(), Some(Path::new("/images/tiny.qcow2")));
        for wrong in
            [vec![], vec![top.clone(), bottom.clone()], vec![top, middle], vec![bottom.clone(), bottom]]
        {
            Stack::read(wrong).expect_err("a gap");
        }
    }
}
