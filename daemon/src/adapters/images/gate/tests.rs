//! Sound headers pass, every unsound one is refused with its reason, and no bytes whatever do harm.

use std::{path::Path, process::Command};

use proptest::prelude::*;

use super::{disk::firmware, *};
use crate::model::Firmware;

/// Length of the files that the heads made here are said to belong to.
const LENGTH: u64 = 8 << 20;

/// `bytes` with other ones in one place.
fn with(mut bytes: Vec<u8>, at: usize, other: &[u8]) -> Vec<u8> {
    bytes[at..at + other.len()].copy_from_slice(other);
    bytes
}

fn refusal(head: &[u8], length: u64) -> String {
    examine(head, length).map_or_else(|error| error.message, |header| format!("let through: {header:?}"))
}

/// Refused, and the reason has these words.
fn assert_refused(head: &[u8], length: u64, words: &str) {
    let said = refusal(head, length);
    assert!(said.contains(words), "{said:?} lacks {words:?}");
}

fn sound(format: Format, virtual_bytes: u64) -> Header {
    Header { format, virtual_bytes }
}

// Headers made here.

/// Version 3, clusters of 64 KiB, a disk of 1 GiB.
fn qcow2() -> Vec<u8> {
    let mut head = vec![0; 4096];
    for (at, value) in [
        (0, &b"QFI\xfb"[..]),
        (4, &3u32.to_be_bytes()),
        (20, &16u32.to_be_bytes()),
        (24, &(1u64 << 30).to_be_bytes()),
        (36, &2u32.to_be_bytes()),
        (40, &0x3_0000u64.to_be_bytes()),
        (48, &0x1_0000u64.to_be_bytes()),
        (56, &1u32.to_be_bytes()),
        (96, &4u32.to_be_bytes()),
        (100, &104u32.to_be_bytes()),
    ] {
        head = with(head, at, value);
    }
    head
}

/// The same with extensions of the header, each a kind and a length; zeros behind them are their end.
fn extended(extensions: &[(u32, u32)]) -> Vec<u8> {
    let (mut head, mut at) = (qcow2(), 104);
    head.resize(HEAD, 0);
    for (kind, length) in extensions {
        head = with(head, at, &kind.to_be_bytes());
        head = with(head, at + 4, &length.to_be_bytes());
        at += 8 + length.next_multiple_of(8) as usize;
    }
    head
}

const DESCRIPTION: &str = "# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n\
    createType=\"monolithicSparse\"\n\nRW 2097152 SPARSE \"disk.vmdk\"\n\nddb.adapterType = \"ide\"\n";

/// One extent of 1 GiB with that description.
fn vmdk(description: &str) -> Vec<u8> {
    let mut head = vec![0; 32 * 1024];
    for (at, value) in [
        (0, &b"KDMV"[..]),
        (4, &1u32.to_le_bytes()),
        (12, &(2u64 << 20).to_le_bytes()),
        (20, &128u64.to_le_bytes()),
        (28, &1u64.to_le_bytes()),
        (36, &20u64.to_le_bytes()),
        (512, description.as_bytes()),
    ] {
        head = with(head, at, value);
    }
    head
}

/// Version 1.1, dynamic, a disk of 1 GiB.
fn vdi() -> Vec<u8> {
    let mut head = vec![0; 1024];
    for (at, value) in [
        (0, &b"<<< Oracle VM VirtualBox Disk Image >>>\n"[..]),
        (0x40, &[0x7f, 0x10, 0xda, 0xbe]),
        (0x44, &0x0001_0001u32.to_le_bytes()),
        (0x4c, &1u32.to_le_bytes()),
        (0x154, &512u32.to_le_bytes()),
        (0x158, &0x2000u32.to_le_bytes()),
        (0x170, &(1u64 << 30).to_le_bytes()),
        (0x178, &(1u32 << 20).to_le_bytes()),
        (0x180, &1024u32.to_le_bytes()),
    ] {
        head = with(head, at, value);
    }
    head
}

