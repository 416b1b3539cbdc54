//! What the header of a qcow2 file of ours says: <https://www.qemu.org/docs/master/interop/qcow2.html>.

use std::{
    ffi::OsString,
    fs::File,
    io,
    os::unix::{ffi::OsStringExt as _, fs::FileExt as _},
    path::{Path, PathBuf},
};

/// The longest name that the format allows.
const NAME_MAX: u32 = 1023;

/// The file that this one stands on, if it stands on one.
pub(super) fn backing(path: &Path) -> io::Result<Option<PathBuf>> {
    let file = File::open(path)?;
    let mut head = [0; 20];
    file.read_exact_at(&mut head, 0)?;
    let [b'Q', b'F', b'I', 0xfb, _, _, _, _, offset @ .., s0, s1, s2, s3] = head else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it has no qcow2 header"));
    };
    let (offset, length) = (u64::from_be_bytes(offset), u32::from_be_bytes([s0, s1, s2, s3]));
    if offset == 0 || length == 0 {
        return Ok(None);
    }
    if length > NAME_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the name of its backing file is too long"));
    }
    let mut name = vec![0; length as usize];
    file.read_exact_at(&mut name, offset)?;
    Ok(Some(OsString::from_vec(name).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_header_is_believed() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("disk.qcow2");
        for odd in [&b""[..], b"QFI", &[0; 20], b"QFI\xfb\0\0\0\x03\0\0\0\0\0\0\0\x20\xff\xff\xff\xff"] {
            std::fs::write(&path, odd).expect("written");
            backing(&path).expect_err("no header");
        }
        std::fs::write(&path, b"QFI\xfb\0\0\0\x03\0\0\0\0\0\0\0\x14\0\0\0\x04/one").expect("written");
        assert_eq!(backing(&path).expect("read"), Some("/one".into()));
        std::fs::write(&path, b"QFI\xfb\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0").expect("written");
        assert_eq!(backing(&path).expect("read"), None);
    }
}
