//! A new qcow2 file in which nothing is written: <https://www.qemu.org/docs/master/interop/qcow2.html>, version 3.
//!
//! ```text
//!   cluster 0   header, the format and the name of the file beneath
//!   cluster 1   reference count table, of one entry
//!   cluster 2   reference count block: one for each cluster that is there
//!   cluster 3…  L1 table, all zeroes: nothing is allocated
//! ```

use std::{
    fs::File,
    io::{self, Write as _},
    os::unix::{ffi::OsStrExt as _, fs::OpenOptionsExt as _},
    path::Path,
};

const CLUSTER: u64 = 1 << CLUSTER_BITS;
const CLUSTER_BITS: u32 = 16;
/// Bytes of the disk that one entry of the L1 table stands for: a cluster of eight-byte entries, each of a cluster.
const EACH: u64 = CLUSTER / 8 * CLUSTER;
/// Counts of 2^4 bits.
const REFCOUNT_ORDER: u32 = 4;
const HEADER_LENGTH: u32 = 104;
/// The header extension that names the format of the file beneath.
const BACKING_FORMAT: u32 = 0xe279_2aca;

/// Makes the file, which only its owner may read, and has it on the disk when it returns. The file beneath is not opened.
pub(super) fn create(beneath: Option<&Path>, new: &Path, bytes: u64) -> io::Result<()> {
    let l1_entries = bytes.div_ceil(EACH);
    let clusters = 3 + (l1_entries * 8).div_ceil(CLUSTER);
    let mut start = header(beneath, bytes, l1_entries)?;
    start.resize(usize::try_from(CLUSTER).map_err(io::Error::other)?, 0);
    start.extend((2 * CLUSTER).to_be_bytes());
    start.resize(usize::try_from(2 * CLUSTER).map_err(io::Error::other)?, 0);
    for _ in 0..clusters {
        start.extend(1_u16.to_be_bytes());
    }
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(new)?;
    file.write_all(&start)?;
    file.set_len(clusters * CLUSTER)?;
    file.sync_all()
}

fn header(beneath: Option<&Path>, bytes: u64, l1_entries: u64) -> io::Result<Vec<u8>> {
    let name = beneath.map_or(&b""[..], |path| path.as_os_str().as_bytes());
    if name.len() > 1023 {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the name of the file beneath is too long"));
    }
    let extensions = extensions(beneath.is_some());
    let name_at = if name.is_empty() { 0 } else { u64::from(HEADER_LENGTH) + extensions.len() as u64 };
    let mut header = b"QFI\xfb".to_vec();
    let four = |header: &mut Vec<u8>, number: u32| header.extend(number.to_be_bytes());
    let eight = |header: &mut Vec<u8>, number: u64| header.extend(number.to_be_bytes());
    four(&mut header, 3);
    eight(&mut header, name_at);
    four(&mut header, u32::try_from(name.len()).map_err(io::Error::other)?);
    four(&mut header, CLUSTER_BITS);
    eight(&mut header, bytes);
    // Not encrypted.
    four(&mut header, 0);
    four(&mut header, u32::try_from(l1_entries).map_err(io::Error::other)?);
    eight(&mut header, 3 * CLUSTER);
    eight(&mut header, CLUSTER);
    four(&mut header, 1);
    // No snapshots of the format's own, and no features: incompatible, compatible, to be cleared.
    four(&mut header, 0);
    for _ in 0..4 {
        eight(&mut header, 0);
    }
    four(&mut header, REFCOUNT_ORDER);
    four(&mut header, HEADER_LENGTH);
    header.extend(extensions);
    header.extend(name);
    Ok(header)
}

/// The format beneath is always said, so that nobody guesses it from what a guest wrote.
fn extensions(has_beneath: bool) -> Vec<u8> {
    let mut extensions = Vec::new();
    if has_beneath {
        extensions.extend(BACKING_FORMAT.to_be_bytes());
        extensions.extend(5_u32.to_be_bytes());
        extensions.extend(b"qcow2\0\0\0");
    }
    extensions.extend([0; 8]);
    extensions
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn qemu_img(arguments: &[&str]) -> serde_json::Value {
        let output = Command::new("qemu-img").args(arguments).output().expect("it is installed");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        serde_json::from_slice(&output.stdout).expect("json")
    }

    /// What QEMU's own program says of the file is what it says of one that it made.
    #[test]
    fn it_is_as_qemu_makes_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = |name: &str| dir.path().join(name);
        create(None, &path("base"), 1 << 30).expect("made");
        for (case, bytes, beneath) in [
            ("small", 512, None),
            ("odd", (512 << 20) + 512, None),
            ("even", 512 << 20, Some(path("base"))),
            ("disk", 20 << 30, Some(path("base"))),
            ("largest", 16_000 << 30, Some(path("base"))),
        ] {
            let (ours, theirs) = (path("ours"), path("theirs"));
            create(beneath.as_deref(), &ours, bytes).expect("made");
            let size = bytes.to_string();
            let mut words = vec!["create", "-q", "-f", "qcow2", "-o", "lazy_refcounts=off"];
            let name = beneath.as_ref().map(|beneath| beneath.to_str().expect("plain").to_owned());
            if let Some(name) = &name {
                words.extend(["-u", "-F", "qcow2", "-b", name]);
            }
            words.extend([theirs.to_str().expect("plain"), &size]);
            assert!(Command::new("qemu-img").args(&words).status().expect("run").success(), "{case}");
            let facts = |file: &Path| {
                let file = file.to_str().expect("plain");
                let check = qemu_img(&["check", "-f", "qcow2", "--output", "json", file]);
                for fault in ["leaks", "corruptions", "check-errors"] {
                    assert!(matches!(check[fault].as_u64(), None | Some(0)), "{case}: {check}");
                }
                let info = qemu_img(&["info", "-f", "qcow2", "--output", "json", file]);
                let keys =
                    ["virtual-size", "cluster-size", "full-backing-filename", "backing-filename-format"];
                let mut facts: Vec<_> = keys.map(|key| info[key].clone()).into();
                let data = &info["format-specific"]["data"];
                let keys = ["compat", "refcount-bits", "corrupt", "lazy-refcounts", "extended-l2"];
                facts.extend(keys.map(|key| data[key].clone()));
                facts
            };
            assert_eq!(facts(&ours), facts(&theirs), "{case}");
            let write = ["-f", "qcow2", "-c", "write -P 7 0 512", ours.to_str().expect("plain")];
            assert!(Command::new("qemu-io").args(write).status().expect("run").success(), "{case}");
            facts(&ours);
            for file in [ours, theirs] {
                std::fs::remove_file(file).expect("removed");
            }
        }
        create(None, &path("base"), 1 << 30).expect_err("it is there already");
    }
}
