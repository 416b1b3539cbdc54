//! The header gate: whatever a file begins with, it is borne, and what is let through leads to no other file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sloopd::adapters::images::gate::{self, Format, disk};

fuzz_target!(|file: &[u8]| {
    let head = &file[..file.len().min(gate::HEAD)];
    let _ = (gate::packing(head), gate::base_header(head), disk::firmware(head));
    for length in [file.len() as u64, 1 << 30, u64::MAX] {
        let Ok(header) = gate::examine(head, length) else { continue };
        assert!((1..=gate::LARGEST).contains(&header.virtual_bytes), "its size");
        match header.format {
            Format::Qcow2 => {
                assert_eq!(head[8..20], [0; 12], "a backing file");
                assert_eq!(head[32..36], [0; 4], "encryption");
                assert!(head[7] == 2 || head[79] & 0x04 == 0, "an external data file");
            }
            Format::Vmdk => {
                assert_ne!(head[12..20], [0; 8], "a description that is the whole");
                assert!(!head.windows(18).any(|word| word == b"parentFileNameHint"), "a parent");
            }
            Format::Vdi => assert_eq!(head[0x1a8..0x1c8], [0; 32], "a parent"),
            Format::Raw => assert_eq!(head[510..512], [0x55, 0xaa], "a disk without a partition table"),
        }
    }
});