/// A partition table of old, with one partition.
fn mbr() -> Vec<u8> {
    let head = with(vec![0; disk::TABLE], 450, &[0x83]);
    with(head, 510, &[0x55, 0xaa])
}

const ESP: &[u8; 16] = b"\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b";
const BIOS_BOOT: &[u8; 16] = b"Hah!IdontNeedEFI";
const LINUX: &[u8; 16] = b"\xaf\x3d\xc6\x0f\x83\x84\x72\x47\x8e\x79\x3d\x69\xd8\x47\x7d\xe4";

/// A GUID partition table with partitions of those types.
fn gpt(kinds: &[&[u8; 16]]) -> Vec<u8> {
    let head = with(mbr(), 450, &[0xee]);
    let head = with(head, 512, b"EFI PART");
    kinds.iter().enumerate().fold(head, |head, (index, kind)| with(head, 1024 + index * 128, *kind))
}

#[test]
fn what_is_sound_is_let_through_with_its_size() {
    assert_eq!(examine(&qcow2(), LENGTH), Ok(sound(Format::Qcow2, 1 << 30)));
    assert_eq!(examine(&vmdk(DESCRIPTION), LENGTH), Ok(sound(Format::Vmdk, 1 << 30)));
    assert_eq!(examine(&vdi(), LENGTH), Ok(sound(Format::Vdi, 1 << 30)));
    assert_eq!(examine(&mbr(), LENGTH), Ok(sound(Format::Raw, LENGTH)));
    assert_eq!(examine(&gpt(&[LINUX]), LENGTH), Ok(sound(Format::Raw, LENGTH)));
}

#[test]
fn harmless_features_and_extensions_are_let_through() {
    // Another compression, and extended L2 entries.
    assert_eq!(examine(&with(qcow2(), 79, &[0x18]), LENGTH), Ok(sound(Format::Qcow2, 1 << 30)));
    // Names of features, and bitmaps.
    let head = extended(&[(0x6803_f857, 144), (0x2385_2875, 24)]);
    assert_eq!(examine(&head, LENGTH), Ok(sound(Format::Qcow2, 1 << 30)));
    // In version 2, the extensions begin where version 3 has its features.
    let head = with(with(qcow2(), 4, &2u32.to_be_bytes()), 72, &[0; 40]);
    assert_eq!(examine(&head, LENGTH), Ok(sound(Format::Qcow2, 1 << 30)));
}

#[test]
fn qcow2_that_leads_elsewhere_or_is_damaged_is_refused() {
    for (at, value, words) in [
        (7, &[1][..], "version"),
        (7, &[4], "version"),
        (8, &[0x80], "backing file"),
        (15, &[1], "backing file"),
        (19, &[1], "backing file"),
        (35, &[1], "encrypted"),
        (35, &[2], "encrypted"),
        (79, &[0x01], "dirty"),
        (79, &[0x02], "corrupt"),
        (79, &[0x04], "external data file"),
        (79, &[0x20], "unknown feature"),
        (72, &[0x80], "unknown feature"),
        (23, &[8], "clusters"),
        (23, &[22], "clusters"),
        (20, &[0xff], "clusters"),
        // The L1 table: cut off, beyond any file, at no cluster's beginning, in the header, too small.
        (40, &0x80_0000u64.to_be_bytes(), "L1 table is not in the file"),
        (40, &0xffff_ffff_ffff_0000u64.to_be_bytes(), "L1 table is not in the file"),
        (40, &0x3_0001u64.to_be_bytes(), "L1 table is not in the file"),
        (40, &[0; 8], "L1 table is not in the file"),
        (36, &[0xff; 4], "L1 table is not in the file"),
        (36, &1u32.to_be_bytes(), "L1 table is too small"),
        (36, &[0; 4], "L1 table is too small"),
        // The other one.
        (48, &0x80_0000u64.to_be_bytes(), "reference count table is not in the file"),
        (48, &[0; 8], "reference count table is not in the file"),
        (56, &[0xff; 4], "reference count table is not in the file"),
        // Where the extensions begin.
        (100, &72u32.to_be_bytes(), "impossible length"),
        (100, &[0xff; 4], "impossible length"),
        // Sizes.
        (24, &[0; 8], "no size"),
    ] {
        assert_refused(&with(qcow2(), at, value), LENGTH, words);
    }
}

