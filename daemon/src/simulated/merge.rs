//! Layers made one, as simulated files.

use super::World;
use crate::model::{Beneath, Error, LayerId, Result, Way};

impl World {
    /// Does it; or only half of it, as when it is cut off. What is read stays the same either way.
    pub(super) fn merge(&mut self, way: &Way, half: bool) -> Result<()> {
        match way {
            Way::Pull { into, base } => {
                for from in self.between(*into, base)? {
                    self.copy(from, *into, half, false)?;
                }
                if !half {
                    self.file(*into)?.beneath = base.clone();
                }
            }
            Way::Commit { top, base } => {
                if self.file(*top)?.beneath != Beneath::Layer(*base) {
                    return Err(Error::internal(format!("layer {top} does not stand on layer {base}")));
                }
                self.copy(*top, *base, half, true)?;
            }
        }
        Ok(())
    }

    /// The files from the one below `into` to the one above `base`.
    fn between(&mut self, into: LayerId, base: &Beneath) -> Result<Vec<LayerId>> {
        let (mut files, mut at) = (Vec::new(), self.file(into)?.beneath.clone());
        while at != *base {
            let Beneath::Layer(id) = at else {
                return Err(Error::internal(format!("layer {into} does not stand on {base:?}")));
            };
            files.push(id);
            at = self.file(id)?.beneath.clone();
        }
        Ok(files)
    }

    fn copy(&mut self, from: LayerId, to: LayerId, half: bool, overwrite: bool) -> Result<()> {
        let (bytes, content) = (self.file(from)?.bytes, self.file(from)?.content.clone());
        let count = if half { content.len() / 2 } else { content.len() };
        let to = self.file(to)?;
        to.bytes = to.bytes.max(bytes);
        for (block, value) in content.into_iter().take(count) {
            let held = to.content.entry(block).or_insert(value);
            if overwrite {
                *held = value;
            }
        }
        Ok(())
    }

    fn file(&mut self, id: LayerId) -> Result<&mut super::LayerFile> {
        self.layers.get_mut(&id).ok_or_else(|| Error::internal(format!("layer {id} is missing")))
    }
}
