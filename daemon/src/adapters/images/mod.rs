//! Base images: a directory of verified, read-only qcow2 files, and the ways into it.
//!
//! ```text
//!   publisher or mirror ─ resolve ─ download ─ verify ─┐
//!   a file handed in ─────────── receive ─ verify ─────┼─ unpack ─ header gate ─ convert ─ check ─ publish
//!   a guest's finished disk ───────────────────────────┘
//! ```
//! Until the last rename nothing is visible; whatever ends the daemon before, the next attempt begins with a clean place and,
//! for a download, with the bytes that are there.

pub(super) mod confined;
pub mod gate;
mod import;
pub(super) mod ingest;
mod mirror;
mod pull;
mod shelf;
mod unpack;
mod verify;
pub(super) mod workshop;

use std::path::{Path, PathBuf};

use async_trait::async_trait;

pub use self::mirror::{Mirror, Patience};
use self::{
    ingest::{Arrival, ingest},
    shelf::{Description, Shelf},
};
use super::disk::{failure as disk_failure, pieces};
use crate::{
    model::{
        BaseImage, Blueprint, BlueprintKind, Error, Firmware, ImageMoment, ImageSource, ImportOrder, Kind,
        LayerId, Layout, PortRange, PortRule, Result, StoredImage,
    },
    ports::{Images, Pieces, Told},
};

/// How images are taken in.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where they are.
    pub dir: PathBuf,
    /// Where instances' disks are.
    pub layout: Layout,
    /// Where downloads come from.
    pub mirror: Mirror,
    /// Patience with that.
    pub patience: Patience,
    /// No file that is taken in, packed or not, may be larger: bytes.
    pub largest: u64,
    /// Free disk space that no image may touch, in bytes.
    pub headroom: u64,
}

/// The adapter.
pub struct ImageStore {
    settings: Settings,
    shelf: Shelf,
}

impl ImageStore {
    /// The images of a directory. What work that was cut off has left there is cleared away.
    #[must_use]
    pub fn open(settings: Settings) -> Self {
        // Where that fails, whatever is done with images says so.
        let _ = std::fs::create_dir_all(&settings.dir);
        let shelf = Shelf::new(settings.dir.clone());
        let store = Self { settings, shelf };
        store.clear_up();
        store
    }

    /// Uploads and conversions cannot be taken up again; downloads can, and are kept.
    fn clear_up(&self) {
        let Ok(entries) = std::fs::read_dir(self.settings.dir.join(".staging")) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let gone = if name.starts_with("work-") {
                std::fs::remove_dir_all(&path)
            } else if name.starts_with("upload-") {
                std::fs::remove_file(&path)
            } else {
                continue;
            };
            if let Err(error) = gone {
                tracing::warn!(path = %path.display(), %error, "cannot clear up after work on an image");
            }
        }
    }
}

#[async_trait]
impl Images for ImageStore {
    async fn base(&self, blueprint: &Blueprint) -> Result<Option<BaseImage>> {
        self.shelf.base(&blueprint.id)
    }

    async fn list(&self) -> Result<Vec<StoredImage>> {
        self.shelf.list()
    }

    async fn own(&self) -> Result<Vec<Blueprint>> {
        Ok(self.shelf.descriptions()?.into_iter().map(own_blueprint).collect())
    }

    async fn pull(&self, blueprint: &Blueprint, told: Told) -> Result<StoredImage> {
        self.fetch(blueprint, &told).await
    }

    async fn import(&self, order: ImportOrder, file: Pieces, told: Told) -> Result<StoredImage> {
        self.take_in(order, file, &told).await
    }

    async fn adopt(&self, blueprint: &Blueprint, from: LayerId, told: Told) -> Result<StoredImage> {
        self.adopt_disk(blueprint, &self.settings.layout.layer(from), &told).await
    }

    async fn verify(&self, image: &StoredImage, told: Told) -> Result<()> {
        told(ImageMoment::of("reading the image"));
        let found = ingest::digest(image.path.clone()).await?;
        if found == image.sha256 {
            return Ok(());
        }
        let message = format!(
            "{} is damaged: its SHA-256 is {}…, and was {}… when it came",
            image.id,
            &found[..12],
            image.sha256.get(..12).unwrap_or(&image.sha256)
        );
        Err(Error::new(Kind::Internal, "ImageDamaged", message).tip(
            "instances on it may be damaged too; remove it and pull it again, and look at the disk that it lies on",
        ))
    }

    async fn read(&self, image: &StoredImage) -> Result<Pieces> {
        let path = image.path.clone();
        let file = std::fs::File::open(&path).map_err(|error| disk_failure("read", &path, &error))?;
        Ok(pieces(file, path))
    }

    async fn remove(&self, image: &StoredImage) -> Result<()> {
        self.shelf.remove(image)
    }
}

impl ImageStore {
    /// The disk is an overlay on a base, written by a guest of ours: flattened first, by names that the daemon chose, and then
    /// taken in like any other.
    async fn adopt_disk(&self, blueprint: &Blueprint, disk: &Path, told: &Told) -> Result<StoredImage> {
        self.admit_room(0)?;
        told(ImageMoment::of("copying the disk"));
        let workshop = workshop::Workshop::open(&self.shelf.staging()?)?;
        let flat = workshop.file("flat.qcow2");
        confined::flatten(disk, &flat).await?;
        let arrival = Arrival {
            blueprint: blueprint.id.clone(),
            origin: match &blueprint.source {
                ImageSource::Bake(bake) => format!("baked on {}", bake.base),
                _ => "a guest's disk".to_owned(),
            },
            verified: "made on this host".to_owned(),
            source_digest: None,
            firmware: Some(blueprint.firmware),
        };
        ingest(&self.shelf, &self.settings, &flat, arrival, told).await?.publish(&self.shelf, told)
    }
}

/// What Lightsail shows of a blueprint of one's own.
fn own_blueprint(description: Description) -> Blueprint {
    let port = |port| PortRule::everybody(PortRange::tcp(port));
    Blueprint {
        name: description.id.clone(),
        group: description.id.clone(),
        kind: BlueprintKind::Os,
        platform: "LINUX_UNIX".to_owned(),
        version: String::new(),
        version_code: "1".to_owned(),
        description: description.text,
        user: description.user,
        firmware: if description.firmware == "uefi" { Firmware::Uefi } else { Firmware::Bios },
        min_power: 0,
        active: true,
        product_url: String::new(),
        license_url: String::new(),
        source: ImageSource::Own,
        vendor_config: String::new(),
        ports: vec![port(22), port(80)],
        password: None,
        id: description.id,
    }
}

/// The disk is too full for an image.
fn no_room(why: &str) -> Error {
    let message = format!("Not enough disk space for the image: {why}");
    Error::new(Kind::Capacity, "InsufficientDisk", message)
        .tip("remove what is not needed: sloop image prune; or delete instances")
}