#[test]
fn extensions_that_lead_elsewhere_or_have_no_end_are_refused() {
    for (extensions, words) in [
        (&[(0x4441_5441, 8)][..], "external data file"),
        (&[(0x6803_f857, 144), (0x4441_5441, 5)], "external data file"),
        (&[(0x0537_be77, 16)], "encrypted"),
        (&[(1, 0); 16], "too many"),
        (&[(1, 65_500)], "cut off"),
        (&[(1, 32_768), (1, 32_768)], "cut off"),
    ] {
        assert_refused(&extended(extensions), LENGTH, words);
    }
    let endless = with(with(qcow2(), 104, &1u32.to_be_bytes()), 108, &[0xff; 4]);
    assert_refused(&endless, LENGTH, "run out of it");
    // In version 2 they are elsewhere.
    let head = with(with(qcow2(), 7, &[2]), 72, &0x4441_5441u32.to_be_bytes());
    assert_refused(&head, LENGTH, "external data file");
}

#[test]
fn a_header_that_is_cut_off_is_refused_at_every_length() {
    for (whole, needed) in [(qcow2(), 112), (vmdk(DESCRIPTION), 512 + 20 * 512), (vdi(), 0x1c8)] {
        for length in (4..needed).step_by(3).chain([needed - 1]) {
            assert!(examine(&whole[..length], LENGTH).is_err(), "{length}");
        }
        assert!(examine(&whole[..needed], LENGTH).is_ok());
    }
}

#[test]
fn no_disk_is_larger_than_the_largest() {
    // Clusters of 2 MiB, so that 32 entries of the L1 table reach 16 TiB.
    let large = |bytes: u64| {
        let head = with(qcow2(), 20, &21u32.to_be_bytes());
        let head = with(with(head, 24, &bytes.to_be_bytes()), 36, &32u32.to_be_bytes());
        with(with(head, 40, &0x40_0000u64.to_be_bytes()), 48, &0x20_0000u64.to_be_bytes())
    };
    assert_eq!(examine(&large(LARGEST), LENGTH), Ok(sound(Format::Qcow2, LARGEST)));
    assert_refused(&large(LARGEST + 512), LENGTH, "beyond what a disk may have");
    let head = |sectors: u64| with(vmdk(DESCRIPTION), 12, &sectors.to_le_bytes());
    assert_eq!(examine(&head(LARGEST / 512), LENGTH), Ok(sound(Format::Vmdk, LARGEST)));
    assert_refused(&head(LARGEST / 512 + 1), LENGTH, "beyond what a disk may have");
    assert_refused(&head(u64::MAX), LENGTH, "gives no size");
    assert_refused(&mbr(), LARGEST + 512, "beyond what a disk may have");
}

#[test]
fn a_base_is_a_qcow2_and_nothing_else() {
    assert_eq!(base_header(&qcow2()), Ok(sound(Format::Qcow2, 1 << 30)));
    for head in [mbr(), vmdk(DESCRIPTION), vdi()] {
        let error = base_header(&head).expect_err("no qcow2");
        assert_eq!((error.kind, error.code), (Kind::InvalidInput, "ImageRefused"));
    }
    let error = base_header(&with(qcow2(), 19, &[1])).expect_err("it has a backing file");
    assert!(error.message.contains("backing file"), "{error}");
}

