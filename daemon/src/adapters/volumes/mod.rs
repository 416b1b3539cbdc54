//! Disks and seeds as files.
//!
//! A layer is a qcow2 file, named after its id, always with explicit formats. An instance's other files are in a
//! directory of its own. All are made under another name and renamed, so that a half-made one is never taken for a whole one.

mod arrivals;
mod digest;
mod empty;
mod handout;
mod header;
mod merge;
mod qemu_img;

use std::{fs::File, io, path::Path};

use async_trait::async_trait;
use tokio::sync::Notify;

use self::arrivals::Arrivals;
use super::{
    disk::{self, blocking, failure as failed},
    seed,
};
use crate::{
    model::{Arrival, Beneath, Cut, Error, Instance, InstanceId, Layer, LayerId, Layout, Result, Way},
    ports::{Parcel, Pieces, Told, Volumes},
};

/// The adapter.
pub struct Files {
    layout: Layout,
    arrivals: Arrivals,
}

/// How the names of files end that are not whole yet.
const HALF: &str = "new";
/// How the mark of a layer is named of which nobody has said whether it has a record.
const UNSETTLED: &str = "unsettled";

impl Files {
    /// Files under `layout`.
    pub fn open(layout: Layout) -> Result<Self> {
        let files = Self { layout, arrivals: Arrivals::default() };
        let dir = files.layout.layers();
        make_dir(&dir)?;
        files.clear_up();
        make_dir(&files.layout.staging())?;
        files.adopt_first_layers()?;
        Ok(files)
    }

    /// Layers with a file whose name ends so.
    fn named(&self, extension: &str) -> Result<Vec<LayerId>> {
        let dir = self.layout.layers();
        let entries = std::fs::read_dir(&dir).map_err(|error| failed("list", &dir, &error))?;
        let stem = |name: &str| name.strip_suffix(extension)?.strip_suffix('.')?.parse().ok();
        Ok(entries.filter_map(|entry| stem(entry.ok()?.file_name().to_str()?)).collect())
    }

