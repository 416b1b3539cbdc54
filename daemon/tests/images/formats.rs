//! Good disks in every format that is taken, packed and not.

use std::path::{Path, PathBuf};

use rstest::rstest;

use crate::{
    disks::{self, Root, Table, run, text},
    stand::{DISK, Stand, Tale},
};

/// How a disk is made smaller.
fn packed(file: &Path, with: &[&str]) -> PathBuf {
    let [program, options @ ..] = with else { return file.to_owned() };
    run(program, &[options, &["--keep", "--force", "--quiet", text(file)]].concat(), "");
    let ending = match *program {
        "gzip" => "gz",
        "xz" => "xz",
        _ => "zst",
    };
    PathBuf::from(format!("{}.{ending}", file.display()))
}

#[rstest]
#[case::raw("raw", &[], &[])]
#[case::raw_in_gzip("raw", &[], &["gzip", "-1"])]
#[case::raw_in_xz("raw", &[], &["xz", "-0"])]
#[case::raw_in_xz_at_its_best("raw", &[], &["xz", "-9e"])]
#[case::raw_in_zstd("raw", &[], &["zstd", "-1"])]
#[case::raw_in_zstd_at_its_best("raw", &[], &["zstd", "--ultra", "-22"])]
#[case::qcow2("qcow2", &[], &[])]
#[case::qcow2_of_old("qcow2", &["-o", "compat=0.10"], &[])]
#[case::qcow2_in_xz("qcow2", &[], &["xz", "-0"])]
#[case::qcow2_compressed("qcow2", &["-c"], &[])]
#[case::qcow2_compressed_otherwise("qcow2", &["-c", "-o", "compression_type=zstd"], &[])]
#[case::qcow2_with_small_clusters("qcow2", &["-o", "cluster_size=512"], &[])]
#[case::qcow2_with_large_clusters("qcow2", &["-o", "cluster_size=2M"], &[])]
#[case::qcow2_with_subclusters("qcow2", &["-o", "extended_l2=on,cluster_size=128k"], &[])]
#[case::vmdk("vmdk", &["-o", "subformat=monolithicSparse"], &[])]
#[case::vmdk_compressed("vmdk", &["-o", "subformat=streamOptimized"], &[])]
#[case::vmdk_in_gzip("vmdk", &["-o", "subformat=monolithicSparse"], &["gzip", "-1"])]
#[case::vdi("vdi", &[], &[])]
#[case::vdi_of_full_size("vdi", &["-o", "static=on"], &[])]
#[tokio::test(flavor = "multi_thread")]
async fn a_good_disk_becomes_an_image_with_the_same_content(
    #[case] format: &str,
    #[case] options: &[&str],
    #[case] packing: &[&str],
) {
    let (stand, dir) = (Stand::open().await, tempfile::tempdir().expect("a directory"));
    let disk = disks::raw(dir.path(), Table::Both, Root::Noise(1, 1));
    let made = if format == "raw" { disk.clone() } else { disks::convert(&disk, format, options) };
    stand.offer(&std::fs::read(packed(&made, packing)).expect("readable"));
    let image = stand.succeeds().await;
    assert_eq!(image.virtual_bytes, disk.metadata().expect("it is there").len());
    run("qemu-img", &["compare", "-q", "-f", "raw", "-F", "qcow2", text(&disk), text(&image.path)], "");
    run("qemu-img", &["check", "-q", "-f", "qcow2", text(&image.path)], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_of_the_eighties_is_taken_too() {
    let (stand, dir) = (Stand::open().await, tempfile::tempdir().expect("a directory"));
    let disk = disks::raw(dir.path(), Table::Mbr, Root::Noise(1, 1));
    stand.offer(&std::fs::read(disk).expect("readable"));
    stand.succeeds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stage_is_told_and_counted() {
    let (stand, tale) = (Stand::open().await, Tale::default());
    let dir = tempfile::tempdir().expect("a directory");
    let disk = disks::raw(dir.path(), Table::Both, Root::Noise(1, 1));
    let bytes = std::fs::read(packed(&disk, &["gzip", "-1"])).expect("readable");
    stand.offer(&bytes);
    stand.pull_telling(tale.told()).await.expect("a good mirror");
    let all = [
        "asking the publisher",
        "downloading",
        "verifying the digest",
        "unpacking",
        "reading the header",
        "converting",
        "checking",
        "putting it in place",
    ];
    assert_eq!(tale.stages(), all);
    for stage in ["downloading", "unpacking"] {
        let last = tale.last_of(stage).expect("it was told");
        assert_eq!((last.done, last.total), (bytes.len() as u64, bytes.len() as u64), "{stage}");
    }
    assert_eq!(stand.site.requests(DISK).len(), 1);
}
