//! From a file that came from somewhere to a base image: unpack, header gate, convert, check, publish.

use std::{
    fs::{File, Permissions},
    io::Read as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Settings,
    confined::{self, Limits},
    disk_failure, gate,
    shelf::{Record, Shelf},
    unpack::{Bounds, unpack},
    verify::Hasher,
    workshop::{Workshop, give},
};
use crate::{
    adapters::disk::blocking,
    model::{Error, Firmware, ImageMoment, Kind, Result, StoredImage},
    ports::Told,
};

/// What is known of a file that is to become an image.
pub(super) struct Arrival {
    /// Blueprint that it becomes the image of.
    pub(super) blueprint: String,
    /// Where it came from.
    pub(super) origin: String,
    /// How it was verified.
    pub(super) verified: String,
    /// Its digest as it came.
    pub(super) source_digest: Option<String>,
    /// How its guests must start; anything will do when absent.
    pub(super) firmware: Option<Firmware>,
}

/// An image that is ready to be published.
pub(super) struct Finished {
    path: PathBuf,
    record: Record,
    /// How it boots.
    pub(super) firmware: Firmware,
    _workshop: Workshop,
}

/// Everything but the last step.
pub(super) async fn ingest(
    shelf: &Shelf,
    settings: &Settings,
    file: &Path,
    arrival: Arrival,
    told: &Told,
) -> Result<Finished> {
    let workshop = Workshop::open(&shelf.staging()?)?;
    let unpacked = unpacked(shelf, settings, file, &workshop, told).await?;
    let source = unpacked.as_deref().unwrap_or(file);
    told(ImageMoment::of("reading the header"));
    let (header, length) = header(source)?;
    let (largest, room) = (settings.largest.saturating_add(1 << 30), shelf.room(settings.headroom)?);
    let limits = Limits { time: patience_for(length), file: largest.min(room), scarce: room < largest };
    readable(source)?;
    told(ImageMoment::of("converting"));
    let half = workshop.bench().join("base.qcow2");
    // Both only read the source.
    let sound = async {
        match header.format {
            gate::Format::Raw => Ok(()),
            format => confined::sound(source, format, limits).await,
        }
    };
    tokio::try_join!(sound, confined::convert(source, header.format, &half, limits))?;
    let made = workshop.take("base.qcow2")?;
    if let Some(path) = &unpacked {
        // Its room may be needed soon.
        let _ = std::fs::remove_file(path);
    }
    told(ImageMoment::of("checking"));
    let table = workshop.file("table");
    File::create_new(&table).map_err(|error| disk_failure("make", &table, &error))?;
    give(&table)?;
    let ((), (), sha256) = tokio::try_join!(
        confined::check(&made, limits),
        confined::beginning(&made, gate::disk::TABLE, &table, limits),
        digest(made.clone()),
    )?;
    let firmware = booting(&table, &arrival)?;
    // Not as the source said: a VMDK may give its size once more at its end, and QEMU believes that one.
    let virtual_size = self::header(&made)?.0.virtual_bytes;
    let record = Record {
        file: format!("{}-{}.qcow2", arrival.blueprint, &sha256[..12]),
        blueprint: arrival.blueprint,
        sha256,
        virtual_size,
        built_at: jiff::Timestamp::now().to_string(),
        recipe: None,
        origin: arrival.origin,
        verified: arrival.verified,
        source_digest: arrival.source_digest,
    };
    Ok(Finished { path: made, record, firmware, _workshop: workshop })
}

impl Finished {
    /// The last step: from now on instances can be made from it.
    pub(super) fn publish(self, shelf: &Shelf, told: &Told) -> Result<StoredImage> {
        told(ImageMoment::of("putting it in place"));
        shelf.publish(&self.path, &self.record)
    }
}

/// The file's content, when it is packed.
async fn unpacked(
    shelf: &Shelf,
    settings: &Settings,
    file: &Path,
    workshop: &Workshop,
    told: &Told,
) -> Result<Option<PathBuf>> {
    let Some(packing) = gate::packing(&head(file)?.0) else { return Ok(None) };
    let (from, to, told) = (file.to_owned(), workshop.file("unpacked"), told.clone());
    let bounds = Bounds { length: settings.largest, room: shelf.room(settings.headroom)? };
    let out = to.clone();
    blocking(move || unpack(&from, packing, &out, bounds, &|moment| told(moment))).await?;
    if gate::packing(&head(&to)?.0).is_some() {
        let message = "this is not a usable disk image: it is packed twice";
        return Err(Error::new(Kind::InvalidInput, "ImageRefused", message).tip("unpack it once by hand"));
    }
    Ok(Some(to))
}

fn head(file: &Path) -> Result<(Vec<u8>, u64)> {
    let failed = |error| disk_failure("read", file, &error);
    let mut head = Vec::new();
    let open = File::open(file).map_err(failed)?;
    let length = open.metadata().map_err(failed)?.len();
    open.take(gate::HEAD as u64).read_to_end(&mut head).map_err(failed)?;
    Ok((head, length))
}

/// What the header of an unpacked file says, and the file's length.
pub(crate) fn header(file: &Path) -> Result<(gate::Header, u64)> {
    let (head, length) = head(file)?;
    Ok((gate::examine(&head, length)?, length))
}

/// Lets the one who reads strangers' files read this one.
fn readable(file: &Path) -> Result<()> {
    std::fs::set_permissions(file, Permissions::from_mode(0o644))
        .map_err(|error| disk_failure("open up", file, &error))
}

fn booting(table: &Path, arrival: &Arrival) -> Result<Firmware> {
    let found = gate::disk::firmware(&head(table)?.0)?;
    match arrival.firmware {
        Some(Firmware::Bios) if found == Firmware::Uefi => {
            let message =
                "this is not a usable disk image: it boots from UEFI only, and its blueprint says BIOS";
            Err(Error::new(Kind::InvalidInput, "ImageRefused", message))
        }
        Some(wanted) => Ok(wanted),
        None => Ok(found),
    }
}

/// SHA-256 of a file.
pub(super) async fn digest(file: PathBuf) -> Result<String> {
    blocking(move || {
        let failed = |error| disk_failure("read", &file, &error);
        let mut open = File::open(&file).map_err(failed)?;
        let (mut hasher, mut buffer) = (Hasher::like(None), vec![0; 1 << 20]);
        loop {
            let read = open.read(&mut buffer).map_err(failed)?;
            if read == 0 {
                return Ok(hasher.finish().as_str().to_owned());
            }
            hasher.update(&buffer[..read]);
        }
    })
    .await
}

/// How long qemu-img may take for a file of that length: a disk that does ten megabytes a second is still served.
fn patience_for(length: u64) -> Duration {
    Duration::from_secs(120 + length / (10 << 20))
}