    /// What was not whole when the last daemon was killed never will be.
    fn clear_up(&self) {
        let entries = std::fs::read_dir(self.layout.layers()).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            if path.extension().is_some_and(|extension| extension == HALF)
                && let Err(error) = std::fs::remove_file(&path)
            {
                tracing::warn!(path = %path.display(), %error, "cannot remove a layer that is not whole");
            }
        }
        let staging = self.layout.staging();
        if let Err(error) = absent_is_fine(std::fs::remove_dir_all(&staging)) {
            tracing::warn!(path = %staging.display(), %error, "cannot clear up after work on a snapshot");
        }
    }

    /// Disks that were made before there were layers get a layer's name besides their own, by which a guest that runs has them
    /// open. They are layers with their instance's identity.
    fn adopt_first_layers(&self) -> Result<()> {
        let dir = self.layout.instances();
        let entries = std::fs::read_dir(&dir).map_err(|error| failed("list", &dir, &error))?;
        for id in entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<InstanceId>().ok()) {
            let (old, new) =
                (self.layout.instance(id).dir.join("disk.qcow2"), self.layout.layer(LayerId(id.0)));
            match std::fs::hard_link(&old, &new) {
                Err(error)
                    if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) =>
                {
                    return Err(failed("name", &new, &error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Volumes for Files {
    async fn make_layer(&self, layer: &Layer, beneath: &Beneath) -> Result<()> {
        if *beneath == Beneath::Awaited {
            return Err(Error::internal("the base image is not here yet"));
        }
        let file = self.layout.layer(layer.id);
        // A name of its own: what a killed daemon had begun may still be writing to another.
        let half = file.with_extension(format!("{}.{HALF}", uuid::Uuid::new_v4()));
        let (base, dir, bytes) = (self.layout.beneath(beneath), self.layout.layers(), layer.bytes);
        blocking(move || {
            if let Err(error) = empty::create(base.as_deref(), &half, bytes) {
                // Where it was not even begun there is nothing to remove.
                let _ = std::fs::remove_file(&half);
                return Err(failed("make", &half, &error));
            }
            let named = std::fs::rename(&half, &file).and_then(|()| File::open(&dir)?.sync_all());
            named.map_err(|error| failed("name", &file, &error))
        })
        .await
    }

    async fn grow_layer(&self, id: LayerId, bytes: u64) -> Result<()> {
        qemu_img::grow(&self.layout.layer(id), bytes).await
    }

    async fn check_layer(&self, id: LayerId) -> Result<Option<String>> {
        qemu_img::check(&self.layout.layer(id)).await
    }

    async fn digest_layer(&self, id: LayerId, stop: &Notify) -> Result<Option<String>> {
        digest::digest(&self.layout.layer(id), stop).await
    }

    async fn beneath_layer(&self, id: LayerId) -> Result<Beneath> {
        self.backing(id)
    }

    async fn put_layer_on(&self, id: LayerId, beneath: &Beneath) -> Result<()> {
        self.name_backing(id, beneath).await
    }

    async fn merge_layers(&self, way: &Way, stop: &Notify) -> Result<bool> {
        self.merge(way, stop).await
    }

    async fn remove_layer(&self, id: LayerId) -> Result<()> {
        let file = self.layout.layer(id);
        absent_is_fine(std::fs::remove_file(&file)).map_err(|error| failed("remove", &file, &error))
    }

    async fn layers(&self) -> Result<Vec<LayerId>> {
        self.named("qcow2")
    }

    async fn export_layer(&self, cut: &Cut, told: Told) -> Result<Parcel> {
        handout::hand_out(&self.layout, cut, &told).await
    }

    async fn receive_layer(&self, arrival: &Arrival, file: Pieces, told: Told) -> Result<u64> {
        self.arrivals.receive(&self.layout, arrival, file, &told).await
    }

    async fn keep_received(&self, id: LayerId) -> Result<()> {
        let (received, _workshop) = self
            .arrivals
            .take(id)
            .ok_or_else(|| Error::internal(format!("the file of layer {id} has not come")))?;
        let (dir, file) = (self.layout.layers(), self.layout.layer(id));
        let kept = File::create(file.with_extension(UNSETTLED))
            .and_then(|_| std::fs::rename(&received, &file))
            .and_then(|()| File::open(&dir)?.sync_all());
        kept.map_err(|error| failed("name", &file, &error))
    }

    async fn settle_received(&self, id: LayerId, is_recorded: bool) -> Result<()> {
        if !is_recorded {
            self.remove_layer(id).await?;
        }
        let mark = self.layout.layer(id).with_extension(UNSETTLED);
        absent_is_fine(std::fs::remove_file(&mark)).map_err(|error| failed("remove", &mark, &error))
    }

    async fn unsettled(&self) -> Result<Vec<LayerId>> {
        self.named(UNSETTLED)
    }

    async fn drop_received(&self, id: LayerId) {
        drop(self.arrivals.take(id));
    }

    async fn ensure_seed(&self, instance: &Instance) -> Result<()> {
        let files = self.layout.instance(instance.id);
        make_dir(&files.dir)?;
        if files.seed.exists() {
            return Ok(());
        }
        let image = seed::image(instance)?;
        let half = files.dir.join("seed.img.new");
        std::fs::write(&half, image).map_err(|error| failed("write", &half, &error))?;
        readable_by_owner(&half)?;
        std::fs::rename(&half, &files.seed).map_err(|error| failed("name", &files.seed, &error))
    }

    async fn remove_seed(&self, id: InstanceId) -> Result<()> {
        let seed = self.layout.instance(id).seed;
        absent_is_fine(std::fs::remove_file(&seed)).map_err(|error| failed("remove", &seed, &error))
    }

    async fn remove_all(&self, id: InstanceId) -> Result<()> {
        let dir = self.layout.instance(id).dir;
        absent_is_fine(std::fs::remove_dir_all(&dir)).map_err(|error| failed("remove", &dir, &error))
    }

    async fn list(&self) -> Result<Vec<InstanceId>> {
        let dir = self.layout.instances();
        let entries = std::fs::read_dir(&dir).map_err(|error| failed("list", &dir, &error))?;
        Ok(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect())
    }

    async fn measure(&self) -> Result<Vec<(LayerId, u64)>> {
        use std::os::unix::fs::MetadataExt as _;
        let all = self.layers().await?;
        // One may have been removed meanwhile.
        let size = |id: LayerId| Some((id, std::fs::metadata(self.layout.layer(id)).ok()?.blocks() * 512));
        Ok(all.into_iter().filter_map(size).collect())
    }

    async fn total_bytes(&self) -> Result<u64> {
        disk::total_bytes(self.layout.root())
    }

    async fn free_bytes(&self) -> Result<u64> {
        disk::free_bytes(self.layout.root())
    }
}

/// QEMU, another user, passes through; nobody lists.
fn make_dir(dir: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    match std::fs::DirBuilder::new().mode(0o711).create(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed("make", dir, &error)),
        _ => Ok(()),
    }
}

/// What a guest wrote, and seeds with their private keys, are nobody else's. libvirt hands them to QEMU.
fn readable_by_owner(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        .map_err(|error| failed("protect", path, &error))
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests;
