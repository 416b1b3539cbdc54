//! Where work on strangers' files goes on, out of everybody's sight.

use std::{
    fs::{File, Permissions},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::{confined, disk_failure};
use crate::model::{Error, Result};

/// A directory of its own for one piece of work, gone with it.
pub(crate) struct Workshop {
    dir: PathBuf,
}

impl Workshop {
    /// A new one in a directory that the one who reads strangers' files passes through.
    pub(crate) fn open(staging: &Path) -> Result<Self> {
        let workshop = Self { dir: staging.join(format!("work-{}", uuid::Uuid::new_v4())) };
        for dir in [&workshop.dir, &workshop.bench()] {
            std::fs::create_dir(dir).map_err(|error| disk_failure("make", dir, &error))?;
            let passable = std::fs::set_permissions(dir, Permissions::from_mode(0o711));
            passable.map_err(|error| disk_failure("open up", dir, &error))?;
        }
        give(&workshop.bench())?;
        Ok(workshop)
    }

    /// One where nobody passes but the one who reads strangers' files: what guests wrote is nobody else's, and the command line of a
    /// program shows everybody where it is.
    pub(crate) fn closed(staging: &Path) -> Result<Self> {
        let workshop = Self::open(staging)?;
        let dir = &workshop.dir;
        let failed = |error: std::io::Error| disk_failure("close", dir, &error);
        std::fs::set_permissions(dir, Permissions::from_mode(0o700)).map_err(failed)?;
        show(dir, 0o710)?;
        Ok(workshop)
    }

    /// A file that the daemon makes.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Where the one who reads strangers' files makes one, and nothing else is: who may make files may make links, too, and
    /// the daemon follows none.
    pub(crate) fn bench(&self) -> PathBuf {
        self.dir.join("bench")
    }

    /// Takes a file from there, which is the daemon's from now on.
    pub(crate) fn take(&self, name: &str) -> Result<PathBuf> {
        let (from, to) = (self.bench().join(name), self.file(name));
        let failed = |error: std::io::Error| disk_failure("take", &from, &error);
        let (user, group) = (nix::unistd::geteuid().as_raw(), nix::unistd::getegid().as_raw());
        // First, so that nobody can put another in its place.
        std::os::unix::fs::chown(self.bench(), Some(user), Some(group)).map_err(failed)?;
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let file = File::options().read(true).custom_flags(flags).open(&from).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if !metadata.is_file() || metadata.nlink() != 1 {
            return Err(Error::internal(format!("{} is no file of its own", from.display())));
        }
        std::os::unix::fs::fchown(&file, Some(user), Some(group)).map_err(failed)?;
        file.set_permissions(Permissions::from_mode(0o644)).map_err(failed)?;
        std::fs::rename(&from, &to).map_err(failed)?;
        Ok(to)
    }
}

/// Gives a file or a directory to the one who reads strangers' files.
pub(super) fn give(path: &Path) -> Result<()> {
    let Some((user, group)) = confined::reader() else { return Ok(()) };
    let given = std::os::unix::fs::chown(path, Some(user), Some(group));
    given.map_err(|error| disk_failure("give away", path, &error))
}

/// Lets the one who reads strangers' files, and nobody else, use a file or a directory as its group may.
pub(crate) fn show(path: &Path, mode: u32) -> Result<()> {
    let failed = |error: std::io::Error| disk_failure("show", path, &error);
    let Some((_, group)) = confined::reader() else { return Ok(()) };
    std::os::unix::fs::chown(path, None, Some(group)).map_err(failed)?;
    std::fs::set_permissions(path, Permissions::from_mode(mode)).map_err(failed)
}

impl Drop for Workshop {
    /// A program that was cut off may still be on its way to make a file here. Under another name it does not find the place,
    /// and what it finds before that is removed with the rest.
    fn drop(&mut self) {
        let gone = self.dir.with_extension("gone");
        let moved = std::fs::rename(&self.dir, &gone).map(|()| gone);
        let dir = moved.unwrap_or_else(|_| self.dir.clone());
        let mut removed = std::fs::remove_dir_all(&dir);
        // Its file may have been made between the look and the removal: there is no third.
        if matches!(&removed, Err(error) if error.kind() == std::io::ErrorKind::DirectoryNotEmpty) {
            removed = std::fs::remove_dir_all(&dir);
        }
        if let Err(error) = removed {
            tracing::warn!(dir = %dir.display(), %error, "cannot clear up after work on a file");
        }
    }
}
