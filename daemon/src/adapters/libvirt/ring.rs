//! What the console kept: a file that the log daemon rolls over to `.0`, `.1` and on.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

/// Files that the log daemon keeps besides the newest, by its default.
const ROLLED: usize = 3;

/// The last `wanted` bytes.
pub(super) fn tail(newest: &Path, wanted: usize) -> io::Result<Vec<u8>> {
    let mut kept: Vec<u8> = Vec::new();
    let rolled = (0..ROLLED).map(|number| PathBuf::from(format!("{}.{number}", newest.display())));
    for path in std::iter::once(newest.to_owned()).chain(rolled) {
        let missing = wanted.saturating_sub(kept.len());
        if missing == 0 {
            break;
        }
        match read_end(&path, missing) {
            Ok(mut older) => {
                older.append(&mut kept);
                kept = older;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(error),
        }
    }
    Ok(kept)
}

fn read_end(path: &Path, wanted: usize) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(wanted as u64)))?;
    let mut bytes = Vec::new();
    // The guest may be writing: no more than was asked for.
    file.take(wanted as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_spans_files() {
        let dir = tempfile::tempdir().expect("a directory");
        let newest = dir.path().join("console.log");
        assert!(tail(&newest, 10).expect("nothing is no fault").is_empty());
        std::fs::write(&newest, "newest").expect("written");
        std::fs::write(dir.path().join("console.log.0"), "older-").expect("written");
        assert_eq!(tail(&newest, 3).expect("read"), b"est");
        assert_eq!(tail(&newest, 9).expect("read"), b"er-newest");
        assert_eq!(tail(&newest, usize::MAX).expect("read"), b"older-newest");
    }
}