#[test]
fn vmdk_headers_that_lead_elsewhere_or_are_damaged_are_refused() {
    for (at, value, words) in [
        (4, &[0; 4][..], "version"),
        (4, &[4, 0, 0, 0], "version"),
        (12, &[0; 8], "gives no size"),
        (20, &[0; 8], "grains"),
        (20, &7u64.to_le_bytes(), "grains"),
        (20, &4096u64.to_le_bytes(), "grains"),
        (28, &[0; 8], "not where it belongs"),
        (28, &2u64.to_le_bytes(), "not where it belongs"),
        (28, &[0xff; 8], "description is not in the file"),
        (36, &[0; 8], "description is not in the file"),
        (36, &(LENGTH / 512).to_le_bytes(), "description is not in the file"),
        (36, &[0xff; 8], "description is not in the file"),
        (36, &64u64.to_le_bytes(), "too far into the file"),
        (512, &[0xff], "not text"),
        (512, &[0], "names no extent"),
    ] {
        assert_refused(&with(vmdk(DESCRIPTION), at, value), LENGTH, words);
    }
}

#[test]
fn vmdk_descriptions_that_lead_elsewhere_are_refused() {
    for (from, to, words) in [
        ("parentCID=ffffffff", "parentCID=12345678", "names a parent"),
        ("parentCID=ffffffff", "PARENTCID = \"12345678\"", "names a parent"),
        ("version=1", "parentFileNameHint=\"/etc/passwd\"", "names a parent"),
        // As QEMU finds it, and VMware does not.
        ("version=1", "ddb.note = \"parentFileNameHint=\"/etc/passwd\"", "names a parent"),
        ("# Disk", "# parentFileNameHint=\"json:{'driver':'file'}\" Disk", "names a parent"),
        ("monolithicSparse", "vmfs", "other files"),
        ("monolithicSparse", "monolithicFlat", "other files"),
        ("monolithicSparse", "twoGbMaxExtentSparse", "other files"),
        ("createType=\"", "createType = \"vmfs", "other files"),
        ("SPARSE \"disk.vmdk\"", "FLAT \"/etc/passwd\" 0", "other files"),
        ("SPARSE", "VMFS", "other files"),
        ("SPARSE", "ZERO", "other files"),
        ("RW 2097152", "RDONLY 2097152", "other files"),
        ("RW 2097152", "NOACCESS 2097152", "other files"),
        ("RW 2097152", "RW 1024 SPARSE \"a.vmdk\"\nRW 1024", "several"),
        ("RW 2097152 SPARSE \"disk.vmdk\"", "", "names no extent"),
    ] {
        let description = DESCRIPTION.replace(from, to);
        assert_ne!(description, DESCRIPTION, "{from}");
        assert_refused(&vmdk(&description), LENGTH, words);
    }
}

#[test]
fn a_parent_is_found_where_qemu_looks_for_it() {
    // Behind the text's end, and behind the end that the header gives.
    for at in [2000, 512 + 19 * 512, 20_000] {
        assert_refused(&with(vmdk(DESCRIPTION), at, b"parentFileNameHint="), LENGTH, "names a parent");
    }
}

#[test]
fn vdi_that_builds_on_another_or_is_damaged_is_refused() {
    for (at, value, words) in [
        (0x44, &[0, 0, 1, 0][..], "version"),
        (0x44, &[1, 0, 2, 0], "version"),
        (0x4c, &[0], "builds on another"),
        (0x4c, &[3], "builds on another"),
        (0x4c, &[4], "builds on another"),
        (0x1a8, &[1], "builds on another"),
        (0x1b8, &[1], "builds on another"),
        (0x1c7, &[1], "builds on another"),
        (0x154, &0x80_0000u32.to_le_bytes(), "block map is not in the file"),
        (0x158, &0x80_0001u32.to_le_bytes(), "block map is not in the file"),
        (0x180, &[0xff; 4], "block map is not in the file"),
        (0x180, &1023u32.to_le_bytes(), "block map is not in the file"),
        (0x170, &[0xff; 8], "block map is not in the file"),
        (0x170, &[0; 8], "no size"),
        (0x178, &[0; 4], "blocks have an impossible size"),
        (0x178, &(2u32 << 20).to_le_bytes(), "blocks have an impossible size"),
    ] {
        assert_refused(&with(vdi(), at, value), LENGTH, words);
    }
}

