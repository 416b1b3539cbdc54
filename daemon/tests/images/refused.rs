//! Files that are what their publisher says, and no disks that could be used.

use std::path::Path;

use rstest::rstest;
use sloopd::model::Kind;

use crate::{
    disks::{self, Root, Table, run, text},
    stand::Stand,
};

/// The publisher offers this with its right digest. It is refused with why, nothing is left of it, and the next file is taken.
async fn is_refused(stand: &Stand, bytes: &[u8], why: &str) {
    stand.offer(bytes);
    let error = stand.refused().await;
    assert_eq!((error.kind, error.code), (Kind::InvalidInput, "ImageRefused"), "{error:?}");
    assert!(error.message.contains(why) && error.message.contains("disk.qcow2"), "{error:?}");
    stand.nothing_left();
    stand.offer(&disks::qcow2(1, 1));
    stand.succeeds().await;
}

/// `bytes` of zeros, with others at some places.
fn with(bytes: usize, parts: &[(usize, &[u8])]) -> Vec<u8> {
    let mut file = vec![0; bytes];
    for (at, part) in parts {
        file[*at..at + part.len()].copy_from_slice(part);
    }
    file
}

#[rstest]
#[case::empty(vec![], "it is empty")]
#[case::a_web_page(b"\n <!DOCTYPE html><title>503</title>".to_vec(), "web page")]
#[case::zeros(vec![0; 2 << 20], "no partition table")]
#[case::noise(disks::noise(2 << 20, 1), "no partition table")]
#[case::too_small(disks::noise(1000, 1), "smaller than any disk")]
#[case::half_a_sector(with((2 << 20) + 100, &[(510, &[0x55, 0xaa])]), "no multiple of a sector")]
#[case::half_a_table(with(2 << 20, &[(450, &[0xee]), (510, &[0x55, 0xaa])]), "partition table is damaged")]
#[case::an_iso(with(2 << 20, &[(0x8001, b"CD001"), (510, &[0x55, 0xaa])]), "ISO")]
#[case::an_archive(with(2 << 20, &[(257, b"ustar")]), "archive")]
#[case::a_zip(with(2 << 20, &[(0, b"PK\x03\x04")]), "archive")]
#[case::encrypted(with(2 << 20, &[(0, b"LUKS\xba\xbe")]), "encrypted")]
#[case::a_program(with(2 << 20, &[(0, b"\x7fELF")]), "program")]
#[case::a_description(b"# Disk DescriptorFile\nRW 1 FLAT \"/etc/shadow\" 0\n".to_vec(), "leads to other files")]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_disk_is_refused_by_its_name(#[case] bytes: Vec<u8>, #[case] why: &str) {
    is_refused(&Stand::open().await, &bytes, why).await;
}

/// Makes an image with qemu-img in a directory; gives its bytes.
fn created(dir: &Path, options: &[&str]) -> Vec<u8> {
    let made = dir.join("made");
    let arguments: Vec<&str> =
        ["create", "-q"].iter().chain(options).chain(&[text(&made)]).copied().collect();
    run("qemu-img", &[&arguments[..], &["10M"]].concat(), "");
    std::fs::read(made).expect("readable")
}

#[rstest]
#[case::backed(&["-f", "qcow2", "-b", "/etc/shadow", "-F", "raw"], "it names a backing file")]
#[case::hyper_v(&["-f", "vhdx"], "Hyper-V")]
#[case::hyper_v_of_old(&["-f", "vpc"], "Hyper-V")]
#[case::enhanced(&["-f", "qed"], "not taken")]
#[case::in_pieces(&["-f", "vmdk", "-o", "subformat=monolithicFlat"], "leads to other files")]
#[case::without_partitions(&["-f", "qcow2"], "no partition table")]
#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_qemu_would_open_is_refused_all_the_same(#[case] options: &[&str], #[case] why: &str) {
    let dir = tempfile::tempdir().expect("a directory");
    is_refused(&Stand::open().await, &created(dir.path(), options), why).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_with_its_data_elsewhere_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let option = format!("data_file={},data_file_raw=on", text(&dir.path().join("data")));
    is_refused(&Stand::open().await, &created(dir.path(), &["-f", "qcow2", "-o", &option]), "data file")
        .await;
}

#[rstest]
#[case::as_of_old(1)]
#[case::with_luks(2)]
#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_encrypted_is_refused(#[case] method: u8) {
    let mut bytes = disks::qcow2(1, 1);
    bytes[35] = method;
    is_refused(&Stand::open().await, &bytes, "it is encrypted").await;
}

#[rstest]
#[case::in_another_file("FLAT")]
#[case::in_another_image("SPARSE")]
#[tokio::test(flavor = "multi_thread")]
async fn a_description_inside_an_image_does_not_lead_to_another_file(#[case] kind: &str) {
    let dir = tempfile::tempdir().expect("a directory");
    let disk = disks::raw(dir.path(), Table::Both, Root::Noise(1, 1));
    let mut bytes = std::fs::read(disks::convert(&disk, "vmdk", &[])).expect("readable");
    let at = bytes.windows(12).position(|found| found == b"\nRW 16384 SP").expect("its extent");
    // In place of the rest of the description.
    let other = format!("\nRW 16384 {kind} \"disk.vmdk\"\nRW 16384 {kind} \"/etc/shadow\" 0\n\0");
    bytes[at..at + other.len()].copy_from_slice(other.as_bytes());
    let why = if kind == "FLAT" { "other files" } else { "or several" };
    is_refused(&Stand::open().await, &bytes, why).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_boots_from_uefi_alone_is_refused_where_the_blueprint_says_bios() {
    let dir = tempfile::tempdir().expect("a directory");
    let disk = disks::raw(dir.path(), Table::EfiOnly, Root::Noise(1, 1));
    let bytes = std::fs::read(disks::convert(&disk, "qcow2", &[])).expect("readable");
    is_refused(&Stand::open().await, &bytes, "UEFI only").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_larger_than_any_plan_is_refused() {
    let mut bytes = disks::qcow2(1, 1);
    let dir = tempfile::tempdir().expect("a directory");
    let huge = dir.path().join("huge");
    run("qemu-img", &["create", "-q", "-f", "qcow2", "-o", "cluster_size=2M", text(&huge), "16001G"], "");
    is_refused(&Stand::open().await, &std::fs::read(&huge).expect("readable"), "no size, or one beyond")
        .await;
    // The header alone says so, and the tables are too small for it.
    bytes[24..32].copy_from_slice(&(1u64 << 60).to_be_bytes());
    is_refused(&Stand::open().await, &bytes, "L1 table is too small").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_cut_off_is_refused() {
    let bytes = disks::qcow2(2, 1);
    let stand = Stand::open().await;
    for length in [100, 70_000, bytes.len() / 2, bytes.len() - (64 << 10)] {
        stand.offer(&bytes[..length]);
        let error = stand.pull().await.expect_err("it is cut off");
        assert_eq!(error.code, "ImageRefused", "{length}: {error:?}");
        stand.nothing_left();
    }
    stand.offer(&bytes);
    stand.succeeds().await;
}
