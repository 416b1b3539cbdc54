//! qcow2 files whose tables are not what they should be.

use rstest::rstest;

use crate::{disks, stand::Stand};

/// Where a header says that its tables are.
const L1: usize = 40;
const REFCOUNTS: usize = 48;
const CLUSTER: u64 = 64 << 10;

fn number(bytes: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

fn place(bytes: &[u8], at: usize) -> usize {
    usize::try_from(number(bytes, at) & 0x00ff_ffff_ffff_fe00).expect("in the file")
}

fn put(bytes: &[u8], at: usize, value: u64) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[at..at + 8].copy_from_slice(&value.to_be_bytes());
    changed
}

/// The same image with one table entry or another changed, and what was done to it.
fn damaged() -> Vec<(&'static str, Vec<u8>)> {
    let good = disks::qcow2(1, 1);
    let (l1, refcounts) = (place(&good, L1), place(&good, REFCOUNTS));
    let (l2, block) = (place(&good, l1), place(&good, refcounts));
    // The root partition's first cluster.
    let entry = l2 + 8 * (6 << 20) / (64 << 10);
    let old = number(&good, entry);
    let beyond = good.len() as u64 * 4 / CLUSTER * CLUSTER;
    vec![
        ("L1 leads beyond the end", put(&good, l1, beyond | 1 << 63)),
        ("L1 leads into the header", put(&good, l1, 1 << 63)),
        ("L1 leads between two clusters", put(&good, l1, number(&good, l1) + 512)),
        ("L2 leads beyond the end", put(&good, entry, beyond | 1 << 63)),
        ("L2 leads between two clusters", put(&good, entry, old + 512)),
        ("L2 leads into a table", put(&good, entry, l2 as u64 | 1 << 63)),
        ("L2 holds what is reserved", put(&good, entry, old | 1 << 60)),
        ("two clusters are one", put(&good, entry, number(&good, entry + 8))),
        ("reference counts are elsewhere", put(&good, refcounts, beyond)),
        ("reference counts are zero", put(&good, block, 0)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_are_damaged_are_found_out() {
    let stand = Stand::open().await;
    let mut taken = Vec::new();
    for (what, bytes) in damaged() {
        stand.offer(&bytes);
        match stand.pull().await {
            Ok(image) => taken.push((what, image.id)),
            Err(error) => assert_eq!(error.code, "ImageRefused", "{what}: {error:?}"),
        }
        stand.nothing_left();
    }
    assert_eq!(taken, [], "these were taken in");
    stand.offer(&disks::qcow2(1, 1));
    stand.succeeds().await;
}

/// Tables of a size that no disk needs, in a file that is large enough for them: zeros pack well.
#[rstest]
#[case::l1(36, 8 << 20)]
#[case::reference_counts(56, 1000)]
#[tokio::test(flavor = "multi_thread")]
async fn tables_that_are_huge_are_refused_within_limits(#[case] at: usize, #[case] size: u32) {
    let mut bytes = disks::qcow2(1, 1);
    bytes[at..at + 4].copy_from_slice(&size.to_be_bytes());
    bytes.resize(72 << 20, 0);
    let stand = Stand::open().await;
    stand.offer(&zstd::encode_all(&bytes[..], 1).expect("into memory"));
    let error = stand.refused().await;
    assert_eq!(error.code, "ImageRefused", "{error:?}");
    stand.nothing_left();
}

#[rstest]
#[case::dirty(0)]
#[case::corrupt(1)]
#[case::data_elsewhere(2)]
#[case::unknown(13)]
#[tokio::test(flavor = "multi_thread")]
async fn features_that_make_an_image_unsafe_are_refused(#[case] bit: u64) {
    let stand = Stand::open().await;
    let bytes = disks::qcow2(1, 1);
    stand.offer(&put(&bytes, 72, number(&bytes, 72) | 1 << bit));
    let error = stand.refused().await;
    assert!(error.code == "ImageRefused" && error.message.contains("unknown feature"), "{error:?}");
    stand.nothing_left();
}
