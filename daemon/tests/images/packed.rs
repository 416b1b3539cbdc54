//! Packed files that unpack to more than there is room for, to nothing, or to something packed again.

use std::io::Write as _;

use rstest::rstest;
use sloopd::model::Kind;

use crate::{disks, stand::Stand};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory")
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 0);
    encoder.write_all(bytes).expect("into memory");
    encoder.finish().expect("into memory")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("into memory");
    encoder.include_checksum(true).and_then(|()| encoder.write_all(bytes)).expect("into memory");
    encoder.finish().expect("into memory")
}

/// Each of these formats lets files be put one after the other: a few kilobytes become four gigabytes of zeros.
fn bomb(pack: fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    pack(&vec![0; 4 << 20]).repeat(1024)
}

async fn is_refused(stand: &Stand, bytes: &[u8], why: &str) {
    stand.offer(bytes);
    let error = stand.refused().await;
    assert_eq!((error.kind, error.code), (Kind::InvalidInput, "ImageRefused"), "{error:?}");
    assert!(error.message.contains(why), "{error:?}");
    stand.nothing_left();
}

async fn takes_a_good_one(stand: &Stand) {
    stand.offer(&disks::qcow2(1, 1));
    stand.succeeds().await;
}

#[rstest]
#[case::gzip(gzip)]
#[case::xz(xz)]
#[case::zstd(zstd)]
#[tokio::test(flavor = "multi_thread")]
async fn a_bomb_is_stopped_at_the_largest_size(#[case] pack: fn(&[u8]) -> Vec<u8>) {
    let stand = Stand::with(|settings| settings.largest = 16 << 20).await;
    is_refused(&stand, &bomb(pack), "larger than an image may be").await;
    takes_a_good_one(&stand).await;
}

#[rstest]
#[case::gzip(gzip)]
#[case::xz(xz)]
#[case::zstd(zstd)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_packed_badly_is_refused(#[case] pack: fn(&[u8]) -> Vec<u8>) {
    let stand = Stand::open().await;
    let good = pack(&disks::noise(300_000, 1));
    is_refused(&stand, &good[..good.len() / 2], "cannot be unpacked").await;
    let mut damaged = good;
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0xa5);
    is_refused(&stand, &damaged, "cannot be unpacked").await;
    is_refused(&stand, &pack(b""), "it is empty").await;
    takes_a_good_one(&stand).await;
}

#[rstest]
#[case::gzip(gzip)]
#[case::xz(xz)]
#[case::zstd(zstd)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_packed_twice_is_refused(#[case] pack: fn(&[u8]) -> Vec<u8>) {
    let stand = Stand::open().await;
    is_refused(&stand, &pack(&gzip(&disks::noise(1000, 1))), "packed twice").await;
    takes_a_good_one(&stand).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_wants_more_memory_than_that_is_refused() {
    // The header of zstd says how far back it looks: here 2 GiB.
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0x00, 0x00];
    is_refused(&Stand::open().await, &frame, "cannot be unpacked").await;
}
