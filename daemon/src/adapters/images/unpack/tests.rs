//! What is packed comes out as it was, sparsely and within its bounds; what is damaged does not come out.

use std::{cell::RefCell, io::Write as _, os::unix::fs::MetadataExt as _, path::PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const MIB: usize = 1 << 20;
/// More than any test needs.
const WIDE: Bounds = Bounds { length: 1 << 40, room: 1 << 40 };
const ALL: [Packing; 3] = [Packing::Gzip, Packing::Xz, Packing::Zstd];

/// Bytes that do not pack.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 2026u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(&mut next).flatten().take(length).collect()
}

/// A disk of 3 MiB and a bit with 200 KiB on it, and zeros at its end.
fn disk() -> Vec<u8> {
    [vec![0; MIB], noise(200 * 1024), vec![0; 2 * MIB], b"end".to_vec(), vec![0; 99_999]].concat()
}

fn pack(packing: Packing, data: &[u8]) -> Vec<u8> {
    match packing {
        Packing::Gzip => {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packer.write_all(data).expect("memory takes it");
            packer.finish().expect("it is packed")
        }
        Packing::Xz => {
            let mut packer = liblzma::write::XzEncoder::new(Vec::new(), 0);
            packer.write_all(data).expect("memory takes it");
            packer.finish().expect("it is packed")
        }
        Packing::Zstd => {
            let mut packer = zstd::Encoder::new(Vec::new(), 1).expect("an encoder");
            packer.include_checksum(true).expect("an option");
            packer.write_all(data).expect("memory takes it");
            packer.finish().expect("it is packed")
        }
    }
}

/// A directory with a packed file in it.
struct Place {
    dir: TempDir,
}

