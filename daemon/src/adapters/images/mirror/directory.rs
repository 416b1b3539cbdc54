//! A mirror that is a directory.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, OpenHow, ResolveFlag, openat2},
};

use super::{Partial, Wanted, misbehaves};
use crate::{
    model::{Error, ImageMoment, Kind, Result},
    ports::Told,
};

/// A directory of files.
pub(super) struct Shelf {
    dir: PathBuf,
}

impl Shelf {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The file of a URL: at `<host>/<path>`, or just by its name.
    fn open(&self, url: &str) -> Result<File> {
        let url: reqwest::Url =
            url.parse().map_err(|error| Error::internal(format!("{url:?} is no URL: {error}")))?;
        let name = url.path().rsplit('/').next().unwrap_or_default();
        let long: PathBuf =
            Path::new(url.host_str().unwrap_or_default()).join(url.path().trim_start_matches('/'));
        let dir = File::open(&self.dir)
            .map_err(|error| misbehaves(url.as_str(), &format!("{}: {error}", self.dir.display())))?;
        // Links are followed, but not out of the mirror; and what is no file may make others wait for ever.
        let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
        let how = OpenHow::new().flags(flags).resolve(ResolveFlag::RESOLVE_BENEATH);
        for place in [long.as_path(), Path::new(name)] {
            let why = match openat2(&dir, place, how).map(File::from) {
                Ok(file) if file.metadata().is_ok_and(|metadata| metadata.is_file()) => return Ok(file),
                Ok(_) => "it is no file".to_owned(),
                Err(Errno::ENOENT | Errno::ENOTDIR) => continue,
                Err(Errno::EXDEV) => "it leads out of the mirror".to_owned(),
                Err(errno) => errno.desc().to_owned(),
            };
            return Err(misbehaves(url.as_str(), &format!("{}: {why}", self.dir.join(place).display())));
        }
        let message = format!("{} is not in the mirror {}", long.display(), self.dir.display());
        Err(Error::new(Kind::Unavailable, "NotOnMirror", message).tip(format!(
            "copy it there, with that path or just as {name}; or import the image: sloop image import"
        )))
    }

    pub(super) fn small(&self, url: &str, limit: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let read = self.open(url)?.take(limit + 1).read_to_end(&mut bytes);
        read.map_err(|error| misbehaves(url, &error.to_string()))?;
        if bytes.len() as u64 > limit {
            Err(misbehaves(url, "it is far too long for what it is"))
        } else {
            Ok(bytes)
        }
    }

    pub(super) async fn large(&self, wanted: &Wanted<'_>, partial: &mut Partial, told: &Told) -> Result<()> {
        let mut file = self.open(wanted.url)?;
        let total = file.metadata().map_err(|error| misbehaves(wanted.url, &error.to_string()))?.len();
        wanted.admit(total)?;
        partial.restart(super::partial::Label::default())?;
        let mut buffer = vec![0; 1 << 20];
        loop {
            let read = file.read(&mut buffer).map_err(|error| misbehaves(wanted.url, &error.to_string()))?;
            if read == 0 {
                return Ok(());
            }
            partial.append(&buffer[..read])?;
            told(ImageMoment::counted("copying from the mirror", partial.length(), total));
            // Others have work too.
            tokio::task::yield_now().await;
        }
    }
}
