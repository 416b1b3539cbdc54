//! Disks and seeds as files.
//!
//! An instance's files are in one directory, named after its id. A disk is a qcow2 overlay on a read-only base, made by
//! qemu-img with explicit formats; it is made under another name and renamed, so that a half-made one is never taken for
//! a whole one.

use std::{io, path::Path, process::Stdio, time::Duration};

use async_trait::async_trait;
use tokio::process::Command;

use super::{
    disk::{self, failure as failed},
    seed,
};
use crate::{
    model::{Error, Instance, InstanceId, Layout, Result},
    ports::Volumes,
};

/// The adapter.
pub struct Files {
    layout: Layout,
}

/// qemu-img writes a header of a few hundred KiB; a disk that takes this long for it is broken.
const LIMIT: Duration = Duration::from_secs(30);

impl Files {
    /// Files under `layout`.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        Self { layout }
    }
}

#[async_trait]
impl Volumes for Files {
    async fn ensure_disk(&self, instance: &Instance) -> Result<()> {
        let files = self.layout.instance(instance.id);
        make_dir(&files.dir)?;
        if files.disk.exists() {
            return Ok(());
        }
        let half = files.dir.join("disk.qcow2.new");
        overlay(instance.base()?, &half, instance.disk_bytes()).await?;
        readable_by_owner(&half)?;
        std::fs::rename(&half, &files.disk).map_err(|error| failed("name", &files.disk, &error))
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

    async fn free_bytes(&self) -> Result<u64> {
        disk::free_bytes(self.layout.root())
    }
}

/// An overlay of `bytes` on `base`, at the plan's size, so that the guest finds the room when it boots.
async fn overlay(base: &Path, new: &Path, bytes: u64) -> Result<()> {
    absent_is_fine(std::fs::remove_file(new)).map_err(|error| failed("replace", new, &error))?;
    let missing = |error: io::Error| {
        Error::unavailable(format!("cannot run qemu-img: {error}")).tip("install the package qemu-utils")
    };
    let run = Command::new("qemu-img")
        .args(["create", "-q", "-f", "qcow2", "-F", "qcow2", "-o", "lazy_refcounts=off", "-b"])
        .arg(base)
        .arg(new)
        .arg(bytes.to_string())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = match tokio::time::timeout(LIMIT, run).await {
        Ok(output) => output.map_err(missing)?,
        Err(_) => {
            return Err(Error::unavailable(format!("qemu-img did not end within {} s", LIMIT.as_secs())));
        }
    };
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    let why = why.lines().next().unwrap_or("it gave no reason");
    if why.contains("No space left") {
        return Err(disk::full(new));
    }
    Err(Error::internal(format!("qemu-img could not make the disk: {why}")))
}

/// QEMU, another user, passes through; nobody lists.
fn make_dir(dir: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    match std::fs::DirBuilder::new().mode(0o711).create(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(failed("make", dir, &error)),
        _ => Ok(()),
    }
}

/// Both hold private keys. libvirt hands them to QEMU.
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
