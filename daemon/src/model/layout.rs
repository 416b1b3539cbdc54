//! Where files are. Every file of the daemon lives under one directory.

use std::path::{Path, PathBuf};

use super::{Beneath, InstanceId, LayerId, Stack};

/// The state directory and its rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

/// The files of one instance. Named after its id, so that no user's word becomes a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceFiles {
    /// The directory with all the others.
    pub dir: PathBuf,
    /// The NoCloud seed, always `vdb`.
    pub seed: PathBuf,
    /// What the guest wrote to its serial console. The log daemon rolls it over to `console.log.0` and on.
    pub console: PathBuf,
}

impl Layout {
    /// The layout under `root`.
    pub fn new(root: impl AsRef<Path>) -> Self {
        Self { root: root.as_ref().to_owned() }
    }

    /// The state directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The database.
    pub fn database(&self) -> PathBuf {
        self.root.join("state.db")
    }

    /// What was measured.
    pub fn metrics(&self) -> PathBuf {
        self.root.join("metrics.db")
    }

    /// What the host's network was prepared for.
    pub fn network_record(&self) -> PathBuf {
        self.root.join("network.json")
    }

    /// The directory with one directory for each instance.
    pub fn instances(&self) -> PathBuf {
        self.root.join("instances")
    }

    /// The directory with the layers of all disks.
    pub fn layers(&self) -> PathBuf {
        self.root.join("layers")
    }

    /// Where files are made that are no layers, or not yet.
    pub fn staging(&self) -> PathBuf {
        self.root.join("staging")
    }

    /// The file of a layer.
    pub fn layer(&self, id: LayerId) -> PathBuf {
        self.layers().join(format!("{id}.qcow2"))
    }

    /// The file that a layer stands on, if it stands on one.
    pub fn beneath(&self, beneath: &Beneath) -> Option<PathBuf> {
        match beneath {
            Beneath::Layer(id) => Some(self.layer(*id)),
            Beneath::Base(path) => Some(path.clone()),
            Beneath::Awaited | Beneath::Nothing => None,
        }
    }

    /// The files of a disk, the one that is written first, the base image last.
    pub fn files(&self, stack: &Stack) -> Vec<PathBuf> {
        let layers = stack.files().map(|layer| self.layer(layer.id));
        layers.chain(stack.base().map(Path::to_owned)).collect()
    }

    /// The layer that a file is.
    pub fn layer_of(&self, file: &Path) -> Option<LayerId> {
        if let Ok(name) = file.strip_prefix(self.layers()) {
            return name.to_str()?.strip_suffix(".qcow2")?.parse().ok();
        }
        // A guest that runs since before disks were layers has its first one open by its old name.
        let instance = file.strip_prefix(self.instances()).ok()?.parent()?.to_str()?;
        let is_disk = file.file_name().is_some_and(|name| name == "disk.qcow2");
        instance.parse().ok().filter(|_| is_disk).map(LayerId)
    }

    /// What a file is that something stands on.
    pub fn named(&self, file: &Path) -> Beneath {
        self.layer_of(file).map_or_else(|| Beneath::Base(file.to_owned()), Beneath::Layer)
    }

    /// The files of one instance.
    pub fn instance(&self, id: InstanceId) -> InstanceFiles {
        let dir = self.instances().join(id.to_string());
        InstanceFiles { seed: dir.join("seed.img"), console: dir.join("console.log"), dir }
    }
}
