//! Sound headers pass, every unsound one is refused with its reason, and no bytes whatever do harm.

mod files;
mod headers;
mod noise;

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

/// Runs `qemu-img create` in a directory; gives the beginning and the length of the file of that name.
fn created(dir: &Path, name: &str, arguments: &[&str]) -> (Vec<u8>, u64) {
    let status = Command::new("qemu-img").args(["create", "-q"]).args(arguments).current_dir(dir).status();
    assert!(status.expect("qemu-img is installed").success(), "{arguments:?}");
    let mut bytes = std::fs::read(dir.join(name)).expect("qemu-img made it");
    let length = bytes.len() as u64;
    bytes.truncate(HEAD);
    (bytes, length)
}
