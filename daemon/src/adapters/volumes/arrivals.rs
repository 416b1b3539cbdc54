//! Disks on their way in: files of strangers, looked through before they become layers.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::StreamExt as _;

use super::{handout, qemu_img, readable_by_owner};
use crate::{
    adapters::{
        disk::{self, blocking, failure as failed},
        images::{
            confined::{self, Limits},
            gate::Format,
            ingest::header,
            workshop::{Workshop, show},
        },
    },
    model::{Arrival, Beneath, Error, ImageMoment, Kind, LayerId, Layout, Result},
    ports::{Pieces, Told},
};

/// Files that were received and are no layers yet, each in a workshop that is gone with it.
#[derive(Default)]
pub(super) struct Arrivals(Mutex<HashMap<LayerId, (PathBuf, Workshop)>>);

impl Arrivals {
    /// Takes in a file; gives the size of its disk in bytes.
    pub(super) async fn receive(
        &self,
        layout: &Layout,
        arrival: &Arrival,
        file: Pieces,
        told: &Told,
    ) -> Result<u64> {
        handout::admit(layout, arrival.file_bytes, arrival.headroom)?;
        let workshop = Workshop::closed(&layout.staging())?;
        let upload = workshop.file("upload");
        write(arrival, file, &upload, told).await?;
        let (path, bytes) = examine(layout, arrival, &workshop, upload, told).await?;
        readable_by_owner(&path)?;
        let whole = path.clone();
        let sync = move || {
            let synced = File::open(&whole).and_then(|file| file.sync_all());
            synced.map_err(|error| failed("keep", &whole, &error))
        };
        blocking(sync).await?;
        self.lock().insert(arrival.layer, (path, workshop));
        Ok(bytes)
    }

    /// The file that was received for a layer.
    pub(super) fn take(&self, id: LayerId) -> Option<(PathBuf, Workshop)> {
        self.lock().remove(&id)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<LayerId, (PathBuf, Workshop)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn write(arrival: &Arrival, mut file: Pieces, path: &Path, told: &Told) -> Result<()> {
    let failed = |error: io::Error| failed("write", path, &error);
    let made = File::options().write(true).create_new(true).mode(0o600).open(path);
    let (mut out, mut tally) = (made.map_err(failed)?, crate::model::Tally::default());
    while let Some(piece) = file.next().await {
        let piece = piece?;
        tally.add(&piece);
        arrival.bound(&tally)?;
        out.write_all(&piece).map_err(failed)?;
        told(ImageMoment::counted("receiving", tally.bytes(), arrival.file_bytes));
    }
    arrival.verify(tally)
}

/// Looks through a file. One that is whole by itself is written anew; one that is not keeps its shape, which says what is not in it,
/// and gets the file that it stands on.
async fn examine(
    layout: &Layout,
    arrival: &Arrival,
    workshop: &Workshop,
    upload: PathBuf,
    told: &Told,
) -> Result<(PathBuf, u64)> {
    if arrival.beneath == Beneath::Awaited {
        return Err(Error::internal("the base image is not here yet"));
    }
    told(ImageMoment::of("reading the header"));
    let (bytes, length) = sized(arrival, &upload)?;
    let limits = limits(layout, arrival, length, bytes)?;
    show(&upload, 0o640)?;
    told(ImageMoment::of("checking"));
    confined::sound(&upload, Format::Qcow2, limits).await?;
    if let Some(beneath) = layout.beneath(&arrival.beneath) {
        qemu_img::name_backing(&upload, Some(&beneath)).await?;
        return Ok((upload, bytes));
    }
    told(ImageMoment::of("converting"));
    confined::convert(&upload, Format::Qcow2, &workshop.bench().join("layer.qcow2"), limits).await?;
    let made = workshop.take("layer.qcow2")?;
    confined::check(&made, limits).await?;
    // Not as the one said who made it.
    sized(arrival, &made)?;
    // Its room may be needed soon.
    let _ = std::fs::remove_file(&upload);
    Ok((made, bytes))
}

/// The size of the disk in a sound qcow2 file that names no other, and the length of the file.
fn sized(arrival: &Arrival, file: &Path) -> Result<(u64, u64)> {
    let (header, length) = header(file)?;
    if header.format != Format::Qcow2 {
        let message = "the file cannot be taken: it is no qcow2 file";
        return Err(Error::new(Kind::InvalidInput, "SnapshotRefused", message)
            .tip("convert it first: qemu-img convert -O qcow2"));
    }
    Ok((arrival.size(header.virtual_bytes)?, length))
}

fn limits(layout: &Layout, arrival: &Arrival, length: u64, bytes: u64) -> Result<Limits> {
    // A disk that does ten megabytes a second is still served.
    let time = Duration::from_hours(1) + Duration::from_secs(length / (10 << 20));
    let room = disk::free_bytes(layout.root())?.saturating_sub(arrival.headroom);
    let largest = bytes.saturating_add(1 << 30);
    Ok(Limits { time, file: largest.min(room), scarce: room < largest })
}
