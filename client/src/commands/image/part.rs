//! A file that gets its name only when it is whole.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::{ffi::OsStrExt as _, fs::OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::failure::Failure;

/// The file while it is not whole yet. It goes again unless it is kept.
pub(in crate::commands) struct Part {
    file: File,
    path: TempPath,
    /// The name that it gets.
    name: PathBuf,
    force: bool,
}

impl Part {
    /// Begins a file that gets its digest beside it. With `force` it takes the place of what is there.
    pub(super) fn create(name: &Path, force: bool) -> Result<Self, Failure> {
        refuse(&beside(name, ".sha256"), force)?;
        Self::with_mode(name, force, 0o666)
    }

    /// Begins a file that only its owner may read: disks hold keys. With `force` it takes the place of what is there.
    pub(in crate::commands) fn begin(name: &Path, force: bool) -> Result<Self, Failure> {
        Self::with_mode(name, force, 0o600)
    }

    fn with_mode(name: &Path, force: bool, mode: u32) -> Result<Self, Failure> {
        refuse(name, force)?;
        let path = beside(name, ".part");
        if force {
            // Somebody's leavings; what cannot be removed is told of in the next line.
            let _ = fs::remove_file(&path);
        }
        let made = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path);
        let file = made.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                Failure::file(&path, &error).tip("--force, if no other export is writing it")
            }
            _ => Failure::file(&path, &error),
        })?;
        Ok(Self { file, path: TempPath::try_from_path(path)?, name: name.to_owned(), force })
    }

    /// Gives the file its name, and writes its digest beside it.
    pub(super) fn keep(self, digest: &str) -> Result<(), Failure> {
        let (sums, line) = (beside(&self.name, ".sha256"), sum(digest, &self.name));
        self.name()?;
        fs::write(&sums, line).map_err(|error| Failure::file(&sums, &error))
    }

    /// Gives the file its name.
    pub(in crate::commands) fn name(self) -> Result<(), Failure> {
        let failure = |error| Failure::file(&self.name, &error);
        self.file.sync_all().map_err(failure)?;
        let named =
            if self.force { self.path.persist(&self.name) } else { self.path.persist_noclobber(&self.name) };
        named.map_err(|error| failure(error.error))
    }
}

impl Write for Part {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Refuses what is there already and may not be written over, and what never may.
pub(in crate::commands) fn refuse(path: &Path, force: bool) -> Result<(), Failure> {
    match fs::metadata(path) {
        Ok(facts) if !facts.is_file() => {
            Err(Failure::usage(format!("{} is there and is no regular file", path.display())))
        }
        Ok(_) if !force => Err(Failure::usage(format!("{} is there already", path.display()))
            .tip("another name, or the same with --force")),
        _ => Ok(()),
    }
}

/// The path with an ending after its last one.
pub(in crate::commands) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ending);
    name.into()
}

/// A line that `sha256sum -c` reads in the file's directory.
fn sum(digest: &str, file: &Path) -> Vec<u8> {
    let name = file.file_name().unwrap_or_default().as_bytes();
    // As sha256sum has it: a name that would break the line is escaped, and the line says so.
    let escaped: Vec<u8> = name
        .iter()
        .flat_map(|byte| match byte {
            b'\\' => b"\\\\".to_vec(),
            b'\n' => b"\\n".to_vec(),
            b'\r' => b"\\r".to_vec(),
            byte => vec![*byte],
        })
        .collect();
    let mark: &[u8] = if escaped == name { b"" } else { b"\\" };
    [mark, digest.as_bytes(), b"  ", &escaped, b"\n"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Exit;

    #[test]
    fn a_sum_is_read_by_sha256sum() {
        assert_eq!(sum("ab12", Path::new("/tmp/disk one.qcow2")), b"ab12  disk one.qcow2\n");
        assert_eq!(sum("ab12", Path::new("a\nb\\c")), b"\\ab12  a\\nb\\\\c\n");
    }

    #[test]
    fn what_is_there_is_refused_unless_forced_and_a_directory_always() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("disk");
        assert!(refuse(&file, false).is_ok());
        fs::write(&file, "").unwrap();
        assert_eq!(refuse(&file, false).unwrap_err().exit, Exit::Usage);
        assert!(refuse(&file, true).is_ok());
        assert!(refuse(dir.path(), true).is_err());
    }

    #[test]
    fn a_part_that_is_not_kept_goes() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("disk");
        let part = Part::create(&file, false).unwrap();
        assert!(beside(&file, ".part").exists());
        assert!(Part::create(&file, false).is_err(), "somebody is writing it");
        drop(part);
        assert!(!beside(&file, ".part").exists());
        Part::create(&file, false).unwrap().keep("ab12").unwrap();
        assert_eq!(fs::read(beside(&file, ".sha256")).unwrap(), b"ab12  disk\n");
        assert!(file.exists() && !beside(&file, ".part").exists());
    }

    #[test]
    fn what_has_come_meanwhile_is_not_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("disk");
        let part = Part::create(&file, false).unwrap();
        fs::write(&file, "mine").unwrap();
        assert_eq!(part.keep("ab12").unwrap_err().exit, Exit::Usage);
        assert_eq!(fs::read(&file).unwrap(), b"mine");
        Part::create(&file, true).unwrap().keep("ab12").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"");
    }
}