#[test]
fn a_raw_disk_must_say_that_it_is_one() {
    for (head, length, words) in [
        (vec![0; HEAD], LENGTH, "no partition table"),
        (with(mbr(), 511, &[0]), LENGTH, "no partition table"),
        (mbr(), LENGTH + 1, "no multiple of a sector"),
        (mbr(), (1 << 20) - 512, "smaller than any disk"),
        (mbr(), 0, "smaller than any disk"),
        (with(gpt(&[ESP]), 512, b"EFI TRAP"), LENGTH, "partition table is damaged"),
        (gpt(&[ESP])[..512].to_vec(), LENGTH, "partition table is damaged"),
        (mbr()[..511].to_vec(), LENGTH, "cut off"),
    ] {
        assert_refused(&head, length, words);
    }
}

#[test]
fn what_is_no_disk_is_named() {
    for (at, magic, words) in [
        (0, &b"<!DOCTYPE html>"[..], "web page"),
        (0, b"\n  <HTML><body>", "web page"),
        (0, b"<?xml version=\"1.0\"?>", "web page"),
        (0x8001, b"CD001", "an ISO"),
        (0, b"# Disk DescriptorFile\nversion=1", "leads to other files"),
        (0, b"vhdxfile", "Hyper-V"),
        (0, b"conectix", "Hyper-V"),
        (0, b"LUKS\xba\xbe\x00\x01", "encrypted"),
        (257, b"ustar\x0000", "archive"),
        (257, b"ustar  \x00", "archive"),
        (0, b"PK\x03\x04", "archive"),
        (0, b"7z\xbc\xaf\x27\x1c", "archive"),
        (0, b"\x7fELF\x02\x01\x01", "program"),
        (0, b"QED\0", "not taken"),
        (0, b"WithoutFreeSpace", "not taken"),
        (0, b"WithouFreSpacExt", "not taken"),
    ] {
        // With a partition table, so that nothing else refuses it.
        let mut head = mbr();
        head.resize(HEAD, 0);
        assert_refused(&with(head, at, magic), LENGTH, words);
    }
    assert_refused(&[], 0, "it is empty");
}

#[test]
fn packings_are_known_by_their_first_bytes() {
    assert_eq!(packing(b"\x1f\x8b\x08"), Some(Packing::Gzip));
    assert_eq!(packing(b"\xfd7zXZ\0\0"), Some(Packing::Xz));
    assert_eq!(packing(b"\x28\xb5\x2f\xfd"), Some(Packing::Zstd));
    for head in [&b""[..], b"\x1f", b"\xfd7zXZ", b"QFI\xfb", b" \x1f\x8b"] {
        assert_eq!(packing(head), None);
    }
}

#[test]
fn a_disk_boots_by_what_its_partition_table_has() {
    for (head, expected) in [
        (mbr(), Firmware::Bios),
        (gpt(&[ESP]), Firmware::Uefi),
        (gpt(&[LINUX, ESP]), Firmware::Uefi),
        (gpt(&[ESP, LINUX, BIOS_BOOT]), Firmware::Bios),
        (gpt(&[BIOS_BOOT, LINUX]), Firmware::Bios),
        (gpt(&[LINUX]), Firmware::Bios),
    ] {
        assert_eq!(firmware(&head), Ok(expected));
    }
    let last = with(gpt(&[LINUX]), 1024 + 127 * 128, ESP);
    assert_eq!(firmware(&last), Ok(Firmware::Uefi), "the last of 128 partitions counts too");
    assert!(firmware(&[]).is_err());
}

// Files that QEMU made.

/// Runs `qemu-img create` in a directory; gives the beginning and the length of the file of that name.
fn created(dir: &Path, name: &str, arguments: &[&str]) -> (Vec<u8>, u64) {
    let status = Command::new("qemu-img").args(["create", "-q"]).args(arguments).current_dir(dir).status();
    assert!(status.expect("qemu-img is installed").success(), "{arguments:?}");
    let mut bytes = std::fs::read(dir.join(name)).expect("qemu-img made it");
    let length = bytes.len() as u64;
    bytes.truncate(HEAD);
    (bytes, length)
}