impl Place {
    fn with(packed: &[u8]) -> Self {
        let place = Self { dir: tempfile::tempdir().expect("a directory") };
        std::fs::write(place.path("packed"), packed).expect("a file");
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn unpack(&self, packing: Packing, bounds: Bounds) -> Result<()> {
        unpack(&self.path("packed"), packing, &self.path("out"), bounds, &|_| {})
    }

    fn out(&self) -> Vec<u8> {
        std::fs::read(self.path("out")).expect("what came out")
    }
}

/// What comes out of packed bytes.
fn unpacked(packing: Packing, packed: &[u8]) -> Result<Vec<u8>> {
    let place = Place::with(packed);
    place.unpack(packing, WIDE).map(|()| place.out())
}

fn assert_refused<T: std::fmt::Debug>(result: Result<T>, words: &str) {
    let error = result.expect_err(words);
    assert_eq!((error.kind, error.code), (Kind::InvalidInput, "ImageRefused"), "{error}");
    let said = format!("{} {}", error.message, error.tip.unwrap_or_default());
    assert!(said.contains(words), "{said:?} lacks {words:?}");
}

#[test]
fn what_is_packed_comes_out_as_it_was() {
    for packing in ALL {
        for data in [disk(), noise(BLOCK), vec![0; 3 * BLOCK], b"one".to_vec(), Vec::new()] {
            let out = unpacked(packing, &pack(packing, &data)).expect("sound");
            assert!(out == data, "{packing:?}: {} bytes of {}", out.len(), data.len());
        }
    }
}

#[test]
fn zeros_take_no_room() {
    for packing in ALL {
        let place = Place::with(&pack(packing, &disk()));
        place.unpack(packing, WIDE).expect("sound");
        let metadata = std::fs::metadata(place.path("out")).expect("what came out");
        assert_eq!(metadata.len(), disk().len() as u64);
        let taken = metadata.blocks() * 512;
        assert!(taken < MIB as u64, "{packing:?}: {taken} of {} bytes", metadata.len());
    }
}

#[test]
fn files_of_several_parts_come_out_whole() {
    let data = disk();
    for packing in ALL {
        let parts = data.chunks(MIB + 1).map(|part| pack(packing, part)).collect::<Vec<_>>();
        let out = unpacked(packing, &parts.concat()).expect("sound");
        assert!(out == data, "{packing:?}: {} bytes of {}", out.len(), data.len());
    }
}

#[test]
fn no_more_comes_out_than_may() {
    let data = disk();
    // Three blocks and a bit lie across four, and the end is one more.
    let room = (4 + 1) * BLOCK as u64;
    let length = data.len() as u64;
    for packing in ALL {
        let place = Place::with(&pack(packing, &data));
        place.unpack(packing, Bounds { length, room }).expect("it fits");
        let shorter = Bounds { length: length - 1, room };
        assert_refused(place.unpack(packing, shorter), "larger than an image may be");
        let full = place.unpack(packing, Bounds { length, room: room - 1 }).expect_err("too little room");
        assert_eq!((full.kind, full.code), (Kind::Capacity, "InsufficientDisk"), "{full}");
    }
}

#[test]
fn a_small_file_cannot_fill_the_host() {
    for packing in ALL {
        let packed = pack(packing, &vec![0; 8 * MIB]);
        assert!(packed.len() < MIB / 8, "{packing:?}: {}", packed.len());
        let place = Place::with(&packed);
        let bounds = Bounds { length: MIB as u64, room: 0 };
        assert_refused(place.unpack(packing, bounds), "images.largest_gb");
        assert!(place.out().len() <= MIB + BLOCK, "{packing:?}: it went on");
    }
}

#[test]
fn what_is_cut_off_is_refused() {
    for packing in ALL {
        let packed = pack(packing, &disk());
        for left in [7, 20, packed.len() / 2, packed.len() - 9, packed.len() - 1] {
            assert_refused(unpacked(packing, &packed[..left]), "cut off or damaged");
        }
    }
}

#[test]
fn what_is_something_else_is_refused() {
    for packing in ALL {
        for other in ALL.into_iter().filter(|other| *other != packing) {
            assert_refused(unpacked(packing, &pack(other, b"data")), "cut off or damaged");
        }
        let behind = [pack(packing, b"data"), b"something else".to_vec()].concat();
        assert_refused(unpacked(packing, &behind), "cut off or damaged");
    }
}

#[test]
fn a_dictionary_beyond_reason_is_refused() {
    let dictionary = |size| {
        let mut packed = pack(Packing::Xz, b"data");
        // A block's header begins with its length in words, and ends with its checksum; the filter's property is its dictionary.
        assert_eq!(packed[13..16], [0, 0x21, 1], "one filter, LZMA2, with one property");
        let end = 12 + usize::from(packed[12]) * 4;
        packed[16] = size;
        let mut sum = flate2::Crc::new();
        sum.update(&packed[12..end]);
        packed[end..end + 4].copy_from_slice(&sum.sum().to_le_bytes());
        unpacked(Packing::Xz, &packed)
    };
    // 64 MiB, as xz -9 has it; 1.5 GiB; 4 GiB.
    assert_eq!(dictionary(28).expect("reasonable"), b"data");
    assert_refused(dictionary(37), "memory");
    assert_refused(dictionary(40), "memory");
}

#[test]
fn a_window_beyond_reason_is_refused() {
    // A frame with nothing said but its window, and one raw block of four bytes, the last one.
    let window = |log: u8| {
        let frame = [&b"\x28\xb5\x2f\xfd\x00"[..], &[(log - 10) << 3], b"\x21\x00\x00data"].concat();
        unpacked(Packing::Zstd, &frame)
    };
    assert_eq!(window(27).expect("reasonable"), b"data");
    for log in [28, 31, 41] {
        assert_refused(window(log), "memory");
    }
}

#[test]
fn progress_goes_on_to_the_end() {
    let data = noise(MIB + MIB / 2);
    for packing in ALL {
        let packed = pack(packing, &data);
        let (place, moments) = (Place::with(&packed), RefCell::new(Vec::new()));
        let told = |moment: ImageMoment| moments.borrow_mut().push(moment);
        unpack(&place.path("packed"), packing, &place.path("out"), WIDE, &told).expect("sound");
        let moments = moments.into_inner();
        let total = packed.len() as u64;
        assert!(moments.iter().all(|moment| moment.stage == "unpacking" && moment.total == total));
        assert!(moments.iter().map(|moment| moment.done).is_sorted(), "{packing:?}");
        assert_eq!(moments.last().map(|moment| moment.done), Some(total), "{packing:?}");
        assert!(moments.len() >= 2, "{packing:?}: {}", moments.len());
    }
}

#[test]
fn a_disk_that_is_full_or_away_is_told_of() {
    let place = Place::with(&pack(Packing::Gzip, b"data"));
    let away = place.path("nowhere/out");
    let error = unpack(&place.path("packed"), Packing::Gzip, &away, WIDE, &|_| {}).expect_err("no directory");
    assert_eq!(error.kind, Kind::Internal, "{error}");
    let full = unpack(&place.path("packed"), Packing::Gzip, Path::new("/dev/full"), WIDE, &|_| {});
    assert_eq!(full.expect_err("it is full").code, "InsufficientDisk");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damage_is_borne_and_found(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        length in 1usize..5000,
    ) {
        let data = [noise(length), vec![0; length], noise(length)].concat();
        for packing in ALL {
            let mut packed = pack(packing, &data);
            for (at, byte) in &changes {
                let at = at.index(packed.len());
                packed[at] = *byte;
            }
            // Names and times in headers may change; what comes out may not.
            if let Ok(out) = unpacked(packing, &packed) {
                prop_assert!(out == data, "{:?}: {} bytes of {}", packing, out.len(), data.len());
            }
        }
    }

    #[test]
    fn any_bytes_are_borne(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        for (packing, magic) in ALL.into_iter().zip([&b"\x1f\x8b\x08"[..], b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"]) {
            let place = Place::with(&[magic, &bytes].concat());
            let _ = place.unpack(packing, Bounds { length: 1 << 26, room: 1 << 26 });
        }
    }
}
