//! Headers made here, sound and not.

use super::*;

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