#[test]
fn what_qemu_makes_is_let_through() {
    let dir = tempfile::tempdir().expect("a directory");
    for (format, word, options) in [
        (Format::Qcow2, "qcow2", "compat=0.10"),
        (Format::Qcow2, "qcow2", "compat=1.1,lazy_refcounts=on"),
        (Format::Qcow2, "qcow2", "extended_l2=on"),
        (Format::Qcow2, "qcow2", "compression_type=zstd"),
        (Format::Qcow2, "qcow2", "cluster_size=512,preallocation=metadata"),
        (Format::Qcow2, "qcow2", "cluster_size=2M"),
        (Format::Qcow2, "qcow2", "refcount_bits=1"),
        (Format::Vmdk, "vmdk", "subformat=monolithicSparse"),
        (Format::Vmdk, "vmdk", "subformat=monolithicSparse,compat6=on"),
        (Format::Vmdk, "vmdk", "subformat=streamOptimized"),
        (Format::Vdi, "vdi", "static=off"),
        (Format::Vdi, "vdi", "static=on"),
    ] {
        let (head, length) = created(dir.path(), "disk", &["-f", word, "-o", options, "disk", "24M"]);
        assert_eq!(examine(&head, length), Ok(sound(format, 24 << 20)), "{word} {options}");
    }
}

#[test]
fn what_qemu_makes_and_leads_elsewhere_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    for (word, words) in [("qcow2", "backing file"), ("vmdk", "names a parent")] {
        created(dir.path(), "base", &["-f", word, "base", "8M"]);
        let (head, length) =
            created(dir.path(), "overlay", &["-f", word, "-b", "base", "-F", word, "overlay"]);
        assert_refused(&head, length, words);
    }
    let secret = ["--object", "secret,id=s,data=x", "-o", "encrypt.format=aes,encrypt.key-secret=s"];
    for (arguments, words) in [
        (&["-f", "qcow2", "-o", "data_file=data,data_file_raw=on"][..], "external data file"),
        (&[&["-f", "qcow2"], &secret[..]].concat(), "encrypted"),
        (&["-f", "vmdk", "-o", "subformat=monolithicFlat"], "leads to other files"),
        (&["-f", "vmdk", "-o", "subformat=twoGbMaxExtentSparse"], "leads to other files"),
        (&["-f", "vhdx"], "Hyper-V"),
        (&["-f", "vpc"], "Hyper-V"),
        (&["-f", "qed"], "not taken"),
        (&["-f", "parallels"], "not taken"),
        (&["-f", "qcow"], "version"),
        (&["-f", "raw"], "no partition table"),
    ] {
        let (head, length) = created(dir.path(), "disk", &[arguments, &["disk", "8M"]].concat());
        assert_refused(&head, length, words);
    }
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    for word in ["qcow2", "vdi"] {
        let (head, length) = created(dir.path(), "disk", &["-f", word, "disk", "8M"]);
        assert!(examine(&head, length).is_ok());
        // As little as is left of most that are.
        assert_refused(&head[..512], 512, "not in the file");
    }
}

// Bytes that nobody made on purpose.

/// A generator of numbers without end; the same seed gives the same ones.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound.max(1) as u64).expect("it is below a usize")
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        std::iter::repeat_with(|| self.next().to_le_bytes()).flatten().take(length).collect()
    }
}

/// Heads that are known by their first bytes.
const MAGICS: [(usize, &[u8]); 9] = [
    (0, b""),
    (0, b"QFI\xfb\0\0\0\x02"),
    (0, b"QFI\xfb\0\0\0\x03"),
    (0, b"KDMV\x01\0\0\0"),
    (0x40, b"\x7f\x10\xda\xbe\x01\0\x01\0"),
    (510, b"\x55\xaa"),
    (512, b"EFI PART"),
    (0, b"# Disk DescriptorFile"),
    (0, b"\n\t <"),
];

