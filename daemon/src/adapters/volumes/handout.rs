//! Disks on their way out: one file of a stack, made aside.

use std::{
    collections::HashSet,
    fs::File,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    pin::pin,
    time::Duration,
};

use super::qemu_img;
use crate::{
    adapters::{
        disk::{self, blocking, failure as failed, pieces},
        images::workshop::Workshop,
    },
    model::{Beneath, Cut, Error, ImageMoment, Kind, Layout, Result, Stack},
    ports::{Parcel, Told},
};

/// Between two looks at how far the copy is.
const TICK: Duration = Duration::from_millis(250);

/// Makes the file and opens it. It has no name any more then, so that its room is free when the reader goes, whatever ends them.
pub(super) async fn hand_out(layout: &Layout, cut: &Cut, told: &Told) -> Result<Parcel> {
    let expected = expected(layout, cut);
    admit(layout, expected, cut.headroom)?;
    let workshop = Workshop::closed(&layout.staging())?;
    let path = workshop.file("disk.qcow2");
    watched(make(layout, cut, &path), &path, expected, told).await?;
    let unreadable = |error| failed("read", &path, &error);
    let file = File::open(&path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    Ok(Parcel { bytes, pieces: pieces(file, path) })
}

async fn make(layout: &Layout, cut: &Cut, new: &Path) -> Result<()> {
    let content = cut.stack.content();
    if content == Beneath::Awaited {
        return Err(Error::internal("the base image is not here yet"));
    }
    // What holds nothing differs from nothing.
    let since = cut.since.as_ref().map(Stack::content);
    let onto = since.as_ref().and_then(|since| layout.beneath(since));
    match (layout.beneath(&content), onto) {
        (None, None) => nothing(new, cut.bytes),
        (None, Some(onto)) => {
            // It holds nothing where the other holds something: that differs, too.
            nothing(new, cut.bytes)?;
            qemu_img::rebase(new, &onto).await?;
            qemu_img::name_backing(new, None).await
        }
        (Some(_), Some(_)) if since.as_ref() == Some(&content) => nothing(new, cut.bytes),
        (Some(from), Some(onto)) => {
            copy(from, new.to_owned()).await?;
            qemu_img::grow(new, cut.bytes).await?;
            qemu_img::rebase(new, &onto).await?;
            qemu_img::name_backing(new, None).await
        }
        (Some(from), None) => {
            qemu_img::flatten(&from, new).await?;
            qemu_img::grow(new, cut.bytes).await
        }
    }
}

/// A disk in which nothing is written.
fn nothing(new: &Path, bytes: u64) -> Result<()> {
    super::empty::create(None, new, bytes).map_err(|error| failed("make", new, &error))
}

/// Copies a file, sharing its blocks where the file system can.
async fn copy(from: PathBuf, to: PathBuf) -> Result<()> {
    blocking(move || {
        std::fs::copy(&from, &to).map_err(|error| failed("copy", &from, &error))?;
        super::readable_by_owner(&to)
    })
    .await
}

/// Tells how far the file is while it is being made.
async fn watched(
    work: impl Future<Output = Result<()>>,
    file: &Path,
    expected: u64,
    told: &Told,
) -> Result<()> {
    let mut work = pin!(work);
    let mut tick = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            ended = &mut work => return ended,
            _ = tick.tick() => {
                told(ImageMoment::counted("preparing", room_of(file).min(expected), expected));
            }
        }
    }
}

/// Room that the file takes at the most, but for its tables.
fn expected(layout: &Layout, cut: &Cut) -> u64 {
    let known: HashSet<_> = cut.since.iter().flat_map(Stack::made).map(|layer| layer.id).collect();
    let new = cut.stack.made().filter(|layer| !known.contains(&layer.id));
    let base = cut.stack.base().filter(|_| cut.since.is_none()).map(Path::to_owned);
    new.map(|layer| layout.layer(layer.id)).chain(base).map(|file| room_of(&file)).sum()
}

fn room_of(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |facts| facts.blocks() * 512)
}

/// Refuses a file that there is no room for.
pub(super) fn admit(layout: &Layout, needed: u64, headroom: u64) -> Result<()> {
    let free = disk::free_bytes(layout.root())?;
    if free >= needed.saturating_add(headroom) {
        return Ok(());
    }
    let message = format!(
        "Not enough disk space for the file: it may take {} MiB, {} MiB are free, and {} MiB of them must stay so",
        needed >> 20,
        free >> 20,
        headroom >> 20
    );
    Err(Error::new(Kind::Capacity, "InsufficientDisk", message)
        .tip("delete what is not needed, or lower capacity.disk_headroom_mb in the configuration"))
}
