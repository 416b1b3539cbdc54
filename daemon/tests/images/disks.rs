//! Real disks, small ones: made with sfdisk, mkfs and qemu-img.

use std::{
    fs::File,
    io::Write as _,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const MIB: usize = 1 << 20;

/// Partitions of a disk; sizes and places in sectors. Identities are said, so that a disk is the same each time.
const BOTH: &str = "label: gpt\nlabel-id: 5A4D1F3C-0001-4000-8000-000000000000\n\
    start=2048, size=2048, uuid=5A4D1F3C-0001-4000-8000-000000000001, type=21686148-6449-6E6F-744E-656564454649\n\
    start=4096, size=8192, uuid=5A4D1F3C-0001-4000-8000-000000000002, type=uefi\n\
    start=12288, uuid=5A4D1F3C-0001-4000-8000-000000000003, type=linux\n";
const EFI_ONLY: &str = "label: gpt\nstart=4096, size=8192, type=uefi\nstart=12288, type=linux\n";
const MBR: &str = "label: dos\nstart=12288, type=83, bootable\n";
/// Where the last partition begins.
const ROOT: usize = 6 * MIB;

/// How a disk is partitioned.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Table {
    /// GPT, for BIOS and UEFI: an EFI system partition, a BIOS boot partition and a root.
    Both,
    /// GPT without a BIOS boot partition.
    EfiOnly,
    /// As in the eighties.
    Mbr,
}

/// What is in the root partition.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Root {
    /// So many MiB that no compression makes smaller, different for each seed.
    Noise(usize, u64),
    Ext4,
    /// As Amazon Linux has it.
    Xfs,
}

/// Runs a program that must succeed.
pub(crate) fn run(program: &str, arguments: &[&str], input: &str) {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}; see tools/deps.sh"));
    child.stdin.take().expect("it has an input").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a path of plain letters")
}

/// A raw disk, sparse.
pub(crate) fn raw(dir: &Path, table: Table, root: Root) -> PathBuf {
    let path = dir.join("disk.raw");
    let size = match root {
        Root::Noise(mib, _) => mib * MIB,
        Root::Ext4 => 16 * MIB,
        Root::Xfs => 304 * MIB,
    };
    let file = File::create(&path).expect("a new file");
    // GPT has a second table at the end.
    file.set_len((ROOT + size + MIB) as u64).expect("sparse");
    let script = match table {
        Table::Both => BOTH,
        Table::EfiOnly => EFI_ONLY,
        Table::Mbr => MBR,
    };
    run("sfdisk", &["--quiet", "--no-reread", "--no-tell-kernel", text(&path)], script);
    match root {
        Root::Noise(mib, seed) => file.write_all_at(&noise(mib * MIB, seed), ROOT as u64).expect("written"),
        Root::Ext4 => make(&path, "mkfs.ext4", &["-q"], ROOT, size),
        Root::Xfs => make(&path, "mkfs.xfs", &["-q"], ROOT, size),
    }
    if !matches!(root, Root::Noise(..)) && !matches!(table, Table::Mbr) {
        make(&path, "mkfs.vfat", &[], 2 * MIB, 4 * MIB);
    }
    path
}

/// Makes a file system and puts it in its place on the disk.
fn make(disk: &Path, program: &str, options: &[&str], at: usize, size: usize) {
    let part = disk.with_extension("part");
    File::create(&part).and_then(|file| file.set_len(size as u64)).expect("sparse");
    let arguments: Vec<&str> = options.iter().copied().chain([text(&part)]).collect();
    run(program, &arguments, "");
    let (input, output) = (format!("if={}", text(&part)), format!("of={}", text(disk)));
    let seek = format!("seek={}", at / MIB);
    run("dd", &[&input, &output, &seek, "bs=1M", "conv=notrunc,sparse", "status=none"], "");
    std::fs::remove_file(part).expect("it is there");
}

/// Makes another format of a disk; gives the file.
pub(crate) fn convert(disk: &Path, format: &str, options: &[&str]) -> PathBuf {
    let made = disk.with_extension(format);
    let head = ["convert", "-O", format];
    let tail = [text(disk), text(&made)];
    let arguments: Vec<&str> = head.iter().chain(options).chain(&tail).copied().collect();
    run("qemu-img", &arguments, "");
    made
}

/// The bytes of a qcow2 file of about so many MiB.
pub(crate) fn qcow2(mib: usize, seed: u64) -> Vec<u8> {
    let dir = tempfile::tempdir().expect("a directory");
    let disk = raw(dir.path(), Table::Both, Root::Noise(mib, seed));
    std::fs::read(convert(&disk, "qcow2", &[])).expect("readable")
}

/// Bytes without a pattern, the same ones each time (xorshift).
pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = vec![0; length];
    for word in bytes.chunks_exact_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        word.copy_from_slice(&state.to_le_bytes());
    }
    bytes
}