/// What whoever attacks would write: bytes that mean something.
const WORDS: [&[u8]; 10] = [
    b"\0",
    b"\xff",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\0\0\0\0\0\0\0\x01",
    b"DATA\0\0\0\x08",
    b"parentFileNameHint=\"/etc/passwd\"",
    b"\nRW 1 FLAT \"/etc/passwd\" 0\n",
    b"parentCID=00000000",
    b"createType=\"vmfs\"\n",
    b"\0\0\0\x10",
];

/// Flips one to eight bytes, most of them near the beginning, where the fields are.
fn mutate(head: &mut [u8], noise: &mut Noise) {
    for _ in 0..=noise.below(8) {
        let bound = if noise.below(4) == 0 { head.len() } else { head.len().min(768) };
        let at = noise.below(bound);
        let byte = u8::try_from(noise.below(256)).expect("it is a byte");
        match noise.below(3) {
            0 => head[at] ^= 1 << noise.below(8),
            1 => head[at] = byte,
            _ => {
                let word = WORDS[noise.below(WORDS.len())];
                let room = word.len().min(head.len() - at);
                head[at..at + room].copy_from_slice(&word[..room]);
            }
        }
    }
}

/// What is let through leads nowhere: each format's own reader would agree.
fn assert_harmless(head: &[u8], header: Header) {
    assert!((1..=LARGEST).contains(&header.virtual_bytes));
    match header.format {
        Format::Qcow2 => {
            assert_eq!(head[8..20], [0; 12], "a backing file");
            assert_eq!(head[32..36], [0; 4], "encryption");
            assert!(head[7] == 2 || head[79] & 0x04 == 0, "an external data file");
        }
        Format::Vmdk => {
            assert_ne!(head[12..20], [0; 8], "the description would be the whole");
            assert!(!String::from_utf8_lossy(head).contains("parentFileNameHint"), "a parent");
        }
        Format::Vdi => assert_eq!(head[0x1a8..0x1c8], [0; 32], "a parent"),
        Format::Raw => assert_eq!(head[510..512], [0x55, 0xaa], "not a disk"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_borne(seed in 1u64.., length in 0usize..70 * 1024, said in any::<u64>()) {
        let bytes = Noise(seed).bytes(length);
        for (at, magic) in MAGICS {
            let mut bytes = bytes.clone();
            if at + magic.len() <= length {
                bytes[at..at + magic.len()].copy_from_slice(magic);
            }
            for length in [said, length as u64, u64::MAX, 0] {
                let _ = examine(&bytes, length);
            }
            let _ = (packing(&bytes), firmware(&bytes), base_header(&bytes));
        }
    }

    #[test]
    fn any_few_bytes_are_borne(bytes in proptest::collection::vec(any::<u8>(), 0..600), said in any::<u64>()) {
        for (at, magic) in MAGICS {
            let mut bytes = bytes.clone();
            bytes.splice(at.min(bytes.len())..at.min(bytes.len()), magic.iter().copied());
            let _ = (examine(&bytes, said), firmware(&bytes), base_header(&bytes));
        }
    }
}

#[test]
fn twenty_thousand_damaged_headers_lead_nowhere() {
    let dir = tempfile::tempdir().expect("a directory");
    let real = ["qcow2", "vmdk", "vdi"].map(|word| {
        let (mut head, length) = created(dir.path(), "disk", &["-f", word, "disk", "64M"]);
        head.truncate(512 + 20 * 512);
        (head, length)
    });
    let made = [qcow2(), vdi(), gpt(&[ESP, LINUX])].map(|head| (head, LENGTH));
    let heads: Vec<_> = real.into_iter().chain(made).collect();
    let (mut noise, mut passed) = (Noise(2026), 0);
    for round in 0..20_000 {
        let (head, length) = &heads[round % heads.len()];
        let mut head = head.clone();
        mutate(&mut head, &mut noise);
        if let Ok(header) = examine(&head, *length) {
            passed += 1;
            assert_harmless(&head, header);
        }
    }
    assert!((2_000..18_000).contains(&passed), "{passed} passed: all, or none, would show nothing");
}
